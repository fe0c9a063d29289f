/* Tests model files: a saved model can be loaded again, PyTorch can read it, and a file that was changed is
 * refused. */
#include <gradmill/model.h>
#include <gradmill/version.h>

#include "model/checksum.h"
#include "sanitized.h"
#include "scratch.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

TestSuite(model, .init = scratch_make, .fini = scratch_remove);

/* 3-2-2, relu and softmax: 3 x 2 + 2 + 2 x 2 + 2 parameters. */
static gm_network *make_network(gm_precision precision)
{
    static const gm_layer_options layers[] = {{2, GM_RELU}, {2, GM_SOFTMAX}};
    gm_network_options options = gm_network_options_default();
    gm_error error = {0};
    gm_network *network;
    options.inputs = 3;
    options.layer_count = 2;
    options.layers = layers;
    options.loss = GM_CROSS_ENTROPY;
    options.precision = precision;
    cr_assert_eq(gm_network_create(&network, &options, &error), GM_OK, "%s", error.message);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        gm_network_set_parameter(network, i, 1.0 / (double)(i + 3) - 0.2);
    return network;
}

/* Columns as a header of awkward names would give them. */
static gm_columns *make_columns(void)
{
    static const char text[] = "\"a, b\",none,\xe6\x95\xb0,t\n0.1,-1e30,3,x\n0.1,-1e30,6,y\n";
    const scratch_text path = scratch_path("columns.csv");
    gm_dataset *dataset;
    gm_columns *columns;
    scratch_write(path.text, text, sizeof text - 1);
    gm_dataset_options options = gm_dataset_options_default();
    options.precision = GM_F64;
    options.header = 1;
    cr_assert_eq(gm_dataset_load(&dataset, path.text, &options, NULL), GM_OK);
    cr_assert_eq(gm_columns_fit(&columns, dataset, NULL, NULL), GM_OK);
    gm_dataset_destroy(dataset);
    return columns;
}

/* Everything that a model can have; to be freed by clear_made. */
static gm_model make_model(gm_precision precision)
{
    static char quoted[] = "na\xc3\xafve, \"quoted\"", empty[] = "";
    static char *classes[] = {quoted, empty};
    static const double shift[] = {0.1, -3.0e-39, FLT_MAX}, factor[] = {1, FLT_MIN, 1 / 3.0};
    gm_model model = {.network = make_network(precision),
                      .classes = classes,
                      .class_count = 2,
                      .seed = UINT64_MAX,
                      .version = "not ours"};
    cr_assert_eq(gm_scaling_create(&model.scaling, GM_SCALING_STANDARD, 3, shift, factor, NULL), GM_OK);
    model.columns = make_columns();
    return model;
}

static void clear_made(gm_model *model)
{
    model->classes = NULL; /* not from the heap */
    model->class_count = 0;
    gm_model_clear(model);
}

static scratch_text save(const gm_model *model)
{
    gm_error error = {0};
    const scratch_text path = scratch_path("model.safetensors");
    cr_assert_eq(gm_model_save(path.text, model, &error), GM_OK, "%s", error.message);
    return path;
}

static char *save_bytes(gm_precision precision, size_t *size)
{
    gm_model model = make_model(precision);
    const scratch_text path = save(&model);
    clear_made(&model);
    return scratch_read(path.text, size);
}

static void expect_refusal(const char *path, gm_status expected, const char *says)
{
    gm_model model;
    gm_error error = {0};
    const gm_status status = gm_model_load(&model, path, &error);
    cr_expect_eq(status, expected, "expected \"%s\", got %d: %s", says, (int)status, error.message);
    cr_expect(strstr(error.message, says) && strncmp(error.message, path, strlen(path)) == 0,
              "expected \"%s\", got: %s", says, error.message);
    cr_expect(!model.network && !model.scaling && !model.classes);
    gm_model_clear(&model);
}

