/* gradmill bench: finds the case, runs it, writes its result. */
#include "base/error.h"
#include "base/suggest.h"
#include "bench/contest/child_step.h"
#include "bench/peers/compare.h"
#include "bench/peers/peers.h"
#include "bench/gate/turns.h"
#include "cli/bench_options.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/interrupt.h"
#include "cli/names.h"
#include "model/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    const gm_file_kind *kind = report ? &gm_kind_bench_report : &gm_kind_bench_json;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return gm_fail_memory(error, path, 0);
    gm_status status = report ? gm_output_report(result, environment, out, error)
                              : gm_output_write(result, environment, GM_FORMAT_JSON, out, error);
    const bool written = fclose(out) == 0;
    if (status == GM_OK)
        status = written ? gm_durable_write(&gm_durable_system, path, kind, &(gm_part){text, size}, 1, error)
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

static gm_status count_regressions(gm_status status, const gm_result *result, size_t regressions,
                                   gm_error *error)
{
    if (status == GM_OK && regressions > 0)
        return gm_fail(error, GM_CHECK, "%zu of %zu rows became slower", regressions, result->row_count);
    return status;
}

static gm_status run_gate(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                          gm_error *error)
{
    (void)environment; /* those of the two files count */
    size_t regressions = 0;
    const gm_status status = gm_gate_compare(result, o->sides[0], o->sides[1], &o->gate, &regressions, error);
    return count_regressions(status, result, regressions, error);
}

/* The gate for two programs. */
static gm_status run_turns(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                           gm_error *error)
{
    (void)environment;
    const gm_turns_options options = {
        .old_program = o->sides[0], .new_program = o->sides[1], .gate = &o->gate, .sweep = &o->sweep};
    size_t regressions = 0;
    const gm_status status = gm_bench_turns(result, &options, &regressions, error);
    return count_regressions(status, result, regressions, error);
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

static gm_status run_tour(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                          gm_error *error)
{
    return gm_bench_tour(result, environment, &o->sweep, error);
}

/* The lists of gm_bench_options. */
enum {
    NET = 1,
    BATCH = 2,
    WIDTH = 4,
    THREADS = 8,
    BACKEND = 16,
    PRECISION = 32,
    OPTIMIZER = 64,
    ACTIVATION = 128,
};

typedef gm_status special_case(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                               gm_error *error);

/* A case is one of sweep and special; it sweeps over `lists` and takes one value of each of `ones`. */
static const struct bench_case {
    const char *name; /* "" is the tour */
    gm_bench_case *sweep;
    special_case *special;
    unsigned lists, ones;
} cases[] = {
    {"", NULL, run_tour, 0, 0},
    {"step", gm_bench_step, NULL,
     NET | BATCH | WIDTH | THREADS | BACKEND | PRECISION | OPTIMIZER | ACTIVATION, 0},
    {"anatomy", gm_bench_anatomy, NULL, NET | WIDTH,
     BATCH | THREADS | BACKEND | PRECISION | OPTIMIZER | ACTIVATION},
    {"gemm", gm_bench_gemm, NULL, NET | WIDTH | BACKEND, BATCH | PRECISION},
    {"crossover", gm_bench_crossover, NULL, WIDTH | BATCH, PRECISION},
    {"scaling", gm_bench_scaling, NULL, NET | WIDTH | THREADS,
     BATCH | BACKEND | PRECISION | OPTIMIZER | ACTIVATION},
    {"memory", gm_bench_memory, NULL, NET | WIDTH | OPTIMIZER, BATCH | PRECISION},
    {"compare", NULL, run_compare, NET | WIDTH, BATCH | THREADS | PRECISION | OPTIMIZER | ACTIVATION},
    {"peers", NULL, run_peers, NET | WIDTH, BATCH | THREADS | BACKEND | PRECISION | OPTIMIZER | ACTIVATION},
    {"gate", NULL, run_gate, 0, 0},
};

static const struct bench_case gate_of_programs = {
    "gate", NULL, run_turns, NET | WIDTH, BATCH | THREADS | BACKEND | PRECISION | OPTIMIZER | ACTIVATION};

static const struct bench_case *find_case(const cli_bench_options *o)
{
    const bool gate = o->name && strcmp(o->name, "gate") == 0;
    if (gate && o->side_count == 2 && gm_turns_is_program(o->sides[0]) && gm_turns_is_program(o->sides[1]))
        return &gate_of_programs;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, o->name ? o->name : "") == 0)
            return &cases[i];
    }
    return NULL;
}

static const char *case_names(size_t index) /* without the tour, which has no name */
{
    return index + 1 < sizeof cases / sizeof *cases ? cases[index + 1].name : NULL;
}

