/* Tests that a step allocates nothing, and neither does any other call between the creation and the end of an
 * engine. The program counts every call of the allocator and of mmap, those of OpenBLAS included. */
#undef _FILE_OFFSET_BITS /* with it, <sys/mman.h> calls this program's mmap mmap64, which OpenBLAS does not  \
                            call */
#include "sanitized.h"
#include "nets.h"
#include "scratch.h"
#include "train/rows.h"

#include "bench/cases/cases.h"
#include "bench/gate/gate.h"

#include <gradmill/system.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_size_t calls, largest;

/* Number of blocks in use; and number of allocations of gm_alloc that succeed before one fails. */
static atomic_size_t in_use, until_failure = SIZE_MAX;

#if !SANITIZED
/* glibc's own names for its allocator; malloc and its kin below take its place in the whole program. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static void seen(size_t size)
{
    atomic_fetch_add(&calls, 1);
    if (size > atomic_load(&largest))
        atomic_store(&largest, size);
}

void *malloc(size_t size)
{
    seen(size);
    atomic_fetch_add(&in_use, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    seen(count * size);
    atomic_fetch_add(&in_use, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    seen(size);
    atomic_fetch_add(&in_use, !memory);
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    seen(size);
    if (atomic_fetch_sub(&until_failure, 1) == 0) /* from then on it is SIZE_MAX */
        return NULL;
    atomic_fetch_add(&in_use, 1);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    seen(size);
    atomic_fetch_add(&in_use, 1);
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : 12;
}

void free(void *memory)
{
    if (memory) {
        seen(0);
        atomic_fetch_sub(&in_use, 1);
    }
    __libc_free(memory);
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    seen(size);
    return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}
#endif

static void skip_if_sanitized(void)
{
#if SANITIZED
    cr_skip("the sanitizer has an allocator of its own");
#endif
}

TestSuite(allocation, .init = skip_if_sanitized);

/* A count of 0 below would mean nothing if the counter did not count. */
Test(allocation, is_counted)
{
    const size_t before = atomic_load(&calls);
    void *volatile memory = malloc(100);
    free(memory);
    cr_expect_geq(atomic_load(&calls), before + 2);
    cr_expect_not_null(dlsym(RTLD_DEFAULT, "mmap"));
    cr_expect_eq(dlsym(RTLD_DEFAULT, "malloc"), (void *)(uintptr_t)malloc,
                 "OpenBLAS must find this malloc, too");
    cr_expect_eq(dlsym(RTLD_DEFAULT, "mmap"), (void *)(uintptr_t)mmap);
}

enum { IN = 64, OUT = 10, ROWS = 64 };
static const net_shape wide = {{IN, 128, 48, OUT}, GM_GELU, GM_SOFTMAX, GM_CROSS_ENTROPY};
static double x[ROWS * IN];
static double weights[ROWS];
static uint32_t labels[ROWS];
static double outputs[ROWS * OUT], gradient[(IN + 1) * 128 + 129 * 48 + 49 * OUT];

static gm_status layer_done(void *context, const gm_layer_gradient *layer, gm_error *error)
{
    (void)context, (void)layer, (void)error;
    return GM_OK;
}

