/* Tests option structs of programs that were compiled with another version of the library, and arguments that
 * are not values of their enumeration. */
#include <criterion/criterion.h>

#include "base/options.h"
#include "nets.h"
#include "scratch.h"

#include <limits.h>
#include <stddef.h>

static const net_shape shape = {{4, 3, 2}, GM_SIGMOID, GM_SOFTMAX, GM_CROSS_ENTROPY};
static const float rows[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const uint32_t labels[] = {0, 1};

/* Each of these hands options over to the library; the test knows them as bytes. */
typedef gm_status use_options(const void *options, gm_error *error);

static gm_status use_network(const void *options, gm_error *error)
{
    gm_network *network;
    const gm_status status = gm_network_create(&network, options, error);
    gm_network_destroy(network);
    return status;
}

static gm_status use_engine(const void *options, gm_error *error)
{
    gm_network *network = net_make(&shape, GM_F32, 1);
    gm_engine *engine;
    const gm_status status = gm_engine_create(&engine, network, options, error);
    gm_engine_destroy(engine);
    gm_network_destroy(network);
    return status;
}

static gm_status use_predictor(const void *options, gm_error *error)
{
    const gm_model model = {.network = net_make(&shape, GM_F32, 1)};
    gm_predictor *predictor;
    const gm_status status = gm_predictor_create(&predictor, &model, options, error);
    gm_predictor_destroy(predictor);
    gm_network_destroy(model.network);
    return status;
}

static gm_status plan_network(const void *options, gm_error *error)
{
    gm_memory memory;
    return gm_memory_plan(options, NULL, &memory, error);
}

static gm_status use_train(const void *options, gm_error *error)
{
    gm_engine_options engine_options = gm_engine_options_default();
    engine_options.batch = 2;
    gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &engine_options);
    gm_dataset *data;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(rows, 2, 4), gm_array_labels(labels, 2), 2, NULL),
                 GM_OK);
    const gm_status status = gm_train(engine, data, NULL, NULL, options, NULL, error);
    gm_dataset_destroy(data);
    net_free(engine);
    return status;
}

static gm_status use_dataset(const void *options, gm_error *error)
{
    gm_dataset *data;
    const gm_status status = gm_dataset_load(&data, net_source("data/iris.csv").text, options, error);
    gm_dataset_destroy(data);
    return status;
}

static gm_status use_survey(const void *options, gm_error *error)
{
    gm_survey *survey;
    const net_path path = net_source("data/iris.csv");
    const char *const name = path.text;
    const gm_status status = gm_survey_create(&survey, &name, 1, options, 1, error);
    gm_survey_destroy(survey);
    return status;
}

static gm_status use_split(const void *options, gm_error *error)
{
    gm_dataset *data, *train, *valid;
    cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(rows, 2, 4), gm_array_labels(labels, 2), 2, NULL),
                 GM_OK);
    const gm_status status = gm_dataset_split_by(data, options, &train, &valid, error);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(data);
    return status;
}

static gm_status use_gradcheck(const void *options, gm_error *error)
{
    static const double x[] = {0, 1, 2, 3}, y[] = {0, 1};
    gm_engine *engine = net_engine(net_make(&shape, GM_F64, 1), NULL);
    gm_gradcheck result;
    const gm_status status =
        gm_gradcheck_run(engine, gm_array_f64(x, 1, 4), gm_array_f64(y, 1, 2), options, &result, error);
    net_free(engine);
    return status;
}

static double block[5 * 3 + 4 * 2];

static gm_status use_gradient(const void *options, gm_error *error)
{
    static const double x[] = {0, 1, 2, 3}, y[] = {0, 1};
    gm_engine *engine = net_engine(net_make(&shape, GM_F64, 1), NULL);
    const gm_status status =
        gm_engine_gradient_to(engine, gm_array_f64(x, 1, 4), gm_array_f64(y, 1, 2), options, NULL, error);
    net_free(engine);
    return status;
}

static const gm_layer_options layer = {2, GM_IDENTITY};