static void expect_same_network(const gm_network *a, const gm_network *b)
{
    const size_t count = gm_network_parameter_count(a);
    cr_assert_eq(gm_network_layer_count(a), gm_network_layer_count(b));
    cr_assert_eq(gm_network_precision(a), gm_network_precision(b));
    cr_assert_eq(gm_network_loss(a), gm_network_loss(b));
    cr_assert_eq(count, gm_network_parameter_count(b));
    for (size_t l = 0; l < gm_network_layer_count(a); l++)
        cr_expect_eq(gm_network_layer(a, l).activation, gm_network_layer(b, l).activation);
    cr_expect_arr_eq(gm_network_parameters_const(a).data, gm_network_parameters_const(b).data,
                     count * gm_precision_size(gm_network_precision(a)));
}

Test(model, everything_comes_back)
{
    static const gm_precision precisions[] = {GM_F32, GM_F64};
    for (size_t p = 0; p < 2; p++) {
        gm_model saved = make_model(precisions[p]), loaded;
        gm_error error = {0};
        const scratch_text path = save(&saved);
        cr_assert_eq(gm_model_load(&loaded, path.text, &error), GM_OK, "%s", error.message);
        expect_same_network(saved.network, loaded.network);
        cr_expect_eq(loaded.seed, UINT64_MAX);
        cr_expect_str_eq(loaded.version, gm_version());
        cr_assert_eq(loaded.class_count, 2);
        for (size_t i = 0; i < 2; i++)
            cr_expect_str_eq(loaded.classes[i], saved.classes[i]);
        cr_assert_eq(loaded.scaling->kind, GM_SCALING_STANDARD);
        cr_expect_arr_eq(loaded.scaling->shift_f32, saved.scaling->shift_f32, 3 * sizeof(float));
        cr_expect_arr_eq(loaded.scaling->factor_f32, saved.scaling->factor_f32, 3 * sizeof(float));
        for (size_t i = 0; i < 3 && precisions[p] == GM_F64; i++) {
            cr_expect_eq(loaded.scaling->shift[i], saved.scaling->shift[i]);
            cr_expect_eq(loaded.scaling->factor[i], saved.scaling->factor[i]);
        }
        cr_assert_eq(loaded.columns->count, 3);
        cr_assert_eq(loaded.columns->inputs, 3);
        for (size_t i = 0; i < 3; i++) {
            const double mean = saved.columns->items[i].replacement;
            cr_expect_str_eq(loaded.columns->items[i].name, saved.columns->items[i].name);
            cr_expect_eq(loaded.columns->items[i].replacement,
                         precisions[p] == GM_F64 ? mean : (double)(float)mean);
        }
        cr_expect_str_eq(loaded.columns->targets[0].name, "t");
        cr_expect_eq(loaded.columns->targets[0].column, 4);
        gm_model_clear(&loaded);
        clear_made(&saved);
    }
}

Test(model, a_bare_network_is_a_model)
{
    gm_model saved = {.network = make_network(GM_F32)}, loaded;
    const scratch_text path = save(&saved);
    cr_assert_eq(gm_model_load(&loaded, path.text, NULL), GM_OK);
    expect_same_network(saved.network, loaded.network);
    cr_expect(!loaded.scaling && !loaded.classes && loaded.class_count == 0);
    cr_assert_eq(loaded.columns->inputs, 3, "it knows their number");
    cr_expect(!gm_columns_named(loaded.columns) && loaded.columns->target_count == 0);
    cr_expect(isnan(loaded.columns->items[0].replacement));
    gm_model_clear(&loaded);
    gm_model_clear(&saved);
    gm_model_clear(&saved);
}