static void work(gm_engine *engine, int times)
{
    const gm_precision precision = gm_network_precision(gm_engine_network(engine));
    const gm_mutable_array block =
        gm_mutable_real(gradient, precision, 1, gm_network_parameter_count(gm_engine_network(engine)));
    const gm_mutable_array results = gm_mutable_real(outputs, precision, ROWS, OUT);
    gm_gradient accumulated = gm_gradient_default(block);
    accumulated.scale = 0.5;
    accumulated.accumulate = true;
    accumulated.layer_done = layer_done;
    const gm_array xs = gm_array_f64(x, ROWS, IN), ys = gm_array_labels(labels, ROWS);
    double loss;
    for (int i = 0; i < times; i++)
        gm_engine_step(engine, xs, ys, &loss, NULL);
    for (int i = 0; i < times / 10; i++) {
        gm_engine_step(engine, gm_array_f64(x, 1, IN), gm_array_labels(labels, 1), &loss, NULL);
        gm_engine_gradient(engine, xs, ys, block, &loss, NULL);
        gm_engine_gradient_to(engine, xs, ys, &accumulated, &loss, NULL);
        gm_engine_apply(engine, gm_array_of(block), NULL);
        gm_engine_hold(engine, xs, ys, NULL, &loss, NULL); /* refused unless the engine accumulates */
        gm_engine_held_gradient(engine, block, NULL);
        gm_engine_step_held(engine, NULL);
        gm_engine_use_average(engine, true, NULL);
        gm_engine_loss(engine, xs, ys, &loss, results, NULL);
        gm_engine_predict(engine, xs, results, NULL);
        gm_engine_use_average(engine, false, NULL);
        gm_engine_set_rate(engine, 1e-4);
    }
}

/* OpenBLAS maps a buffer when for the first time two threads need one at the same moment, which may be late:
 * of three rounds one must be free of allocations. An engine that allocates does so in all of them. */
static void expect_none_with(const char *backend, gm_optimizer_kind kind, gm_precision precision,
                             size_t threads, bool features)
{
    static const double dropout = 0.3;
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.accumulates = features;
    options.dropout = &dropout;
    options.dropout_count = features ? 1 : 0;
    options.average_decay = features ? 0.9 : 0;
    options.clip_norm = features ? 1 : 0;
    options.batch = ROWS;
    options.threads = threads;
    options.optimizer = gm_optimizer_default(kind);
    gm_engine *engine = net_engine(net_make(&wide, precision, 1), &options);
    size_t count = 1;
    for (int round = 0; round < 3 && count > 0; round++) {
        work(engine, 10);
        const size_t before = atomic_load(&calls);
        work(engine, 100);
        count = atomic_load(&calls) - before;
    }
    cr_expect_eq(count, 0, "%s, %s, %s, %zu threads: %zu allocations in 100 steps", backend,
                 gm_optimizer_name(kind), gm_precision_name(precision), threads, count);
    net_free(engine);
}

static void expect_none(const char *backend, gm_optimizer_kind kind, gm_precision precision, size_t threads)
{
    expect_none_with(backend, kind, precision, threads, false);
}

Test(allocation, none_in_a_step_with_dropout_averages_and_bounds)
{
    net_fill(x, ROWS * IN, -1, 1);
    for (size_t threads = 1; threads <= 2; threads++) {
        expect_none_with("packed", GM_ADAM, GM_F32, threads, true);
        expect_none_with("blas", GM_MOMENTUM, GM_F64, threads, true);
    }
}

Test(allocation, none_in_a_step)
{
    net_fill(x, ROWS * IN, -1, 1);
    for (size_t threads = 1; threads <= 2; threads++) {
        for (int kind = 0; kind < GM_OPTIMIZER_COUNT; kind++) {
            expect_none("blas", (gm_optimizer_kind)kind, GM_F32, threads);
            expect_none("blas", (gm_optimizer_kind)kind, GM_F64, threads);
            expect_none("packed", (gm_optimizer_kind)kind, GM_F32, threads);
        }
        expect_none("naive-ikj", GM_ADAM, GM_F32, threads);
    }
}

/* Where memory is short, a process must not take processors that its affinity mask denies it. */
Test(allocation, none_to_count_the_threads_of_the_process)
{
    const size_t before = atomic_load(&calls);
    cr_expect_geq(gm_system_threads().usable, 1);
    cr_expect_eq(atomic_load(&calls), before);
}