/* Room for any options, and for what a newer program has behind them. */
typedef union room {
    size_t size;
    gm_network_options network;
    gm_engine_options engine;
    gm_train_options train;
    gm_dataset_options dataset;
    gm_split_options split;
    gm_gradcheck_options gradcheck;
    gm_gradient gradient;
    unsigned char bytes[2 * GM_OPTIONS_LARGEST];
} room;

static void fill_network(void *options, size_t size)
{
    gm_network_options *o = options;
    gm_network_options_fill(o, size);
    o->inputs = 3, o->layer_count = 1, o->layers = &layer;
}

static void fill_engine(void *options, size_t size)
{
    gm_engine_options_fill(options, size);
}

static void fill_train(void *options, size_t size)
{
    gm_train_options_fill(options, size);
}

static void fill_dataset(void *options, size_t size)
{
    gm_dataset_options_fill(options, size);
}

static void fill_split(void *options, size_t size)
{
    gm_split_options_fill(options, size);
}

static void fill_gradient(void *options, size_t size)
{
    gm_gradient *gradient = options;
    gm_gradient_fill(gradient, size);
    gradient->block = gm_mutable_f64(block, 1, sizeof block / sizeof *block);
}

static void fill_gradcheck(void *options, size_t size)
{
    gm_gradcheck_options_fill(options, size);
}

/* One for each way of options into the library; `older` is where the struct of an older program ends. */
static const struct way {
    const char *name;
    use_options *use;
    void (*fill)(void *options, size_t size);
    size_t size, older;
} ways[] = {
    {"gm_network_options", use_network, fill_network, sizeof(gm_network_options),
     offsetof(gm_network_options, precision)},
    {"gm_network_options", plan_network, fill_network, sizeof(gm_network_options),
     offsetof(gm_network_options, precision)},
    {"gm_engine_options", use_engine, fill_engine, sizeof(gm_engine_options),
     offsetof(gm_engine_options, optimizer)},
    {"gm_engine_options", use_predictor, fill_engine, sizeof(gm_engine_options),
     offsetof(gm_engine_options, optimizer)},
    {"gm_train_options", use_train, fill_train, sizeof(gm_train_options),
     offsetof(gm_train_options, on_step)},
    {"gm_dataset_options", use_dataset, fill_dataset, sizeof(gm_dataset_options),
     offsetof(gm_dataset_options, missing)},
    {"gm_dataset_options", use_survey, fill_dataset, sizeof(gm_dataset_options),
     offsetof(gm_dataset_options, missing)},
    {"gm_split_options", use_split, fill_split, sizeof(gm_split_options), offsetof(gm_split_options, last)},
    {"gm_gradient", use_gradient, fill_gradient, sizeof(gm_gradient), offsetof(gm_gradient, accumulate)},
    {"gm_gradcheck_options", use_gradcheck, fill_gradcheck, sizeof(gm_gradcheck_options),
     offsetof(gm_gradcheck_options, seed)},
};
enum { WAYS = sizeof ways / sizeof *ways };

static void expect_refused(const struct way *way, const room *options, const char *wanted)
{
    gm_error error = {0};
    const size_t size = options->size;
    cr_expect_eq(way->use(options, &error), GM_USAGE, "%s of %zu bytes", way->name, size);
    cr_expect(strstr(error.message, way->name) && strstr(error.message, wanted), "%s of %zu bytes: %s",
              way->name, size, error.message);
}

Test(options, of_this_version_are_taken)
{
    for (size_t i = 0; i < WAYS; i++) {
        room options;
        gm_error error = {0};
        ways[i].fill(&options, ways[i].size);
        cr_expect_eq(options.size, ways[i].size);
        cr_expect_eq(ways[i].use(&options, &error), GM_OK, "%s: %s", ways[i].name, error.message);
    }
}

/* What stands behind the end of an older struct belongs to the program: it is neither read nor written. */
Test(options, of_an_older_program_end_where_its_struct_ends)
{
    for (size_t i = 0; i < WAYS; i++) {
        room options;
        gm_error error = {0};
        memset(&options, 0xA5, sizeof options);
        ways[i].fill(&options, ways[i].older);
        for (size_t b = ways[i].older; b < sizeof options; b++)
            cr_assert_eq(options.bytes[b], 0xA5, "%s: byte %zu", ways[i].name, b);
        cr_expect_eq(ways[i].use(&options, &error), GM_OK, "%s: %s", ways[i].name, error.message);
    }
}