Test(model, unit_scaling_needs_no_numbers)
{
    static const double shift[3], factor[] = {1 / 255.0, 1 / 255.0, 1 / 255.0};
    gm_model saved = {.network = make_network(GM_F32)}, loaded;
    cr_assert_eq(gm_scaling_create(&saved.scaling, GM_SCALING_UNIT, 3, shift, factor, NULL), GM_OK);
    const scratch_text path = save(&saved);
    cr_assert_eq(gm_model_load(&loaded, path.text, NULL), GM_OK);
    cr_assert_eq(loaded.scaling->kind, GM_SCALING_UNIT);
    cr_expect_arr_eq(loaded.scaling->shift, shift, sizeof shift);
    cr_expect_arr_eq(loaded.scaling->factor, factor, sizeof factor);
    gm_model_clear(&loaded);
    gm_model_clear(&saved);
}

Test(model, the_same_model_gives_the_same_bytes_and_aligned_data)
{
    size_t first_size, second_size;
    uint64_t length;
    char *first = save_bytes(GM_F64, &first_size), *second = save_bytes(GM_F64, &second_size);
    cr_assert_eq(first_size, second_size);
    cr_expect_arr_eq(first, second, first_size);
    memcpy(&length, first, 8);
    cr_expect_eq(length % 8, 0);
    free(first);
    free(second);
}

Test(model, numbers_are_stored_the_same_in_every_locale)
{
    size_t plain_size, local_size;
    scratch_comma_locale();
    char *local = save_bytes(GM_F32, &local_size);
    setlocale(LC_ALL, "C");
    char *plain = save_bytes(GM_F32, &plain_size);
    scratch_comma_locale();
    gm_model model;
    cr_assert_eq(plain_size, local_size);
    cr_expect_arr_eq(plain, local, plain_size);
    cr_expect_eq(gm_model_load(&model, scratch_path("model.safetensors").text, NULL), GM_OK);
    gm_model_clear(&model);
    free(plain);
    free(local);
}

Test(model, every_prefix_is_refused)
{
    size_t size;
    char *bytes = save_bytes(GM_F32, &size);
    const scratch_text path = scratch_path("cut");
    for (size_t i = 0; i < size; i++) {
        scratch_write(path.text, bytes, i);
        expect_refusal(path.text, GM_BAD_MODEL, i >= 8 ? "truncated" : "");
    }
    free(bytes);
}

Test(model, every_flipped_bit_is_refused, .timeout = 60)
{
    size_t size;
    char *bytes = save_bytes(GM_F32, &size);
    const scratch_text path = scratch_path("flipped");
    for (size_t bit = 0; bit < 8 * size; bit += STRIDE) {
        const char mask = (char)(1 << bit % 8);
        bytes[bit / 8] ^= mask;
        scratch_write(path.text, bytes, size);
        bytes[bit / 8] ^= mask;
        gm_model model;
        cr_expect_eq(gm_model_load(&model, path.text, NULL), GM_BAD_MODEL, "byte %zu, bit %zu", bit / 8,
                     bit % 8);
        gm_model_clear(&model);
    }
    free(bytes);
}

/* The file with the first `find` in its header replaced, and with a checksum that fits again. */
static scratch_text edit(gm_precision precision, const char *find, const char *replace)
{
    size_t size;
    uint64_t length;
    char *bytes = save_bytes(precision, &size);
    memcpy(&length, bytes, 8);
    char *place = memmem(bytes + 8, length, find, strlen(find));
    cr_assert_not_null(place, "%s", find);
    const size_t before = (size_t)(place - bytes), after = size - before - strlen(find);
    char *edited = malloc(size + strlen(replace));
    memcpy(edited, bytes, before);
    memcpy(edited + before, replace, strlen(replace));
    memcpy(edited + before + strlen(replace), place + strlen(find), after);
    length += strlen(replace) - strlen(find);
    memcpy(edited, &length, 8);
    const size_t new_size = before + strlen(replace) + after;
    gm_checksum_seal(edited, 8 + length, edited + 8 + length, new_size - 8 - length);
    const scratch_text path = scratch_path("edited");
    scratch_write(path.text, edited, new_size);
    free(edited);
    free(bytes);
    return path;
}

