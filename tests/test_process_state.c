/* Tests the table "Process-wide state" in docs/architecture.md: whatever the library changes outside its own
 * memory is as before when each call returns. The state is made unusual first, so that a default value would
 * be noticed. */
#include "nets.h"

#include "base/denormals.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

enum { IN = 9, OUT = 4, ROWS = 24, SIGNALS = 32 };

static const net_shape shape = {{IN, 40, 17, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

/* What belongs to the calling thread, or to the whole process. */
struct state {
    cpu_set_t affinity;
    sigset_t mask;
    struct sigaction handlers[SIGNALS];
    unsigned mode; /* of the floating-point unit, without the flags that any arithmetic sets */
    int rounding;
    char locale[64];
    size_t variables; /* of the environment */
    size_t threads;
    int blas_threads;
};

static size_t count_threads(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    cr_assert_not_null(tasks);
    while (readdir(tasks))
        count++;
    closedir(tasks);
    return count;
}

extern char **environ;

static struct state look(void)
{
    struct state state;
    memset(&state, 0, sizeof state);
    sched_getaffinity(0, sizeof state.affinity, &state.affinity);
    pthread_sigmask(SIG_SETMASK, NULL, &state.mask);
    for (int s = 1; s < SIGNALS; s++)
        sigaction(s, NULL, &state.handlers[s]);
#ifdef GM_FLUSH_BITS
    state.mode = (unsigned)GM_READ_MODE();
#endif
#if defined(__SSE__)
    state.mode &= ~0x3FU;
#endif
    state.rounding = fegetround();
    snprintf(state.locale, sizeof state.locale, "%s", setlocale(LC_ALL, NULL));
    while (environ[state.variables])
        state.variables++;
    state.blas_threads = gm_system_blas().threads;
    return state;
}

/* All but the number of threads, which changes while an engine exists. */
static void expect_same(const struct state *before, const char *when)
{
    const struct state now = look();
    cr_expect(CPU_EQUAL(&now.affinity, &before->affinity), "%s: affinity", when);
    for (int s = 1; s < SIGNALS; s++) {
        cr_expect_eq(sigismember(&now.mask, s), sigismember(&before->mask, s), "%s: mask of signal %d", when,
                     s);
        cr_expect(now.handlers[s].sa_handler == before->handlers[s].sa_handler, "%s: handler of signal %d",
                  when, s);
    }
    cr_expect_eq(now.mode, before->mode, "%s: floating-point mode %x; expected %x", when, now.mode,
                 before->mode);
    cr_expect_eq(now.rounding, before->rounding, "%s: rounding", when);
    cr_expect_str_eq(now.locale, before->locale, "%s: locale", when);
    cr_expect_eq(now.variables, before->variables, "%s: environment", when);
}

static void ignore(int signal)
{
    (void)signal;
}

/* A mask, a handler, a rounding mode and a number of BLAS threads that nobody has by default. */
static void be_unusual(void)
{
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &some, NULL);
    signal(SIGUSR2, ignore);
    fesetround(FE_UPWARD);
    gm_system_blas(); /* loads it */
    void (*set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (set)
        set(2);
}

static void use_engine(const char *backend, size_t threads, bool inference, const struct state *before)
{
    static double x[ROWS * IN], y[ROWS * OUT], outputs[ROWS * OUT];
    char when[64];
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.threads = threads;
    options.inference = inference;
    gm_network *network = net_make(&shape, GM_F64, 1);
    gm_engine *engine = net_engine(network, &options);
    const bool blas = strcmp(gm_engine_backend(engine), "blas") == 0;
    snprintf(when, sizeof when, "%s, %zu threads", backend, threads);
    expect_same(before, when);
    cr_expect_eq(gm_system_blas().threads, blas && before->blas_threads > 0 ? 1 : before->blas_threads, "%s",
                 when);
    for (size_t rows = 1; rows <= ROWS; rows += ROWS - 1) {
        const gm_array xs = gm_array_f64(x, rows, IN), ys = gm_array_f64(y, rows, OUT);
        for (int i = 0; i < 600 && !inference; i++) /* more than threads go before they look where they are */
            net_step(engine, xs, ys);
        expect_same(before, when);
        cr_assert_eq(gm_engine_predict(engine, xs, gm_mutable_f64(outputs, rows, OUT), NULL), GM_OK);
        expect_same(before, when);
        gm_engine_plan(engine, rows);
        expect_same(before, when);
    }
    gm_engine_destroy(engine);
    gm_network_destroy(network);
    expect_same(before, when);
    const struct state after = look();
    cr_expect_eq(after.blas_threads, before->blas_threads, "%s: threads of the BLAS library", when);
    cr_expect_eq(count_threads(), before->threads, "%s: threads are left", when);
}

Test(process_state, engines_leave_it_as_it_was)
{
    static const char *const backends[] = {"packed", "blas", "auto", "naive"};
    be_unusual();
    struct state before = look();
    before.threads = count_threads();
    cr_assert_eq(before.rounding, FE_UPWARD);
    for (size_t b = 0; b < sizeof backends / sizeof *backends; b++) {
        for (size_t threads = 0; threads <= 3; threads++)
            use_engine(backends[b], threads, threads == 3, &before);
    }
}

Test(process_state, data_and_training_leave_it_as_it_was)
{
    be_unusual();
    struct state before = look();
    gm_dataset *data, *train, *valid;
    gm_scaling *scaling;
    gm_error error;
    cr_assert_eq(gm_dataset_load(&data, net_source("data/iris.csv").text, NULL, &error), GM_OK, "%s",
                 error.message);
    expect_same(&before, "gm_dataset_load");
    cr_assert_eq(gm_dataset_split(data, 0.2, 1, &train, &valid, NULL), GM_OK);
    cr_assert_eq(gm_scaling_fit(&scaling, GM_SCALING_STANDARD, train, NULL), GM_OK);
    expect_same(&before, "gm_scaling_fit");
    static const net_shape iris = {{4, 8, 3}, GM_RELU, GM_SOFTMAX, GM_CROSS_ENTROPY};
    gm_engine *engine = net_engine(net_make(&iris, GM_F32, 1), NULL);
    gm_train_options options = gm_train_options_default();
    options.epochs = 3;
    cr_assert_eq(gm_train(engine, data, valid, scaling, &options, NULL, &error), GM_OK, "%s", error.message);
    expect_same(&before, "gm_train");
    net_free(engine);
    gm_scaling_destroy(scaling);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
    gm_dataset_destroy(data);
}