/* What an older program does not know has its default: the network is in f32, and drawn with seed 1. */
Test(options, that_an_older_program_lacks_have_their_defaults)
{
    room older;
    gm_network *one, *other;
    memset(&older, 0xA5, sizeof older);
    fill_network(&older, offsetof(gm_network_options, precision));
    gm_network_options now = gm_network_options_default();
    now.inputs = 3, now.layer_count = 1, now.layers = &layer;
    cr_assert_eq(gm_network_create(&one, &older.network, NULL), GM_OK);
    cr_assert_eq(gm_network_create(&other, &now, NULL), GM_OK);
    cr_assert_eq(gm_network_precision(one), GM_F32);
    cr_expect_arr_eq(gm_network_parameters_const(one).data, gm_network_parameters_const(other).data,
                     8 * sizeof(float));
    gm_network_destroy(one);
    gm_network_destroy(other);
}

Test(options, of_a_newer_program_are_taken_if_what_is_new_is_zero)
{
    for (size_t i = 0; i < WAYS; i++) {
        const size_t size = ways[i].size;
        room options = {0};
        gm_error error = {0};
        ways[i].fill(&options, size + 24);
        cr_expect_eq(options.size, size + 24);
        cr_expect_eq(ways[i].use(&options, &error), GM_OK, "%s: %s", ways[i].name, error.message);
        options.bytes[size + 23] = 1;
        expect_refused(&ways[i], &options, "an option of a newer gradmill");
    }
}

Test(options, that_nobody_filled_in_are_refused)
{
    static const size_t sizes[] = {0, 1, sizeof(size_t), GM_OPTIONS_LARGEST + 1, SIZE_MAX};
    for (size_t i = 0; i < WAYS; i++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            room options;
            ways[i].fill(&options, ways[i].size);
            options.size = sizes[s];
            expect_refused(&ways[i], &options, "_default()");
        }
    }
}

Test(options, may_be_left_out)
{
    gm_error error = {0};
    cr_expect_eq(use_engine(NULL, &error), GM_OK, "%s", error.message);
    cr_expect_eq(use_train(NULL, &error), GM_OK, "%s", error.message);
    cr_expect_eq(use_dataset(NULL, &error), GM_OK, "%s", error.message);
    cr_expect_eq(use_gradcheck(NULL, &error), GM_OK, "%s", error.message);
    cr_expect_eq(use_network(NULL, &error), GM_USAGE);
    cr_expect(strstr(error.message, "no layers"), "%s", error.message);
}

/* gm_optimizer has no size of its own, because it is part of gm_engine_options. */
Test(options, of_an_optimizer_have_room_that_must_be_zero)
{
    gm_engine_options options = gm_engine_options_default();
    gm_error error = {0};
    const size_t last = sizeof options.optimizer.reserved / sizeof *options.optimizer.reserved - 1;
    options.optimizer.reserved[last] = 1;
    cr_expect_eq(use_engine(&options, &error), GM_USAGE);
    cr_expect(strstr(error.message, "gm_optimizer_default()"), "%s", error.message);
}

/* Arguments that no enumeration has, as the calls below are given them. */
static const int strange[] = {-1, GM_ACTIVATION_COUNT, 1000, INT_MAX, INT_MIN};
enum { STRANGE = sizeof strange / sizeof *strange };

Test(options, names_of_what_does_not_exist)
{
    for (size_t i = 0; i < STRANGE; i++) {
        const int value = strange[i];
        cr_expect_str_eq(gm_activation_name((gm_activation)value), "unknown");
        cr_expect_str_eq(gm_loss_name((gm_loss)value), "unknown");
        cr_expect_str_eq(gm_init_name((gm_init)value), "unknown");
        cr_expect_str_eq(gm_precision_name((gm_precision)value), "unknown");
        cr_expect_str_eq(gm_optimizer_name((gm_optimizer_kind)value), "unknown");
        cr_expect_str_eq(gm_schedule_name((gm_schedule)value), "unknown");
        cr_expect_str_eq(gm_scaling_name((gm_scaling_kind)value), "unknown");
        cr_expect_str_eq(gm_status_text((gm_status)value), "unknown status");
        gm_train_options training = gm_train_options_default();
        training.schedule = (gm_schedule)value;
        cr_expect(isnan(gm_schedule_rate(&training, 0.1, 0, 2)));
        cr_expect_eq(gm_loss_output_activation((gm_loss)value), GM_IDENTITY);
        cr_expect_eq(gm_loss_domain_of((gm_loss)value).least_outputs, 1);
    }
}

