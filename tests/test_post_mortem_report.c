/* Tests the words of a post-mortem, for every quantity and every cause, on invented ones. */
#include "cli/arguments.h"
#include "cli/post_mortem_report.h"
#include "scratch.h"

#include <math.h>
#include <unistd.h>

TestSuite(post_mortem_report, .init = scratch_make, .fini = scratch_remove);

static bool clipped;

/* This replaces the command's own function, which tells what options the user has given. */
bool cli_given(const char *option)
{
    return clipped && strcmp(option, "clip-norm") == 0;
}

static gm_layer_ranges layers[2];

static gm_post_mortem found(gm_quantity first, gm_cause cause)
{
    return (gm_post_mortem){.found = true,
                            .epoch = 3,
                            .step = 7,
                            .first = first,
                            .layer = 1,
                            .cause = cause,
                            .rate = 0.5,
                            .loss = 2,
                            .extreme = 1e6,
                            .column = 1,
                            .layers = layers,
                            .layer_count = 2};
}

static gm_dataset *make_data(void)
{
    static const double x[] = {1, 2, 3, 4};
    gm_dataset *data;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f64(x, 2, 2), gm_array_f64(x, 2, 1), 0, NULL), GM_OK);
    return data;
}

/* What is printed to stderr; to be freed. */
static char *printed(const gm_post_mortem *p)
{
    const scratch_text path = scratch_path("stderr");
    gm_dataset *data = make_data();
    const int kept = dup(STDERR_FILENO);
    FILE *file = freopen(path.text, "w", stderr);
    cr_assert_not_null(file);
    cli_post_mortem_print(p, data);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    gm_dataset_destroy(data);
    size_t size;
    return scratch_read(path.text, &size);
}

static void expect_words(gm_quantity first, gm_cause cause, const char *words)
{
    const gm_post_mortem p = found(first, cause);
    char *text = printed(&p);
    cr_expect_not_null(strstr(text, words), "no '%s' in\n%s", words, text);
    free(text);
}

Test(post_mortem_report, every_quantity_has_its_equation)
{
    expect_words(GM_QUANTITY_Z, GM_CAUSE_RATE,
                 "z of layer 2 is the first that is not finite\n(forward, Z = A_prev W^T");
    expect_words(GM_QUANTITY_A, GM_CAUSE_RATE, "(forward, A = f(Z))");
    expect_words(GM_QUANTITY_LOSS, GM_CAUSE_RATE,
                 "loss is the first that is not finite\n(the loss of the batch)");
    expect_words(GM_QUANTITY_DELTA, GM_CAUSE_RATE, "(BP1, the output delta)");
    expect_words(GM_QUANTITY_GRADIENT, GM_CAUSE_RATE, "(BP3 and BP4, dC/db = D^T 1");
    expect_words(GM_QUANTITY_WEIGHT, GM_CAUSE_RATE, "(the update)");
    expect_words(GM_QUANTITY_WEIGHT, GM_CAUSE_WEIGHTS, "(as it began)");
    expect_words(GM_QUANTITY_INPUT, GM_CAUSE_INPUT, "(the batch)");
}

Test(post_mortem_report, every_cause_has_its_words)
{
    expect_words(GM_QUANTITY_WEIGHT, GM_CAUSE_WEIGHTS, "began with weights that are not finite");
    expect_words(GM_QUANTITY_INPUT, GM_CAUSE_INPUT, "input column 2 is not finite, as it is scaled");
    expect_words(GM_QUANTITY_TARGET, GM_CAUSE_TARGET, "a target is not finite");
    expect_words(GM_QUANTITY_LOSS, GM_CAUSE_DOMAIN, "the loss cannot learn targets like 1e+06");
    expect_words(GM_QUANTITY_Z, GM_CAUSE_INPUT_SCALE,
                 "input column 2 has numbers like 1e+06\ntry: --scaling standard");
    expect_words(GM_QUANTITY_Z, GM_CAUSE_TARGET_SCALE, "targets like 1e+06\ntry: --target-scaling standard");
    expect_words(GM_QUANTITY_Z, GM_CAUSE_PENALTY, "--l2 or --decay");
    expect_words(GM_QUANTITY_Z, GM_CAUSE_EPSILON, "try: --epsilon 1e-8");
    expect_words(GM_QUANTITY_Z, GM_CAUSE_RATE,
                 "the learning rate, 0.5\ntry: --rate 0.05, or less; or --clip-norm 1\n");
    clipped = true;
    expect_words(GM_QUANTITY_Z, GM_CAUSE_RATE, "try: --rate 0.05, or less\n");
}

Test(post_mortem_report, the_causes_have_names_in_json)
{
    gm_dataset *data = make_data();
    for (gm_cause cause = GM_CAUSE_WEIGHTS; cause < GM_CAUSE_COUNT; cause++) {
        const gm_post_mortem p = found(GM_QUANTITY_Z, cause);
        json_t *told = cli_post_mortem_json(&p, data);
        cr_expect_str_eq(json_string_value(json_object_get(told, "cause")), gm_cause_name(cause));
        const bool named = cause == GM_CAUSE_INPUT || cause == GM_CAUSE_INPUT_SCALE;
        cr_expect_eq(json_is_null(json_object_get(told, "column")), !named);
        json_decref(told);
    }
    const gm_post_mortem none = {0};
    json_t *nothing = cli_post_mortem_json(&none, data);
    cr_expect(json_is_null(nothing));
    json_decref(nothing);
    char *text = printed(&none);
    cr_expect_str_eq(text, "");
    free(text);
    gm_dataset_destroy(data);
}