/* A network of four terabytes is refused before memory for it is allocated. */
Test(allocation, none_for_a_network_that_is_refused)
{
    const gm_layer_options layer = {1000000, GM_IDENTITY};
    gm_network_options options = gm_network_options_default();
    options.inputs = 1000000;
    options.layers = &layer;
    options.layer_count = 1;
    gm_network *network;
    gm_error error;
    atomic_store(&largest, 0);
    cr_expect_eq(gm_network_create(&network, &options, &error), GM_LIMIT);
    cr_expect_lt(atomic_load(&largest), (size_t)1 << 16);
    cr_expect_not_null(strstr(error.message, "4000004000000 bytes"), "%s", error.message);
}

/* Each of the allocations of a training with an evaluation fails in turn: nothing stays behind. */
Test(allocation, a_training_that_fails_leaves_nothing)
{
    gm_engine_options options = gm_engine_options_default();
    gm_train_options once = gm_train_options_default();
    gm_dataset *data;
    gm_error error;
    options.batch = ROWS / 2;
    options.threads = 1;
    once.epochs = 1;
    gm_engine *engine = net_engine(net_make(&wide, GM_F32, 1), &options);
    cr_assert_eq(
        gm_dataset_from_arrays(&data, gm_array_f64(x, ROWS, IN), gm_array_labels(labels, ROWS), OUT, &error),
        GM_OK, "%s", error.message);
    gm_status status = GM_LIMIT;
    size_t successes = 0;
    for (; status != GM_OK; successes++) {
        const size_t before = atomic_load(&in_use);
        atomic_store(&until_failure, successes);
        status = gm_train(engine, data, data, NULL, &once, NULL, &error);
        atomic_store(&until_failure, SIZE_MAX);
        cr_assert(status == GM_OK || status == GM_LIMIT, "%zu: status %d", successes, (int)status);
        cr_expect_eq(atomic_load(&in_use), before, "%zu: %zu blocks more", successes,
                     atomic_load(&in_use) - before);
    }
    cr_expect_geq(successes, 6U); /* two orders, two sources, the outputs; and then none fails */
    gm_dataset_destroy(data);
    net_free(engine);
}

/* Each of the allocations of a split fails in turn, and only that one: there are no parts, and nothing stays
 * behind. */
Test(allocation, a_split_that_fails_leaves_nothing)
{
    gm_dataset *all, *train = NULL, *valid = NULL;
    gm_error error;
    cr_assert_eq(
        gm_dataset_from_arrays(&all, gm_array_f64(x, ROWS, IN), gm_array_labels(labels, ROWS), OUT, &error),
        GM_OK, "%s", error.message);
    gm_status status = GM_LIMIT;
    size_t successes = 0;
    for (; status != GM_OK; successes++) {
        const size_t before = atomic_load(&in_use);
        atomic_store(&until_failure, successes);
        status = gm_dataset_split(all, 0.5, 1, &train, &valid, &error);
        atomic_store(&until_failure, SIZE_MAX);
        cr_assert(status == GM_OK || (status == GM_LIMIT && !train && !valid), "%zu: status %d", successes,
                  (int)status);
        cr_expect(status == GM_OK || atomic_load(&in_use) == before, "%zu: %zu blocks more", successes,
                  atomic_load(&in_use) - before);
    }
    cr_expect_geq(successes, 6U);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(all);
}

/* What is done below again and again, each time with another of its allocations failing. It frees all that it
 * has got. */
typedef gm_status attempt(gm_error *error);

static gm_dataset *classes, *numbers;
static gm_engine *trained;
static scratch_text file;

static gm_status load_table(gm_error *error)
{
    gm_dataset *data;
    const gm_status status = gm_dataset_load(&data, net_source("data/iris.csv").text, NULL, error);
    gm_dataset_destroy(data);
    return status;
}

static gm_status fit_scaling(gm_error *error)
{
    gm_scaling *scaling;
    gm_status status = gm_scaling_fit(&scaling, GM_SCALING_STANDARD, numbers, error);
    if (status == GM_OK)
        status = gm_scaling_fit_targets(scaling, numbers, error);
    gm_scaling_destroy(scaling);
    return status;
}

