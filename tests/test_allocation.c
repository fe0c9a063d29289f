/* Tests that a step allocates nothing, and neither does any other call between the creation and the end of an
 * engine. The program counts every call of the allocator and of mmap, those of OpenBLAS included. */
#undef _FILE_OFFSET_BITS /* with it, <sys/mman.h> calls this program's mmap mmap64, which OpenBLAS does not  \
                            call */
#include "sanitized.h"
#include "nets.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_size_t calls, largest;

/* Number of blocks of gm_alloc in use; and number of allocations that succeed before one fails. */
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
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    seen(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    seen(size);
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
