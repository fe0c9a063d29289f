/* gradmill bench: finds the case, runs it, writes its result. */
#include "base/error.h"
#include "bench/child_step.h"
#include "bench/compare.h"
#include "bench/peers.h"
#include "cli/bench_options.h"
#include "cli/cli.h"
#include "model/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    gm_bench_case *run;
} cases[] = {
    {"step", gm_bench_step},           {"anatomy", gm_bench_anatomy}, {"gemm", gm_bench_gemm},
    {"crossover", gm_bench_crossover}, {"scaling", gm_bench_scaling}, {"memory", gm_bench_memory},
};

/* On a terminal: how much of the present network is done. */
static void show_progress(double done, void *context)
{
    (void)context;
    fprintf(stderr, "\rmeasuring %3.0f %%\033[K", 100 * done);
}

/* What a write function leaves in memory, saved durably. */
static gm_status save(const char *path, const gm_result *result, const gm_environment *environment,
                      bool report, gm_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return gm_fail_memory(error, path, 0);
    gm_status status = report ? gm_output_report(result, environment, out, error)
                              : gm_output_write(result, environment, GM_FORMAT_JSON, out, error);
    const bool written = fclose(out) == 0;
    if (status == GM_OK)
        status = written ? gm_durable_write(&gm_durable_system, path, &(gm_part){text, size}, 1, error)
                         : gm_fail_memory(error, path, size);
    free(text);
    return status;
}

static gm_status write_all(const cli_bench_options *o, const gm_result *result,
                           const gm_environment *environment, gm_error *error)
{
    gm_status status = gm_output_write(result, environment, o->format, stdout, error);
    if (status == GM_OK && o->out)
        status = save(o->out, result, environment, false, error);
    if (status == GM_OK && o->report)
        status = save(o->report, result, environment, true, error);
    return status;
}

static gm_status run_gate(const cli_bench_options *o, gm_result *result, gm_error *error)
{
    size_t regressions = 0;
    const gm_status status = gm_gate_compare(result, o->files[0], o->files[1], &o->gate, &regressions, error);
    if (status == GM_OK && regressions > 0)
        return gm_fail(error, GM_CHECK, "%zu of %zu rows became slower", regressions, result->row_count);
    return status;
}

static gm_status run_compare(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                             gm_error *error)
{
    const gm_compare_options options = {
        .libraries = o->library_count ? o->libraries : NULL,
        .count = o->library_count,
        .sweep = &o->sweep,
    };
    const gm_status status = gm_environment_measure(environment, GM_F32, error);
    return status == GM_OK ? gm_bench_compare(result, environment, &options, error) : status;
}

static gm_status run_peers(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                           gm_error *error)
{
    const gm_peers_options options = {.sweep = &o->sweep, .data = o->data, .accuracy = o->accuracy};
    gm_status status = gm_environment_measure(environment, GM_F32, error);
    if (status == GM_OK)
        status = o->epoch ? gm_bench_peers_epoch(result, environment, &options, error)
                          : gm_bench_peers(result, environment, &options, error);
    return status;
}

static gm_status run_case(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                          gm_error *error)
{
    if (!o->name)
        return gm_bench_tour(result, environment, &o->sweep, error);
    if (strcmp(o->name, "gate") == 0)
        return run_gate(o, result, error);
    if (strcmp(o->name, "compare") == 0)
        return run_compare(o, result, environment, error);
    if (strcmp(o->name, "peers") == 0)
        return run_peers(o, result, environment, error);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, o->name) == 0)
            return cases[i].run(result, environment, &o->sweep, error);
    }
    return gm_fail(error, GM_USAGE, "unknown case '%s'; 'gradmill bench --help' lists the cases", o->name);
}

static gm_status run_all(cli_bench_options *o, gm_environment *environment, gm_error *error)
{
    gm_status status = o->out ? gm_durable_probe(o->out, error) : GM_OK;
    if (status == GM_OK && o->report)
        status = gm_durable_probe(o->report, error);
    if (status != GM_OK)
        return status;
    if (isatty(STDERR_FILENO))
        o->sweep.progress = show_progress;
    gm_result result = {0};
    status = run_case(o, &result, environment, error);
    gm_environment_close(environment);
    if (o->sweep.progress)
        fputs("\r\033[K", stderr);
    if (status == GM_OK || status == GM_CHECK) { /* a failed check is shown, too */
        const gm_status written = write_all(o, &result, environment, status == GM_OK ? error : NULL);
        status = status == GM_OK ? written : status;
    }
    gm_result_clear(&result);
    return status;
}

/* `bench step --child`: a process that compare and peers have started. It speaks a protocol, not our options.
 */
static bool is_child(int argc, char **argv)
{
    return argc > 2 && strcmp(argv[1], "step") == 0 && strcmp(argv[2], "--child") == 0;
}

int cli_bench(int argc, char **argv)
{
    if (is_child(argc, argv))
        return gm_bench_child(argc, argv);
    cli_bench_options options;
    gm_error error = {0};
    gm_environment environment = gm_environment_read(argc, argv); /* before argp turns the arguments round */
    cli_bench_parse(&options, argc, argv);
    const gm_status status = run_all(&options, &environment, &error);
    const int output = cli_finish_output();
    return status == GM_OK ? output : cli_report(&error);
}
