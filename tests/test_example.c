/* Tests worked examples: those of the folder data are read correctly, and an error message names the key of a
 * mistake. */
#include <gradmill/model.h>

#include "model/printable.h"
#include "scratch.h"

TestSuite(example, .init = scratch_make, .fini = scratch_remove);

static scratch_text data_path(const char *name)
{
    scratch_text path;
    const char *source = getenv("GM_SOURCE_DIR");
    cr_assert_not_null(source, "GM_SOURCE_DIR must name the root of the source tree");
    snprintf(path.text, sizeof path.text, "%s/data/%s", source, name);
    return path;
}

static gm_example load(const char *name)
{
    gm_example example;
    gm_error error = {0};
    cr_assert_eq(gm_example_load(&example, data_path(name).text, &error), GM_OK, "%s", error.message);
    return example;
}

static void expect_parameters(const gm_network *network, const double *expected, size_t count)
{
    cr_assert_eq(gm_network_precision(network), GM_F64);
    cr_assert_eq(gm_network_parameter_count(network), count);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(gm_network_parameter(network, i), expected[i], "parameter %zu", i);
}

Test(example, mazur)
{
    static const double parameters[] = {.15, .20, .25, .30, .35, .35, .40, .45, .50, .55, .60, .60};
    gm_example example = load("mazur.json");
    expect_parameters(example.network, parameters, 12);
    cr_expect_eq(gm_network_loss(example.network), GM_HALF_SQUARES);
    cr_expect_eq(gm_network_layer(example.network, 0).activation, GM_SIGMOID);
    cr_expect_eq(gm_network_layer(example.network, 1).activation, GM_SIGMOID);
    cr_expect_eq(example.rate, 0.5);
    cr_expect(example.freeze_bias);
    cr_assert_eq(example.sample_count, 1);
    cr_expect_eq(example.x[0], 0.05);
    cr_expect_eq(example.x[1], 0.10);
    cr_expect_eq(example.y[0], 0.01);
    cr_expect_eq(example.y[1], 0.99);
    cr_expect(strstr(example.source, "Mazur"));
    cr_expect_gt(example.note_count, 0);
    gm_example_clear(&example);
    cr_expect(!example.network && !example.title);
    gm_example_clear(&example);
}

Test(example, xor_with_identity)
{
    static const double ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    gm_example example = load("xor-identity.json");
    expect_parameters(example.network, ones, 13);
    cr_expect_eq(gm_network_layer(example.network, 0).activation, GM_IDENTITY);
    cr_expect_eq(gm_network_layer(example.network, 1).activation, GM_IDENTITY);
    cr_expect_eq(gm_network_loss(example.network), GM_HALF_SQUARES);
    cr_expect_eq(example.rate, 0.1);
    cr_expect_not(example.freeze_bias);
    cr_assert_eq(example.sample_count, 1);
    cr_expect(example.x[0] == 0 && example.x[1] == 0 && example.y[0] == 0);
    gm_example_clear(&example);
}

Test(example, xor)
{
    gm_example example = load("xor.json");
    cr_assert_eq(gm_network_inputs(example.network), 2);
    cr_assert_eq(gm_network_outputs(example.network), 1);
    cr_expect_eq(gm_network_loss(example.network), GM_LOGISTIC);
    cr_assert_eq(example.sample_count, 4);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(example.y[i], (double)((int)example.x[2 * i] ^ (int)example.x[2 * i + 1]));
    gm_example_clear(&example);
}

static const char good[] =
    "{\"title\": \"t\", \"rate\": 1, \"loss\": \"half-squares\", \"freeze_bias\": false,\n"
    " \"inputs\": 2,\n"
    " \"layers\": [{\"activation\": \"tanh\", \"weights\": [[1.5, 2]], \"biases\": [3]},\n"
    "  {\"activation\": \"identity\", \"weights\": [[4], [5]], \"biases\": [6, 7]}],\n"
    " \"samples\": [{\"x\": [8, 9], \"y\": [10, 11]}], \"notes\": [\"n\"]}\n";