static gm_status refuse_case(const char *typed, gm_error *error)
{
    char list[200];
    const char *meant = cli_suggest(typed, case_names);
    return gm_fail(error, GM_USAGE, "unknown case '%s'; expected %s%s", typed,
                   cli_list_names(list, sizeof list, case_names), gm_did_you_mean(meant).text);
}

/* An option that a case would ignore is refused: its user expects it to matter. */
static gm_status check_lists(const struct bench_case *found, const gm_bench_options *o, gm_error *error)
{
    const struct {
        unsigned list;
        const char *name;
        size_t count;
    } given[] = {
        {NET, "net", o->net_count},
        {BATCH, "batch", o->batch.count},
        {WIDTH, "width", o->width.count},
        {THREADS, "threads", o->threads.count},
        {BACKEND, "backend", o->backend_count},
        {PRECISION, "precision", o->precision_count},
        {OPTIMIZER, "optimizer", o->optimizer_count},
        {ACTIVATION, "activation", o->activation_count},
    };
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i].count == 0 || found->lists & given[i].list)
            continue;
        if (!(found->ones & given[i].list))
            return gm_fail(error, GM_USAGE, "--%s means nothing to bench %s", given[i].name,
                           *found->name ? found->name : "without a case");
        if (given[i].count > 1)
            return gm_fail(error, GM_USAGE, "--%s: bench %s takes one value, got %zu", given[i].name,
                           found->name, given[i].count);
    }
    return GM_OK;
}

/* Options of one case, or two, that are no lists. */
static const struct {
    const char *option, *name;
    const char *with; /* another option that it needs; NULL: none */
} of_cases[] = {
    {"blas", "compare", NULL},  {"epoch", "peers", NULL}, {"accuracy", "peers", "epoch"},
    {"data", "peers", "epoch"}, {"level", "gate", NULL},  {"threshold", "gate", NULL},
};

static gm_status check_others(const struct bench_case *found, gm_error *error)
{
    for (size_t i = 0; i < sizeof of_cases / sizeof *of_cases; i++) {
        if (!cli_given(of_cases[i].option))
            continue;
        if (strcmp(found->name, of_cases[i].name) != 0)
            return gm_fail(error, GM_USAGE, "--%s means nothing to bench %s; it belongs to bench %s",
                           of_cases[i].option, *found->name ? found->name : "without a case",
                           of_cases[i].name);
        if (of_cases[i].with && !cli_given(of_cases[i].with))
            return gm_fail(error, GM_USAGE, "--%s needs --%s", of_cases[i].option, of_cases[i].with);
    }
    if (cli_given("time") && found->special == run_gate)
        return gm_fail(error, GM_USAGE, "--time means nothing to a gate of two files: nothing is measured");
    return GM_OK;
}

static gm_status run_case(const struct bench_case *found, const cli_bench_options *o, gm_result *result,
                          gm_environment *environment, gm_error *error)
{
    const gm_status status = found->sweep ? found->sweep(result, environment, &o->sweep, error)
                                          : found->special(o, result, environment, error);
    return status == GM_OK ? gm_result_check(result, error) : status;
}

/* What is read: the two sides of gate, the data of peers, and libraries that were given by their path. */
static gm_status claim_files(const cli_bench_options *o, gm_error *error)
{
    const cli_output outputs[] = {{"--out", o->out, &gm_kind_bench_json},
                                  {"--report", o->report, &gm_kind_bench_report}};
    cli_input inputs[3 + CLI_MOST_LIBRARIES] = {
        {"OLD", o->sides[0]}, {"NEW", o->sides[1]}, {"--data", o->data}};
    size_t count = 3;
    for (size_t i = 0; i < o->library_count; i++)
        if (strchr(o->libraries[i], '/'))
            inputs[count++] = (cli_input){"--blas", o->libraries[i]};
    return cli_files_claim(outputs, 2, inputs, count, error);
}

static gm_status run_all(cli_bench_options *o, gm_environment *environment, gm_error *error)
{
    const struct bench_case *found = find_case(o);
    if (!found)
        return refuse_case(o->name, error);
    if (o->side_count > 0 && strcmp(found->name, "gate") != 0)
        return gm_fail(error, GM_USAGE, "unexpected argument '%s'", o->sides[0]);
    gm_status status = check_lists(found, &o->sweep, error);
    if (status == GM_OK)
        status = check_others(found, error);
    if (status == GM_OK)
        status = claim_files(o, error);
    if (status != GM_OK)
        return status;
    if (isatty(STDERR_FILENO))
        o->sweep.progress = show_progress;
    gm_result result = {0};
    status = run_case(found, o, &result, environment, error);
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

/* `bench step --child`: a process of compare, peers or gate. It speaks a protocol, not our options. */
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
    cli_interrupt_guard();
    const gm_status status = run_all(&options, &environment, &error);
    cli_files_release();
    cli_interrupt_unguard();
    return cli_finish(status, &error);
}
