/* Which of two epochs is better, and whose weights are kept. */
#include "nets.h"
#include "train/best.h"

#include <string.h>

static const net_shape shape = {{2, 2}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

/* Figures of an epoch: accuracy and loss, or RMSE and loss. */
static gm_metrics figures(double accuracy, double rmse, double loss)
{
    return (gm_metrics){.rows = 10, .loss = loss, .accuracy = accuracy, .rmse = rmse};
}

struct sight {
    gm_metrics metrics;
    bool better;
};

static void expect_sights(gm_monitor monitor, const struct sight *sights, size_t count)
{
    gm_network *network = net_make(&shape, GM_F32, 1);
    gm_best best;
    gm_error error;
    size_t last = 0;
    cr_assert_eq(gm_best_create(&best, monitor, network, true, &error), GM_OK);
    for (size_t i = 0; i < count; i++) {
        gm_network_set_parameter(network, 0, (double)(i + 1));
        cr_expect_eq(gm_best_see(&best, network, i + 1, &sights[i].metrics), sights[i].better,
                     "%s, epoch %zu", gm_monitor_name(monitor), i + 1);
        last = sights[i].better ? i + 1 : last;
        cr_expect_eq(best.epoch, last);
        cr_expect_eq(best.without, i + 1 - last);
    }
    gm_best_restore(&best, network);
    cr_expect_eq(gm_network_parameter(network, 0), last > 0 ? (double)last : (double)count);
    gm_best_clear(&best);
    gm_network_destroy(network);
}

Test(best, accuracy_decides_and_then_the_loss)
{
    const struct sight sights[] = {
        {figures(NAN, NAN, 1), false}, {figures(0.5, NAN, 1), true},   {figures(0.5, NAN, 1), false},
        {figures(0.5, NAN, 2), false}, {figures(0.5, NAN, 0.9), true}, {figures(0.6, NAN, 3), true},
        {figures(0.5, NAN, 0), false}, {figures(NAN, NAN, 0), false},  {figures(0.6, NAN, NAN), false},
    };
    expect_sights(GM_MONITOR_ACCURACY, sights, sizeof sights / sizeof *sights);
}

Test(best, a_loss_is_to_be_small)
{
    const struct sight sights[] = {
        {figures(0.5, NAN, INFINITY), false}, {figures(0.5, NAN, 1), true},    {figures(0.9, NAN, 1), false},
        {figures(0.1, NAN, -1), true},        {figures(0.1, NAN, NAN), false},
    };
    expect_sights(GM_MONITOR_LOSS, sights, sizeof sights / sizeof *sights);
}

Test(best, so_is_an_rmse)
{
    const struct sight sights[] = {
        {figures(NAN, 2, 4), true}, {figures(NAN, 3, 1), false}, {figures(NAN, 1, 9), true}};
    expect_sights(GM_MONITOR_RMSE, sights, sizeof sights / sizeof *sights);
}

/* Nothing was better than nothing: the network stays as it is. */
Test(best, without_a_finite_figure_there_is_none)
{
    const struct sight sights[] = {{figures(NAN, NAN, NAN), false}, {figures(NAN, NAN, INFINITY), false}};
    expect_sights(GM_MONITOR_LOSS, sights, sizeof sights / sizeof *sights);
}

Test(best, the_names_are_those_of_the_enumerations)
{
    gm_monitor monitor;
    gm_keep keep;
    for (int i = 0; i < GM_MONITOR_COUNT; i++)
        cr_expect(gm_monitor_from_name(gm_monitor_name((gm_monitor)i), &monitor) && (int)monitor == i);
    for (int i = 0; i < GM_KEEP_COUNT; i++)
        cr_expect(gm_keep_from_name(gm_keep_name((gm_keep)i), &keep) && (int)keep == i);
    cr_expect_not(gm_monitor_from_name("accurracy", &monitor));
    cr_expect_not(gm_keep_from_name("first", &keep));
    cr_expect_str_eq(gm_monitor_name((gm_monitor)99), "unknown");
    cr_expect_str_eq(gm_keep_name((gm_keep)-1), "unknown");
}

/* 12 rows of 2 features; the labels of the validation set are those of the training set, or the opposite. */
static gm_dataset *make_data(bool opposite)
{
    float x[24];
    uint32_t y[12];
    gm_dataset *data;
    gm_error error;
    for (size_t i = 0; i < 12; i++) {
        y[i] = (i % 2) ^ opposite;
        x[2 * i] = i % 2 ? 1 : -1;
        x[2 * i + 1] = (float)i / 12;
    }
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(x, 12, 2), gm_array_labels(y, 12), 2, &error),
                 GM_OK);
    return data;
}

struct record {
    gm_network *network;
    double weights[8]; /* the first one, after each epoch */
    bool best[8];
    size_t count;
};

static gm_status on_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct record *record = context;
    (void)stop, (void)error;
    record->best[record->count] = epoch->best;
    record->weights[record->count++] = gm_network_parameter(record->network, 0);
    return GM_OK;
}

