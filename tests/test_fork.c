/* Tests engines after a fork, which copies only the thread that calls it. In the child an engine starts its
 * threads again, computes the same as in the parent, and can be destroyed, even if the BLAS library was used
 * before the fork. */
#include "nets.h"
#include "sanitized.h"

#include "base/lock.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 64, IN = 32, OUT = 10, PATIENCE = 60 };
static const net_shape shape = {{IN, 96, OUT}, GM_TANH, GM_SOFTMAX, GM_CROSS_ENTROPY};

static double x[ROWS * IN], y[ROWS * OUT];

static gm_engine *make(const char *backend, size_t threads)
{
    gm_engine_options options = gm_engine_options_default();
    options.backend = backend;
    options.threads = threads;
    options.batch = ROWS;
    net_fill(x, ROWS * IN, -1, 1);
    for (size_t r = 0; r < ROWS; r++)
        y[r * OUT + r % OUT] = 1;
    return net_engine(net_make(&shape, GM_F64, 1), &options);
}

/* The loss of the step that follows. */
static double step(gm_engine *engine)
{
    return net_step(engine, gm_array_f64(x, ROWS, IN), gm_array_f64(y, ROWS, OUT));
}

/* Steps and destroys; the loss goes through the pipe. A hang ends by the alarm. */
static void be_child(gm_engine *engine, int out, bool steps)
{
    double loss = 0;
    gm_error error;
    alarm(PATIENCE);
    if (steps &&
        gm_engine_step(engine, gm_array_f64(x, ROWS, IN), gm_array_f64(y, ROWS, OUT), &loss, &error) != GM_OK)
        _exit(2);
    gm_network *network = gm_engine_network(engine);
    gm_engine_destroy(engine);
    gm_network_destroy(network);
    _exit(write(out, &loss, sizeof loss) == sizeof loss ? 0 : 3);
}

/* AddressSanitizer does not prepare its allocator for a fork: if a thread that is just starting holds one of
 * its locks at that moment, the child waits for it for ever. After a step all threads have started, and wait.
 */
static void let_threads_start(gm_engine *engine)
{
    if (SANITIZED)
        step(engine);
}

static void expect_child(const char *backend, size_t threads, int steps_before, bool steps)
{
    int ends[2], status;
    double told = NAN;
    cr_assert_eq(pipe(ends), 0);
    gm_engine *engine = make(backend, threads);
    let_threads_start(engine);
    for (int i = 0; i < steps_before; i++)
        step(engine);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0)
        be_child(engine, ends[1], steps);
    close(ends[1]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s, %zu threads: the child %s %d", backend,
              threads, WIFSIGNALED(status) ? "hung or died of signal" : "exited with",
              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    cr_expect_eq(read(ends[0], &told, sizeof told), (ssize_t)sizeof told);
    close(ends[0]);
    const double own = step(engine); /* and the parent goes on */
    if (steps)
        expect_relative(told, own, 1e-12, "the loss of the child");
    net_free(engine);
}

Test(forks, a_child_steps_and_destroys)
{
    static const char *const backends[] = {"naive", "blas", "packed"};
    for (size_t b = 0; b < sizeof backends / sizeof *backends; b++) {
        for (size_t threads = 1; threads <= 3; threads++) {
            expect_child(backends[b], threads, 0, true);
            expect_child(backends[b], threads, 2, true);
            expect_child(backends[b], threads, 2, false);
        }
    }
}

/* A plan is measured by all threads: the first call in a child may be this one. */
Test(forks, a_child_plans)
{
    int status;
    gm_engine *engine = make("packed", 2);
    let_threads_start(engine);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(PATIENCE);
        const gm_plan plan = gm_engine_plan(engine, ROWS);
        gm_engine_destroy(engine);
        _exit(plan.threads == 2 && plan.seconds > 0 ? 0 : 2);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    net_free(engine);
}

/* A thread that takes its time with what a lock protects. */
struct slow_thread {
    gm_lock lock;
    pthread_barrier_t holds; /* it has the lock */
};

static void *hold(void *context)
{
    struct slow_thread *slow = context;
    gm_lock_take(slow->lock);
    pthread_barrier_wait(&slow->holds);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    gm_lock_release(slow->lock);
    return NULL;
}

/* The locks of the library are free in a child, even if another thread of the parent had one. */
static void expect_free_in_child(gm_lock lock)
{
    int status;
    pthread_t other;
    struct slow_thread slow = {.lock = lock};
    double outputs[ROWS * OUT];
    gm_engine_options options = gm_engine_options_default();
    options.backend = "blas";
    options.inference = true;
    options.threads = 1;
    options.batch = ROWS;
    gm_engine *engine = net_engine(net_make(&shape, GM_F64, 1), &options);
    cr_assert_eq(pthread_barrier_init(&slow.holds, NULL, 2), 0);
    cr_assert_eq(pthread_create(&other, NULL, hold, &slow), 0);
    pthread_barrier_wait(&slow.holds);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(PATIENCE);
        const gm_status done =
            gm_engine_predict(engine, gm_array_f64(x, ROWS, IN), gm_mutable_f64(outputs, ROWS, OUT), NULL);
        gm_engine_destroy(engine); /* gives back the threads of the BLAS library */
        gm_lock_take(lock);
        gm_lock_release(lock);
        _exit(done == GM_OK ? 0 : 2);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0, "the child hung or failed: %d", status);
    pthread_join(other, NULL);
    pthread_barrier_destroy(&slow.holds);
    net_free(engine);
}

Test(forks, a_lock_that_another_thread_has_is_free_in_a_child)
{
    for (int lock = 0; lock < GM_LOCK_COUNT; lock++)
        expect_free_in_child((gm_lock)lock);
}