static gm_status load_text(const char *text, gm_example *example, gm_error *error)
{
    const scratch_text path = scratch_path("example.json");
    scratch_write(path.text, text, strlen(text));
    *error = (gm_error){0};
    return gm_example_load(example, path.text, error);
}

Test(example, whole_numbers_are_numbers_and_the_rest_may_be_left_out)
{
    static const double parameters[] = {1.5, 2, 3, 4, 5, 6, 7};
    static const char least[] =
        "{\"rate\": 1e-1, \"loss\": \"huber\", \"inputs\": 1,"
        "\"layers\": [{\"activation\": \"relu\", \"weights\": [[-1]], \"biases\": [0]}],"
        "\"samples\": [{\"x\": [1], \"y\": [1]}]}";
    gm_example example;
    gm_error error;
    cr_assert_eq(load_text(good, &example, &error), GM_OK, "%s", error.message);
    expect_parameters(example.network, parameters, 7);
    cr_expect_str_eq(example.notes[0], "n");
    gm_example_clear(&example);
    cr_assert_eq(load_text(least, &example, &error), GM_OK, "%s", error.message);
    cr_expect(!example.title && !example.source && example.note_count == 0 && !example.freeze_bias);
    gm_example_clear(&example);
}

Test(example, numbers_have_a_point_in_every_locale)
{
    gm_example example;
    gm_error error;
    scratch_comma_locale();
    cr_assert_eq(load_text(good, &example, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_network_parameter(example.network, 0), 1.5);
    gm_example_clear(&example);
}

/* The good example with its first `find` replaced. */
static void check_mistake(const char *find, const char *replace, const char *says)
{
    char text[2 * sizeof good];
    gm_example example;
    gm_error error;
    const char *place = strstr(good, find);
    cr_assert_not_null(place, "%s", find);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(place - good), good, replace, place + strlen(find));
    const gm_status status = load_text(text, &example, &error);
    cr_expect_eq(status, GM_BAD_DATA, "%s: %d", replace, (int)status);
    cr_expect(strstr(error.message, says), "expected \"%s\", got: %s", says, error.message);
    cr_expect(!example.network && !example.title && !example.x);
}