static gm_status fit_columns(gm_error *error)
{
    gm_columns *columns;
    const gm_status status = gm_columns_fit(&columns, numbers, NULL, error);
    gm_columns_destroy(columns);
    return status;
}

static gm_status make_engine(gm_error *error)
{
    gm_layer_options layers[NET_LAYERS];
    gm_network_options options = gm_network_options_default();
    gm_engine_options engine_options = gm_engine_options_default();
    gm_network *network;
    gm_engine *engine = NULL;
    options.inputs = IN;
    options.layer_count = net_layers(&wide, layers);
    options.layers = layers;
    options.loss = wide.loss;
    engine_options.threads = 1;
    gm_status status = gm_network_create(&network, &options, error);
    if (status == GM_OK)
        status = gm_engine_create(&engine, network, &engine_options, error);
    gm_engine_destroy(engine);
    gm_network_destroy(network);
    return status;
}

static gm_status save_and_load(gm_error *error)
{
    gm_model model = {.network = gm_engine_network(trained)}, loaded = {0};
    gm_status status = gm_scaling_fit(&model.scaling, GM_SCALING_STANDARD, classes, error);
    if (status == GM_OK)
        status = gm_model_name_classes(&model, classes, error);
    if (status == GM_OK)
        status = gm_model_save(file.text, &model, error);
    if (status == GM_OK)
        status = gm_model_load(&loaded, file.text, error);
    gm_model_clear(&loaded);
    model.network = NULL;
    gm_model_clear(&model);
    return status;
}

static gm_status predict(gm_error *error)
{
    const gm_model model = {.network = gm_engine_network(trained)};
    gm_predictor *predictor;
    const gm_status status = gm_predictor_create(&predictor, &model, NULL, error);
    gm_predictor_destroy(predictor);
    return status;
}

static gm_status evaluate(gm_error *error)
{
    gm_evaluation *evaluation;
    const gm_status status = gm_evaluation_create(&evaluation, trained, classes, NULL, error);
    gm_evaluation_destroy(evaluation);
    return status;
}

static gm_status find_rate(gm_error *error)
{
    static const uint64_t seed = 1;
    gm_row_source rows = {0};
    gm_rate_curve curve = {0};
    gm_status status = gm_row_source_open(&rows, classes, NULL, &seed, error);
    if (status == GM_OK)
        status = gm_find_rate(trained, &rows, NULL, &curve, error);
    gm_row_source_close(&rows);
    gm_rate_curve_clear(&curve);
    return status;
}

static gm_status train_and_resume(gm_error *error)
{
    const scratch_text log = scratch_path("log");
    gm_train_options options = gm_train_options_default();
    gm_checkpoint *checkpoint = NULL;
    options.epochs = 1;
    options.checkpoint = file.text;
    options.log = log.text;
    gm_status status = gm_train(trained, classes, classes, NULL, &options, NULL, error);
    if (status == GM_OK)
        status = gm_checkpoint_load(&checkpoint, file.text, error);
    options.resume = checkpoint;
    options.epochs = 2;
    if (status == GM_OK)
        status = gm_train(trained, classes, classes, NULL, &options, NULL, error);
    gm_checkpoint_destroy(checkpoint);
    return status;
}

static gm_status load_example(gm_error *error)
{
    gm_example example;
    const gm_status status = gm_example_load(&example, net_source("data/mazur.json").text, error);
    gm_example_clear(&example);
    return status;
}

/* A data set whose rows have weights, of their own and of their classes, and parts of it. */
static gm_status weigh(gm_error *error)
{
    static const double of_class[OUT] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    gm_dataset *data = NULL, *train = NULL, *valid = NULL;
    gm_status status =
        gm_dataset_from_arrays(&data, gm_array_f64(x, ROWS, IN), gm_array_labels(labels, ROWS), OUT, error);
    if (status == GM_OK)
        status = gm_dataset_weigh_classes(data, of_class, error);
    if (status == GM_OK)
        status = gm_dataset_set_weights(data, weights, error);
    if (status == GM_OK)
        status = gm_dataset_split(data, 0.5, 1, &train, &valid, error);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(data);
    return status;
}