/* Learns what is wrong on the validation set, so that every epoch is worse than the one before. */
static gm_train_result run_wrong(gm_keep keep, size_t patience, struct record *record)
{
    gm_engine_options engine_options = gm_engine_options_default();
    engine_options.batch = 4;
    engine_options.threads = 1;
    gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &engine_options);
    *record = (struct record){.network = gm_engine_network(engine)};
    gm_dataset *train = make_data(false), *valid = make_data(true);
    gm_train_options options = gm_train_options_default();
    options.epochs = 6;
    options.on_epoch = on_epoch;
    options.context = record;
    options.keep = keep;
    options.monitor = GM_MONITOR_LOSS;
    options.patience = patience;
    gm_train_result result = gm_train_result_init();
    gm_error error;
    cr_assert_eq(gm_train(engine, train, valid, NULL, &options, &result, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_network_parameter(record->network, 0), record->weights[result.kept_epoch - 1]);
    net_free(engine);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    return result;
}

Test(best, training_keeps_the_weights_of_the_best_epoch)
{
    struct record record;
    gm_train_result result = run_wrong(GM_KEEP_AUTO, 0, &record);
    cr_expect_eq(result.kept_epoch, 1);
    cr_expect_eq(result.best_epoch, 1);
    cr_expect_eq(result.end, GM_END_EPOCHS);
    cr_expect_eq(result.epochs, 6);
    cr_expect(record.best[0] && !record.best[1] && !record.best[5]);
    cr_expect_neq(record.weights[0], record.weights[5]);
    result = run_wrong(GM_KEEP_LAST, 0, &record);
    cr_expect_eq(result.kept_epoch, 6);
    cr_expect_eq(result.best_epoch, 1);
}

Test(best, patience_ends_a_training_that_gets_no_better)
{
    struct record record;
    const gm_train_result result = run_wrong(GM_KEEP_BEST, 2, &record);
    cr_expect_eq(result.end, GM_END_PATIENCE);
    cr_expect_eq(result.epochs, 3);
    cr_expect_eq(record.count, 3);
    cr_expect_eq(result.kept_epoch, 1);
}

static gm_status spoil_third_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    struct record *record = context;
    on_epoch(context, epoch, stop, error);
    if (epoch->epoch == 2)
        gm_network_set_parameter(record->network, 0, NAN);
    return GM_OK;
}

static gm_train_result run_spoilt(gm_keep keep, struct record *record)
{
    gm_engine_options engine_options = gm_engine_options_default();
    engine_options.batch = 4;
    engine_options.threads = 1;
    gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &engine_options);
    *record = (struct record){.network = gm_engine_network(engine)};
    gm_dataset *data = make_data(false);
    gm_train_options options = gm_train_options_default();
    options.on_epoch = spoil_third_epoch;
    options.context = record;
    options.keep = keep;
    gm_train_result result = gm_train_result_init();
    gm_error error;
    cr_expect_eq(gm_train(engine, data, data, NULL, &options, &result, &error), GM_DIVERGED);
    cr_expect_eq(result.end, GM_END_FAILED);
    cr_expect_eq(result.epochs, 3);
    cr_expect(keep == GM_KEEP_LAST ||
              gm_network_parameter(record->network, 0) == record->weights[result.kept_epoch - 1]);
    net_free(engine);
    gm_dataset_destroy(data);
    return result;
}

/* The weights that are not finite are of no use; those of the best epoch are. */
Test(best, after_a_divergence_the_best_weights_are_there)
{
    struct record record;
    gm_train_result result = run_spoilt(GM_KEEP_BEST, &record);
    cr_expect_eq(result.kept_epoch, 2);
    cr_expect_eq(result.valid.rows, 12);
    result = run_spoilt(GM_KEEP_LAST, &record);
    cr_expect_eq(result.kept_epoch, 0);
}

Test(best, refusals)
{
    gm_engine_options engine_options = gm_engine_options_default();
    engine_options.batch = 4;
    gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &engine_options);
    gm_dataset *data = make_data(false);
    gm_error error;
    const struct {
        gm_keep keep;
        gm_monitor monitor;
        size_t patience;
        bool valid;
        const char *text;
    } cases[] = {
        {GM_KEEP_BEST, GM_MONITOR_AUTO, 0, false, "keeping the best epoch needs a validation set"},
        {GM_KEEP_LAST, GM_MONITOR_AUTO, 1, false, "patience needs a validation set"},
        {GM_KEEP_AUTO, GM_MONITOR_RMSE, 0, true, "rmse cannot be monitored: the targets are classes"},
        {GM_KEEP_AUTO, (gm_monitor)GM_MONITOR_COUNT, 0, true, "unknown figure 4"},
        {(gm_keep)GM_KEEP_COUNT, GM_MONITOR_AUTO, 0, true, "unknown epoch to keep 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_train_options options = gm_train_options_default();
        options.keep = cases[i].keep;
        options.monitor = cases[i].monitor;
        options.patience = cases[i].patience;
        cr_expect_eq(gm_train(engine, data, cases[i].valid ? data : NULL, NULL, &options, NULL, &error),
                     GM_USAGE);
        cr_expect(strstr(error.message, cases[i].text), "%s", error.message);
    }
    gm_train_result no_size = {0};
    cr_expect_eq(gm_train(engine, data, NULL, NULL, NULL, &no_size, &error), GM_USAGE);
    net_free(engine);
    gm_dataset_destroy(data);
}