Test(example, mistakes_are_named_by_their_key)
{
    static const char *const cases[][3] = {
        {"[[1.5, 2]]", "[[1.5, 2, 3]]", "example.json: layers[0].weights[0]: expected 2 numbers, got 3"},
        {"[[1.5, 2]]", "[[1.5, \"2\"]]", "layers[0].weights[0][1]: expected a number, got a string"},
        {"[[1.5, 2]]", "[1.5, 2]", "layers[0].weights[0]: expected an array, got a number"},
        {"[[1.5, 2]]", "[]", "layers[0].weights: expected one row for each unit, got an empty array"},
        {"[[1.5, 2]]", "{}", "layers[0].weights: expected an array, got an object"},
        {"[[4], [5]]", "[[4], []]", "layers[1].weights[1]: expected 1 number, got 0"},
        {"[6, 7]", "[6]", "layers[1].biases: expected 2 numbers, got 1"},
        {", \"biases\": [3]", "", "layers[0].biases: expected an array, got nothing"},
        {"\"tanh\"", "\"tank\"", "layers[0].activation: unknown activation \"tank\""},
        {"\"tanh\"", "1", "layers[0].activation: expected a name, got a number"},
        {"\"tanh\"", "\"softmax\"", "softmax is for the output layer only"},
        {"\"half-squares\"", "\"half\"", "loss: unknown loss \"half\""},
        {"\"half-squares\"", "\"logistic\"", "needs the output activation sigmoid"},
        {"\"loss\": \"half-squares\",", "", "loss: expected a name, got nothing"},
        {"\"inputs\": 2", "\"inputs\": 0", "inputs: expected a whole number from 1"},
        {"\"inputs\": 2", "\"inputs\": -2", "inputs: expected a whole number from 1"},
        {"\"inputs\": 2", "\"inputs\": 2.0", "inputs: expected a whole number from 1"},
        {"\"inputs\": 2", "\"inputs\": 4000000000000000000", "expected 4000000000000000000 numbers, got 2"},
        {"\"rate\": 1", "\"rate\": 0", "rate: expected a number above 0"},
        {"\"rate\": 1", "\"rate\": null", "rate: expected a number, got null"},
        {"\"freeze_bias\": false", "\"freeze_bias\": 0", "freeze_bias: expected true or false, got a number"},
        {"\"title\": \"t\"", "\"title\": 1", "title: expected a string, got a number"},
        {"\"title\"", "\"titel\"", "unknown key \"titel\""},
        {"\"biases\"", "\"bias\"", "layers[0]: unknown key \"bias\""},
        {"\"y\"", "\"z\"", "samples[0]: unknown key \"z\""},
        {"[8, 9]", "[8]", "samples[0].x: expected 2 numbers, got 1"},
        {"[10, 11]", "[10, true]", "samples[0].y[1]: expected a number, got true or false"},
        {"[{\"x\": [8, 9], \"y\": [10, 11]}]", "[]", "samples: expected one sample or more"},
        {"{\"x\": [8, 9], \"y\": [10, 11]}", "[]", "samples[0]: expected an object, got an array"},
        {"[\"n\"]", "\"n\"", "notes: expected an array, got a string"},
        {"[\"n\"]", "[\"n\", 1]", "notes[1]: expected a string, got a number"},
        {"\"rate\": 1,", "\"rate\": 1, \"rate\": 1,", "example.json:1:"},
        {"\"inputs\": 2,", "\"inputs\": 2", "example.json:3:"},
        {"\"rate\": 1", "\"rate\": 1e999", "example.json:1:"},
        {"[8, 9]", "[8, NaN]", "example.json:5:"},
        {"[\"n\"]}", "[\"n\"]} x", "example.json:5:"},
        {"\"n\"", "\"\xff\"", "example.json:5:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_mistake(cases[i][0], cases[i][1], cases[i][2]);
}

Test(example, what_is_no_example_is_refused)
{
    gm_example example;
    gm_error error;
    cr_expect_eq(load_text("", &example, &error), GM_BAD_DATA);
    cr_expect_eq(load_text("[]", &example, &error), GM_BAD_DATA);
    cr_expect(strstr(error.message, "the example: expected an object, got an array"), "%s", error.message);
    cr_expect_eq(gm_example_load(&example, scratch, &error), GM_IO);
    cr_expect_eq(gm_example_load(&example, scratch_path("missing").text, &error), GM_IO);
    const scratch_text large = scratch_path("large");
    scratch_write(large.text, "{", 1);
    cr_assert_eq(truncate(large.text, 2000000), 0);
    cr_expect_eq(gm_example_load(&example, large.text, &error), GM_BAD_DATA);
    cr_expect(strstr(error.message, "at most 1 MiB"), "%s", error.message);
}

Test(example, deep_nesting_ends_in_an_error)
{
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH + 1);
    gm_example example;
    gm_error error;
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';
    cr_expect_eq(load_text(text, &example, &error), GM_BAD_DATA);
    cr_expect(strstr(error.message, "depth"), "%s", error.message);
    free(text);
}

Test(example, text_in_messages_is_printable)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"a\nb\x1b[31m\x7f", "a?b?[31m?"},
        {"\xc3", "?"}, /* the text ends within a character */
        {"x\xde\xa1\xff", "x\xde\xa1?"},
        {"\xc0\xaf", "??"},           /* overlong */
        {"\xed\xa0\x80", "???"},      /* half of a surrogate pair */
        {"\xc2\x9b", "??"},           /* a control character of two bytes */
        {"\xf4\x90\x80\x80", "????"}, /* beyond the last character */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(gm_printable(cases[i].from).text, cases[i].to, "case %zu", i);
}

Test(example, long_text_in_messages_is_cut_between_characters)
{
    char text[200];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = "\xe2\x82\xac"[i % 3];
    text[sizeof text - 2] = '\0'; /* 66 whole characters */
    const gm_printable_text cut = gm_printable(text);
    cr_expect_eq(strlen(cut.text), 93, "30 characters and three dots fit");
    cr_expect_str_eq(cut.text + 90, "...");
    text[95] = '\0'; /* what just does not fit: 95 bytes, the last character cut */
    cr_expect_str_eq(gm_printable(text).text + 93, "??");
}