/* A CSV file with columns of groups and weights. */
static gm_status load_columns(gm_error *error)
{
    static const char text[] = "group,weight,x,class\n1,0.5,2,a\n2,1,3,b\n2,2,4,a\n";
    const scratch_text path = scratch_path("columns.csv");
    gm_dataset_options options = gm_dataset_options_default();
    gm_dataset *data = NULL;
    options.group = "group";
    options.weight = "weight";
    scratch_write(path.text, text, sizeof text - 1);
    const gm_status status = gm_dataset_load(&data, path.text, &options, error);
    gm_dataset_destroy(data);
    return status;
}

static gm_status make_workload(gm_error *error)
{
    gm_workload_options options = {.batch = 3,
                                   .backend = "packed",
                                   .threads = 1,
                                   .precision = GM_F32,
                                   .optimizer = gm_optimizer_default(GM_ADAM),
                                   .dropout = 0.5,
                                   .clip_norm = 1,
                                   .average_decay = 0.9,
                                   .weighted = true};
    gm_workload workload;
    gm_status status = gm_net_parse(&options.net, "4-5-3", error);
    if (status == GM_OK)
        status = gm_workload_create(&workload, &options, error);
    if (status == GM_OK) {
        status = gm_workload_steps(&workload, 2, error);
        gm_workload_clear(&workload);
    }
    return status;
}

/* Two workloads that take turns. */
static gm_status take_turns(gm_error *error)
{
    const gm_bench_options options = {.threads = {.sizes = {1}, .count = 1}};
    gm_net net;
    gm_timed timed[2] = {0};
    gm_status status = gm_net_parse(&net, "4-5-3", error);
    for (size_t i = 0; i < 2; i++)
        timed[i].options = gm_bench_first(&options, &net);
    if (status == GM_OK)
        status = gm_timed_run(timed, 2, 0.002, &options, error);
    gm_timed_clear(timed, 2);
    return status;
}

static gm_status compare_files(gm_error *error)
{
    const scratch_text path = scratch_path("gate.json");
    const gm_gate_options options = gm_gate_options_default();
    char text[1200] = "{\"context\": {}, \"benchmarks\": [";
    size_t used = strlen(text), slower;
    gm_result result;
    for (int i = 0; i < 8; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"name\": \"a/r\", \"run_name\": \"a\", \"run_type\": \"iteration\", "
                                 "\"real_time\": %d, \"time_unit\": \"ms\"}",
                                 i > 0 ? ", " : "", 100 + i);
    used += (size_t)snprintf(text + used, sizeof text - used, "]}");
    scratch_write(path.text, text, used);
    const gm_status status = gm_gate_compare(&result, path.text, path.text, &options, &slower, error);
    gm_result_clear(&result);
    return status;
}

/* A case of `gradmill bench` with little work, from its options to its result. */
static gm_status run_case(gm_bench_case *run, gm_error *error)
{
    gm_bench_options options = {.width = {.sizes = {4}, .count = 1},
                                .batch = {.sizes = {3}, .count = 1},
                                .threads = {.sizes = {1}, .count = 1},
                                .backends = {"packed"},
                                .backend_count = 1,
                                .net_count = 1,
                                .seconds = 0.001};
    gm_environment environment = {.facts.threads.usable = 1};
    gm_result result = {0};
    gm_status status = gm_net_parse(&options.nets[0], "4-5-3", error);
    if (status == GM_OK)
        status = run(&result, &environment, &options, error);
    gm_result_clear(&result);
    return status;
}