Test(model, what_does_not_make_sense_is_named)
{
    static const struct {
        const char *find, *replace, *says;
    } cases[] = {
        {"\"gradmill.format\":\"2\"", "\"gradmill.format\":\"4\"", "in format 4; expected at most format 3"},
        {"\"gradmill.format\":\"2\"", "\"gradmill.format\":\"0\"",
         "gradmill.format: expected a number from 1"},
        {"\"gradmill.format\":\"2\",", "", "lacks gradmill.format;"},
        {"\"gradmill.loss\":\"cross-entropy\",", "", "lacks gradmill.loss;"},
        {"cross-entropy", "entropy", "unknown loss \"entropy\""},
        {"cross-entropy", "logistic", "loss logistic needs the output activation sigmoid"},
        {"relu,softmax", "relu,softmin", "number 2 is unknown"},
        {"relu,softmax", "softmax,softmax", "softmax is for the output layer only"},
        {"relu,softmax", "relu,relu,softmax", "\"4.weight\" is missing; expected 6 tensors for 3"},
        {"relu,softmax", "softmax", "\"2.weight\" is not expected; the file names 1 activations"},
        {"relu,softmax", "", "\"2.weight\" is not expected"},
        {"18446744073709551615", "18446744073709551616", "gradmill.seed: expected a whole number"},
        {"\"gradmill.seed\"", "\"gradmill.sede\"", "lacks gradmill.seed;"},
        {"\"gradmill.loss\"", "\"gradmill.new\":\"1\",\"gradmill.loss\"",
         "unknown metadata key \"gradmill.new\""},
        {"\"standard\"", "\"auto\"", "unknown scaling, got \"auto\""},
        {"\"standard\"", "\"unit\"", "does not go with a shift"},
        {"\"gradmill.loss\"", "\"gradmill.targets.shift\":\"[0,0]\",\"gradmill.loss\"",
         "gradmill.targets.factor is missing; expected it beside gradmill.targets.shift"},
        {"\"gradmill.loss\"", "\"gradmill.targets.factor\":\"[1,1]\",\"gradmill.loss\"",
         "gradmill.targets.shift is missing; expected it beside gradmill.targets.factor"},
        {"\"gradmill.loss\"",
         "\"gradmill.targets.shift\":\"[0,0]\",\"gradmill.targets.factor\":\"[1,1]\",\"gradmill.loss\"",
         "gradmill.targets.shift does not go with classes"},
        {"scaling.shift", "scaling.shaft", "unknown metadata key \"gradmill.scaling.shaft\""},
        {"\"[1,", "\"[", "gradmill.scaling.factor: expected an array of 3 numbers"},
        {"\"[1,", "\"[1e39,", "gradmill.scaling.factor: expected an array of 3 numbers"},
        {"\"[1,", "\"[nan,", "gradmill.scaling.factor: expected an array of 3 numbers"},
        {"\"[\\\"na", "\"[1,\\\"na", "3 names; expected 2, the outputs"},
        {",\\\"\\\"]", ",0]", "name 1 is not a string"},
        {",\\\"\\\"]", ",[]]", "gradmill.classes, byte"},
        {"na\xc3\xafve, \\\\\\\"quoted\\\\\\\"", "", "gradmill.classes: the name \"\" occurs twice"},
        {"\"[1,", "\"[0,", "the factor of feature 0 is 0"},
        {"\"[1,", "\"[1e-60,", "the factor of feature 0 is 0"},
        {"none\\\",", "\xe6\x95\xb0\\\",", "gradmill.columns: the name \"\xe6\x95\xb0\" occurs twice"},
        {"none\\\",", "", "gradmill.columns, byte"},
        {"\\\"none\\\",", "",
         "gradmill.columns: 2 names; expected 3, the columns that make the inputs of the network"},
        {"\"[\\\"t\\\"]\"", "\"[\\\"none\\\"]\"", "gradmill.targets: the target is one of the columns, too"},
        {"\"[\\\"t\\\"]\"", "\"[\\\"t\\\",\\\"u\\\"]\"", "gradmill.targets: 2 names; expected 1, one target"},
        {"\"[4]\"", "\"[5]\"", "gradmill.targets.columns: expected the number of a column, got \"[5]\""},
        {"\"[4]\"", "\"[1.5]\"", "gradmill.targets.columns: expected the number of a column"},
        {"\"[4]\"", "\"[]\"", "gradmill.targets.columns: expected an array of 1 numbers"},
        {"4.5]", "4.5,1]", "gradmill.columns.means: expected an array of 3 numbers"},
        {"4.5]", "inf]", "gradmill.columns.means: expected an array of 3 numbers"},
        {"\"0.weight\"", "\"0.weigth\"", "\"0.weight\" is missing"},
        {"\"0.weight\"", "\"2.bias\"", "duplicate"},
        {"[2,3]", "[3,2]", "\"0.bias\": expected shape [3], got [2]"},
        {"[2,3]", "[6]", "\"0.weight\": expected shape [outputs, inputs], got [6]"},
        {"[2,2]", "[4,1]", "\"2.weight\": expected shape [outputs, 2], got [4, 1]"},
        {"[2]", "[2,1]", "\"0.bias\": expected shape [2], got [2, 1]"},
        {"F32", "I32", "\"0.weight\": dtype I32 is known, but not supported here; expected F32 or F64"},
        {"F32\",\"shape\":[2]", "U32\",\"shape\":[2]",
         "\"0.bias\": dtype U32 is known, but not supported here; expected F32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refusal(edit(GM_F32, cases[i].find, cases[i].replace).text, GM_BAD_MODEL, cases[i].says);
}

Test(model, foreign_metadata_is_no_harm)
{
    gm_model model;
    gm_error error = {0};
    const scratch_text path = edit(GM_F64, "\"format\":\"pt\"", "\"format\":\"pt\",\"author\":\"me\"");
    cr_expect_eq(gm_model_load(&model, path.text, &error), GM_OK, "%s", error.message);
    gm_model_clear(&model);
}

/* safetensors.torch writes them sorted by name: every bias before its weights. */
Test(model, tensors_may_stand_in_any_order)
{
    static const size_t before[] = {24, 28, 32, 36, 40, 44}, after[] = {40, 44, 24, 28, 32, 36};
    gm_error error = {0};
    gm_model straight, moved;
    size_t size;
    uint64_t length;
    const scratch_text path =
        edit(GM_F32,
             "\"0.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
             "\"2.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[32,48]}",
             "\"2.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[24,40]},"
             "\"0.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[40,48]}");
    char *bytes = scratch_read(path.text, &size), old[56];
    memcpy(&length, bytes, 8);
    char *data = bytes + 8 + length;
    memcpy(old, data, sizeof old);
    for (size_t i = 0; i < 6; i++)
        memcpy(data + after[i], old + before[i], 4);
    gm_checksum_seal(bytes, 8 + length, data, size - 8 - length);
    scratch_write(path.text, bytes, size);
    free(bytes);
    cr_assert_eq(gm_model_load(&moved, path.text, &error), GM_OK, "%s", error.message);
    cr_assert_eq(gm_model_load(&straight, scratch_path("model.safetensors").text, NULL), GM_OK);
    expect_same_network(straight.network, moved.network);
    gm_model_clear(&straight);
    gm_model_clear(&moved);
}

Test(model, weights_of_other_programs_lack_what_they_lack)
{
    static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},\"0.weight\":"
                                 "{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}";
    char file[8 + sizeof header + 3] = {sizeof header - 1};
    memcpy(file + 8, header, sizeof header - 1);
    const scratch_text path = scratch_path("foreign");
    scratch_write(path.text, file, sizeof file);
    expect_refusal(path.text, GM_BAD_MODEL,
                   "lacks gradmill.format, gradmill.version, gradmill.activations, gradmill.loss, "
                   "gradmill.seed, gradmill.scaling, gradmill.crc32");
}

Test(model, weights_that_are_not_finite_are_refused_on_both_ways)
{
    static const struct {
        double value;
        size_t index;
        const char *says;
    } cases[] = {{NAN, 4, "\"0.weight\": element 4 is not a number"},
                 {INFINITY, 7, "\"0.bias\": element 1 is infinite"},
                 {-INFINITY, 8, "\"2.weight\": element 0 is infinite"},
                 {NAN, 13, "\"2.bias\": element 1 is not a number"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        uint64_t length;
        gm_error error = {0};
        char *bytes = save_bytes(GM_F64, &size);
        memcpy(&length, bytes, 8);
        memcpy(bytes + 8 + length + 8 * cases[i].index, &cases[i].value, 8);
        gm_checksum_seal(bytes, 8 + length, bytes + 8 + length, size - 8 - length);
        const scratch_text path = scratch_path("not-finite");
        scratch_write(path.text, bytes, size);
        expect_refusal(path.text, GM_BAD_MODEL, cases[i].says);
        free(bytes);

        gm_model model = make_model(GM_F64);
        gm_network_set_parameter(model.network, cases[i].index, cases[i].value);
        cr_expect_eq(gm_model_save(scratch_path("never").text, &model, &error), GM_DIVERGED);
        cr_expect(strstr(error.message, cases[i].says), "%s", error.message);
        cr_expect_neq(access(scratch_path("never").text, F_OK), 0);
        clear_made(&model);
    }
}

static void expect_no_save(const gm_model *model, const char *says)
{
    gm_error error = {0};
    cr_expect_eq(gm_model_save(scratch_path("never").text, model, &error), GM_USAGE);
    cr_expect(strstr(error.message, says), "%s", error.message);
    cr_expect_neq(access(scratch_path("never").text, F_OK), 0);
}

Test(model, what_no_file_can_hold_is_not_saved)
{
    char utf8[] = "a", latin1[] = "\xe9t\xe9";
    char *classes[] = {utf8, latin1};
    gm_model model = make_model(GM_F32);
    model.classes = classes;
    expect_no_save(&model, "name of class 1 cannot be stored; expected UTF-8");
    model.class_count = 1;
    expect_no_save(&model, "1 class names; expected 2");
    model.classes = NULL;
    model.scaling->features = 2;
    expect_no_save(&model, "scaling has 2 features; expected 3");
    model.scaling->features = 3;
    model.scaling->factor_f32[1] = INFINITY;
    expect_no_save(&model, "scaling of feature 1 is 0 or not finite");
    model.scaling->factor_f32[1] = 0;
    expect_no_save(&model, "scaling of feature 1 is 0 or not finite");
    model.scaling->factor_f32[1] = 1;
    model.columns->items[2].replacement = NAN;
    expect_no_save(&model, "the replacement of a column is not a number");
    model.columns->items[2].replacement = 0;
    model.columns->items[1].name[0] = '\xe9';
    expect_no_save(&model, "name of column 1 cannot be stored; expected UTF-8");
    model.columns->items[1].name[0] = 'n';
    model.columns->inputs = 4;
    expect_no_save(&model, "the columns make 4 inputs; expected 3, the inputs of the network");
    model.columns->inputs = 3;
    clear_made(&model);
    expect_no_save(&model, "no network");
}

Test(model, a_failed_save_keeps_the_old_file)
{
    size_t before_size, after_size;
    gm_error error = {0};
    gm_model model = make_model(GM_F32);
    const scratch_text path = save(&model);
    char *before = scratch_read(path.text, &before_size);
    gm_network_set_parameter(model.network, 0, NAN);
    cr_expect_eq(gm_model_save(path.text, &model, &error), GM_DIVERGED);
    char *after = scratch_read(path.text, &after_size);
    cr_assert_eq(before_size, after_size);
    cr_expect_arr_eq(before, after, before_size);
    cr_expect_eq(gm_model_can_save(scratch_path("no/model").text, &error), GM_IO);
    cr_expect_eq(gm_model_can_save(path.text, &error), GM_OK);
    free(before);
    free(after);
    clear_made(&model);
}
