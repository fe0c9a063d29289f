/* gradmill as a child process: it reads a problem, trains the number of steps that each command says, and
 * answers with a line of JSON. Users do not start it. */
#include "bench/contest/child_step.h"
#include "base/error.h"
#include "base/clock.h"
#include "base/memory.h"
#include "bench/contest/problem.h"
#include "model/json_write.h"

#include <dlfcn.h>
#include <gradmill.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pupil {
    gm_problem problem;
    gm_network *network;
    gm_engine *engine;
    size_t step;  /* number of the next step; from 0 */
    size_t epoch; /* number of the last epoch; from 1 */
    gm_dataset *train, *test;
    gm_scaling *scaling;
};

/* Writes one line of answer and flushes it. Numbers in it are written by gm_json_real. */
static void answer(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_t *line = json_vpack_ex(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = line ? gm_json_write(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    puts(text ? text : "{\"error\": \"no memory\"}");
    fflush(stdout);
    gm_free(text);
    json_decref(line);
}

/* Checks that the library has all functions that gradmill calls. Returns a text that names what is missing,
 * or NULL. */
static const char *missing_from(void *library)
{
    static const char *const names[] = {"cblas_sgemm", "cblas_sgemv", "cblas_sger", "cblas_sscal",
                                        "cblas_dgemm", "cblas_dgemv", "cblas_dger", "cblas_dscal"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!dlsym(library, names[i]))
            return names[i];
    return NULL;
}

/* Whether this process computes with the library it was preloaded with. */
static gm_status check_library(const char *path, gm_error *error)
{
    void *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (!library) { /* the loader has ignored it; loading it again gives the reason */
        library = dlopen(path, RTLD_LAZY);
        return gm_fail(error, GM_BAD_DATA, "cannot be loaded: %s",
                       library ? "the loader ignored it" : dlerror());
    }
    const char *missing = missing_from(library);
    dlclose(library);
    if (missing)
        return gm_fail(error, GM_BAD_DATA, "no %s%s", missing,
                       strcmp(missing, "cblas_sgemm") == 0 ? ": not a BLAS" : "");
    return GM_OK;
}

static gm_status load_data(struct pupil *pupil, gm_error *error)
{
    gm_dataset_files files;
    gm_dataset_options options = gm_dataset_options_default();
    gm_status status = gm_dataset_find(pupil->problem.data, &files, error);
    if (status == GM_OK && !*files.test)
        return gm_fail(error, GM_BAD_DATA, "%s: no test images", pupil->problem.data);
    options.labels = files.train_labels;
    if (status == GM_OK)
        status = gm_dataset_load(&pupil->train, files.train, &options, error);
    options.labels = files.test_labels;
    if (status == GM_OK)
        status = gm_dataset_load(&pupil->test, files.test, &options, error);
    return status == GM_OK ? gm_scaling_fit(&pupil->scaling, GM_SCALING_UNIT, pupil->train, error) : status;
}

static gm_status prepare(struct pupil *pupil, const char *path, gm_error *error)
{
    gm_status status = gm_problem_read(&pupil->problem, path, error);
    if (status == GM_OK)
        status = gm_problem_network(&pupil->problem, &pupil->network, error);
    gm_engine_options options = gm_engine_options_default();
    options.backend = pupil->problem.backend;
    options.batch = pupil->problem.batch;
    /* If the problem allows all threads, the engine chooses how many it uses, as a peer may do. If it allows
     * fewer, the engine uses exactly that number. */
    options.threads = pupil->problem.threads < gm_system_threads().usable ? pupil->problem.threads : 0;
    options.optimizer = pupil->problem.optimizer;
    if (status == GM_OK)
        status = gm_engine_create(&pupil->engine, pupil->network, &options, error);
    return status == GM_OK && *pupil->problem.data ? load_data(pupil, error) : status;
}

static gm_status run_steps(struct pupil *pupil, size_t count, gm_error *error)
{
    const gm_problem *p = &pupil->problem;
    const size_t in = gm_network_inputs(pupil->network), out = gm_network_outputs(pupil->network);
    double loss = 0;
    gm_status status = p->batches ? GM_OK : gm_fail(error, GM_USAGE, "no batches");
    const uint64_t start = gm_clock();
    for (size_t i = 0; i < count && status == GM_OK; i++) {
        const size_t first = pupil->step++ % p->batches * p->batch;
        const gm_array x = gm_array_f32(p->x + first * in, p->batch, in),
                       y = gm_array_f32(p->y + first * out, p->batch, out);
        status = gm_engine_step(pupil->engine, x, y, i + 1 == count ? &loss : NULL, error);
    }
    if (status == GM_OK)
        answer("{s:o, s:o}", "seconds", gm_json_real(gm_clock_seconds(start, gm_clock())), "loss",
               gm_json_real(loss));
    return status;
}

static gm_status keep_epoch(void *context, const gm_epoch *epoch, bool *stop, gm_error *error)
{
    (void)stop, (void)error;
    *(gm_epoch *)context = *epoch;
    return GM_OK;
}

static gm_status run_epoch(struct pupil *pupil, gm_error *error)
{
    gm_epoch epoch = {0};
    gm_metrics metrics;
    gm_train_options options = gm_train_options_default();
    options.epochs = 1;
    options.seed = ++pupil->epoch; /* another order of the rows in each epoch */
    options.on_epoch = keep_epoch;
    options.context = &epoch;
    gm_status status = pupil->train ? GM_OK : gm_fail(error, GM_USAGE, "no data set");
    if (status == GM_OK)
        status = gm_train(pupil->engine, pupil->train, NULL, pupil->scaling, &options, NULL, error);
    if (status == GM_OK)
        status = gm_evaluate(pupil->engine, pupil->test, pupil->scaling, &metrics, error);
    if (status == GM_OK)
        answer("{s:o, s:o, s:o, s:I}", "seconds", gm_json_real(epoch.seconds), "loss",
               gm_json_real(epoch.train_loss), "accuracy", gm_json_real(metrics.accuracy), "rows",
               (json_int_t)gm_dataset_rows(pupil->train));
    return status;
}

static gm_status obey(struct pupil *pupil, const char *command, gm_error *error)
{
    size_t count;
    if (sscanf(command, "step %zu", &count) == 1)
        return run_steps(pupil, count, error);
    if (strcmp(command, "epoch\n") == 0)
        return run_epoch(pupil, error);
    return gm_fail(error, GM_USAGE, "unknown command");
}

static void introduce(void)
{
    static const char *const threading[] = {"unknown", "serial", "pthreads", "OpenMP"};
    const gm_blas blas = gm_system_blas();
    answer("{s:b, s:s, s:s, s:s, s:s, s:s, s:s}", "ready", 1, "name", "gradmill", "vendor", blas.vendor,
           "path", blas.path, "core", blas.core, "threading", threading[blas.threading - GM_BLAS_UNKNOWN],
           "detail", blas.config);
}

int gm_bench_child(int argc, char **argv)
{
    struct pupil pupil = {0};
    gm_error error = {0};
    char command[64];
    int given = argc;
    for (int i = 1; i < argc; i++)
        given = strcmp(argv[i], "--child") == 0 ? i + 1 : given;
    gm_status status = given < argc ? GM_OK : gm_fail(&error, GM_USAGE, "--child: expected a problem");
    if (status == GM_OK && given + 1 < argc)
        status = check_library(argv[given + 1], &error);
    if (status == GM_OK)
        status = prepare(&pupil, argv[given], &error);
    if (status == GM_OK)
        introduce();
    while (status == GM_OK && fgets(command, sizeof command, stdin))
        status = obey(&pupil, command, &error);
    if (status != GM_OK)
        answer("{s:s}", "error", error.message);
    gm_dataset_destroy(pupil.train);
    gm_dataset_destroy(pupil.test);
    gm_scaling_destroy(pupil.scaling);
    gm_engine_destroy(pupil.engine);
    gm_network_destroy(pupil.network);
    gm_problem_clear(&pupil.problem);
    return (int)status;
}