#define CASE(name)                                                                                           \
    static gm_status run_##name(gm_error *error)                                                             \
    {                                                                                                        \
        return run_case(gm_bench_##name, error);                                                             \
    }
CASE(step)
CASE(anatomy)
CASE(gemm)
CASE(crossover)
CASE(scaling)
CASE(memory)

struct attempts {
    const char *name;
    attempt *call;
    size_t least; /* allocations, so that the test is one */
    size_t spare; /* so many may fail: there is another way without them */
};

/* If `sampled`, not each of a long row of allocations fails, and so it is not known how many of them are
 * spare. */
static void fail_each(const struct attempts *a, bool sampled)
{
    gm_error error;
    size_t successes = 0, tolerated = 0;
    bool failed = true;
    /* Once without a failure: what is made for the whole process is there from then on. */
    cr_assert_eq(a->call(&error), GM_OK, "%s: %s", a->name, error.message);
    for (; failed; successes += 1 + (sampled ? successes / 4 : 0)) {
        const size_t before = atomic_load(&in_use);
        atomic_store(&until_failure, successes);
        const gm_status status = a->call(&error);
        failed = atomic_exchange(&until_failure, SIZE_MAX) > SIZE_MAX / 2;
        cr_expect(status == GM_OK || (failed && status == GM_LIMIT), "%s, %zu: status %d", a->name, successes,
                  (int)status);
        cr_expect_eq(atomic_load(&in_use), before, "%s, %zu: %zd blocks more", a->name, successes,
                     (ssize_t)(atomic_load(&in_use) - before));
        tolerated += failed && status == GM_OK;
        unlink(file.text);
    }
    cr_expect_geq(successes, a->least, "%s: %zu allocations", a->name, successes - 1);
    cr_expect(tolerated == a->spare || sampled, "%s: succeeds %zu times without memory", a->name, tolerated);
}

Test(allocation, a_case_of_bench_that_fails_leaves_nothing)
{
    static const struct attempts attempts[] = {
        {"step", run_step, 10, 0},           {"anatomy", run_anatomy, 10, 0}, {"gemm", run_gemm, 10, 0},
        {"crossover", run_crossover, 10, 0}, {"scaling", run_scaling, 10, 0}, {"memory", run_memory, 10, 0},
    };
    setenv("GM_BENCH_TIME_SCALE", "0.001", 1);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        fail_each(&attempts[i], true);
}

Test(allocation, what_fails_leaves_nothing)
{
    static const struct attempts attempts[] = {
        {"load_table", load_table, 5, 0},
        {"fit_scaling", fit_scaling, 12, 0},
        {"fit_columns", fit_columns, 1, 0},
        {"make_engine", make_engine, 5, 1}, /* the buffers of online training */
        {"save_and_load", save_and_load, 10, 0},
        {"predict", predict, 2, 0},
        {"evaluate", evaluate, 2, 0},
        {"find_rate", find_rate, 2, 0},
        {"train_and_resume", train_and_resume, 10, 0},
        {"load_example", load_example, 5, 0},
        {"weigh", weigh, 8, 0},
        {"load_columns", load_columns, 10, 0},
        {"make_workload", make_workload, 8, 0},
        {"take_turns", take_turns, 15, 8}, /* online training; the peak beside the samples */
        {"compare_files", compare_files, 3, 0},
    };
    gm_engine_options options = gm_engine_options_default();
    scratch_make();
    file = scratch_path("file");
    options.batch = ROWS / 2;
    options.threads = 1;
    trained = net_engine(net_make(&wide, GM_F32, 1), &options);
    net_fill(x, ROWS * IN, -1, 1);
    net_fill(weights, ROWS, 0, 1);
    cr_assert_eq(
        gm_dataset_from_arrays(&classes, gm_array_f64(x, ROWS, IN), gm_array_labels(labels, ROWS), OUT, NULL),
        GM_OK);
    cr_assert_eq(
        gm_dataset_from_arrays(&numbers, gm_array_f64(x, ROWS, IN), gm_array_f64(x, ROWS, 1), 0, NULL),
        GM_OK);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        fail_each(&attempts[i], false);
    gm_dataset_destroy(classes);
    gm_dataset_destroy(numbers);
    net_free(trained);
    scratch_remove();
}
