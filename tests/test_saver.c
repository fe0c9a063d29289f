/* How often the model of a run is saved. */
#include "base/clock.h"
#include "cli/saver.h"
#include "nets.h"
#include "scratch.h"

TestSuite(saver, .init = scratch_make, .fini = scratch_remove);

static gm_model make_model(void)
{
    static const net_shape shape = {{2, 3, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};
    gm_model model = {.network = net_make(&shape, GM_F32, 1)};
    gm_error error;
    cr_assert_eq(
        gm_scaling_create(&model.scaling, GM_SCALING_NONE, 2, (double[]){0, 0}, (double[]){1, 1}, &error),
        GM_OK);
    return model;
}

static double first_weight(const char *path)
{
    gm_model model;
    gm_error error;
    cr_assert_eq(gm_model_load(&model, path, &error), GM_OK, "%s", error.message);
    const double weight = gm_network_parameter(model.network, 0);
    gm_model_clear(&model);
    return weight;
}

/* Offers a model for a tenth of a second, as epochs of a microsecond do. */
Test(saver, takes_a_fiftieth_of_the_time)
{
    gm_model model = make_model();
    const scratch_text path = scratch_path("model");
    cli_saver saver = cli_saver_of(path.text, &model);
    double cost = 0, first = 0;
    gm_error error;
    const uint64_t start = gm_clock();
    while (gm_clock_seconds(start, gm_clock()) < 0.1) {
        const uint64_t before = saver.last;
        cr_assert_eq(cli_saver_offer(&saver, NULL, true, &error), GM_OK, "%s", error.message);
        if (before == 0)
            first = gm_clock_seconds(start, saver.last);
        else if (saver.last != before)
            cost += gm_clock_seconds(0, saver.cost);
    }
    cr_expect(saver.saved && first > 0);
    cr_expect_lt(cost, 2 * 0.1 / 50 + gm_clock_seconds(0, saver.cost),
                 "the last save may be longer than expected");
    gm_model_clear(&model);
}

/* What was offered last is in the file at the end, whether it was saved at once or not. */
Test(saver, ends_with_the_model_as_it_is)
{
    gm_model model = make_model();
    const scratch_text path = scratch_path("model");
    cli_saver saver = cli_saver_of(path.text, &model);
    gm_error error;
    cr_assert_eq(cli_saver_offer(&saver, NULL, true, &error), GM_OK);
    saver.cost = (uint64_t)1 << 40; /* a slow disk */
    gm_network_set_parameter(model.network, 0, 0.125);
    cr_assert_eq(cli_saver_offer(&saver, NULL, true, &error), GM_OK);
    cr_expect_neq(first_weight(path.text), 0.125);
    cr_assert_eq(cli_saver_finish(&saver, &error), GM_OK);
    cr_expect_eq(first_weight(path.text), 0.125);
    const uint64_t last = saver.last;
    cr_assert_eq(cli_saver_finish(&saver, &error), GM_OK);
    cr_expect_eq(saver.last, last, "it is in the file already");
    gm_model_clear(&model);
}

Test(saver, without_a_path_saves_nothing)
{
    gm_model model = make_model();
    cli_saver saver = cli_saver_of(NULL, &model);
    gm_error error;
    cr_expect_eq(cli_saver_offer(&saver, NULL, true, &error), GM_OK);
    cr_expect_eq(cli_saver_finish(&saver, &error), GM_OK);
    cr_expect_not(saver.saved);
    gm_model_clear(&model);
}

/* A best epoch that closely follows a save is written as soon as a save is due, although no epoch after it is
 * better: somebody may kill the run before it ends. */
Test(saver, writes_an_older_best_epoch_when_it_is_due)
{
    gm_model model = make_model();
    gm_network *best;
    const scratch_text path = scratch_path("model");
    cli_saver saver = cli_saver_of(path.text, &model);
    gm_error error;
    cr_assert_eq(cli_saver_offer(&saver, NULL, true, &error), GM_OK);
    cr_assert_eq(gm_network_copy(&best, model.network, &error), GM_OK);
    gm_network_set_parameter(best, 0, 7);
    gm_network_set_parameter(model.network, 0, 8);
    saver.cost = UINT64_MAX / 100;
    cr_assert_eq(cli_saver_offer(&saver, best, true, &error), GM_OK);
    cr_expect_neq(first_weight(path.text), 7, "not due yet");
    saver.cost = 0;
    cr_assert_eq(cli_saver_offer(&saver, best, false, &error), GM_OK);
    cr_expect_eq(first_weight(path.text), 7);
    saver.last = 0;
    cr_assert_eq(cli_saver_offer(&saver, best, false, &error), GM_OK);
    cr_expect_eq(saver.last, 0, "what has been written is not written again");
    gm_network_destroy(best);
    gm_model_clear(&model);
}