Test(options, views_that_do_not_exist)
{
    for (int inference = 0; inference < 2; inference++) {
        gm_engine_options options = gm_engine_options_default();
        options.inference = inference;
        gm_engine *engine = net_engine(net_make(&shape, GM_F32, 1), &options);
        for (size_t i = 0; i < STRANGE; i++)
            cr_expect_null(gm_engine_view(engine, (gm_view)strange[i], 0).data);
        cr_expect_null(gm_engine_view(engine, GM_VIEW_A, 2).data);
        cr_expect_null(gm_engine_view(engine, GM_VIEW_A, SIZE_MAX).data);
        cr_expect_not_null(gm_engine_view(engine, GM_VIEW_A, 1).data);
        cr_expect_eq(gm_engine_view(engine, GM_VIEW_DELTA, 1).data == NULL, inference);
        net_free(engine);
    }
}

/* A kind that does not exist is refused where it is used, and nothing is read with it as an index. */
Test(options, optimizers_that_do_not_exist)
{
    for (size_t i = 0; i < STRANGE; i++) {
        char wanted[64];
        gm_error error = {0};
        gm_engine_options options = gm_engine_options_default();
        options.optimizer = gm_optimizer_default((gm_optimizer_kind)strange[i]);
        cr_expect_eq(use_engine(&options, &error), GM_USAGE);
        snprintf(wanted, sizeof wanted, "unknown optimizer %d", strange[i]);
        cr_expect_str_eq(error.message, wanted);
        gm_network *network = net_make(&shape, GM_F32, 1);
        cr_expect(isnan(gm_step_traffic(network, (gm_optimizer_kind)strange[i])));
        gm_network_destroy(network);
    }
}

Test(options, kinds_that_do_not_exist_are_refused)
{
    for (size_t i = 0; i < STRANGE; i++) {
        const int value = strange[i];
        gm_error error = {0};
        room options;
#define EXPECT_UNKNOWN(WAY, FILL, FIELD, TYPE)                                                               \
    FILL(&options, sizeof options.WAY);                                                                      \
    options.WAY.FIELD = (TYPE)value;                                                                         \
    cr_expect_eq(use_##WAY(&options, &error), GM_USAGE, #FIELD " %d", value);                                \
    cr_expect(strstr(error.message, "unknown"), #FIELD " %d: %s", value, error.message)
        EXPECT_UNKNOWN(network, fill_network, loss, gm_loss);
        EXPECT_UNKNOWN(network, fill_network, precision, gm_precision);
        EXPECT_UNKNOWN(network, fill_network, init, gm_init);
        EXPECT_UNKNOWN(train, fill_train, schedule, gm_schedule);
        EXPECT_UNKNOWN(dataset, fill_dataset, missing, gm_missing);
        EXPECT_UNKNOWN(dataset, fill_dataset, precision, gm_precision);
        gm_dataset *data;
        gm_scaling *scaling;
        cr_assert_eq(gm_dataset_from_arrays(&data, gm_array_f32(rows, 2, 4), (gm_array){0}, 0, NULL), GM_OK);
        cr_expect_eq(gm_scaling_fit(&scaling, (gm_scaling_kind)value, data, &error), GM_USAGE);
        cr_expect_eq(
            gm_scaling_create(&scaling, (gm_scaling_kind)value, 1, (double[]){0}, (double[]){1}, NULL),
            GM_USAGE);
        gm_dataset_destroy(data);
    }
}

Test(options, a_backend_that_is_not_named)
{
    gm_engine_options options = gm_engine_options_default();
    gm_error error = {0};
    options.backend = NULL;
    cr_expect_eq(use_engine(&options, &error), GM_USAGE);
    cr_expect(strstr(error.message, "no backend"), "%s", error.message);
}
