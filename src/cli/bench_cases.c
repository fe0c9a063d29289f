/* The table of the cases of `gradmill bench`. Help, error messages and the checks of options are made from
 * it. */
#include "cli/bench_cases.h"
#include "base/error.h"
#include "base/names.h"
#include "base/suggest.h"
#include "base/text.h"
#include "bench/gate/turns.h"
#include "bench/peers/compare.h"
#include "bench/peers/peers.h"
#include "cli/arguments.h"
#include "cli/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    (void)environment; /* the environments of the two files are used */
    size_t regressions = 0;
    const gm_status status = gm_gate_compare(result, o->sides[0], o->sides[1], &o->gate, &regressions, error);
    return count_regressions(status, result, regressions, error);
}

/* Case `gate` for two programs. */
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
    DROPOUT = 256,
    CLIP_NORM = 512,
    EMA = 1024,
    WEIGHTS = 2048,
};

/* What a step may do besides. */
#define FEATURES    (DROPOUT | CLIP_NORM | EMA | WEIGHTS)

#define ALL_BUT_NET (BATCH | THREADS | BACKEND | PRECISION | OPTIMIZER | ACTIVATION)

#define MOST_OWN    3

/* A row of the table. One of `sweep` and `special` is set. The case goes through all values of the options in
 * `lists`, and uses the first value of those in `ones`. */
struct cli_bench_case {
    const char *name; /* "" is the tour */
    const char *help; /* under "Cases:" */
    gm_bench_case *sweep;
    gm_status (*special)(const cli_bench_options *o, gm_result *result, gm_environment *environment,
                         gm_error *error);
    unsigned lists, ones;
    const char *own[MOST_OWN]; /* options that no other case takes */
    bool sides;                /* whether it takes OLD and NEW */
};

static const cli_bench_case cases[] = {
    {.name = "", .sweep = gm_bench_tour},
    {.name = "step",
     .help = "whole training steps, swept over everything above",
     .sweep = gm_bench_step,
     .lists = NET | WIDTH | ALL_BUT_NET | FEATURES},
    {.name = "anatomy",
     .help = "time of each part of a step, by layer and equation, and its limit",
     .sweep = gm_bench_anatomy,
     .lists = NET | WIDTH,
     .ones = ALL_BUT_NET},
    {.name = "gemm",
     .help = "the products of the equations, checked, then timed",
     .sweep = gm_bench_gemm,
     .lists = NET | WIDTH | BACKEND,
     .ones = BATCH | PRECISION},
    {.name = "crossover",
     .help = "naive loops against BLAS as the width or the batch grows",
     .sweep = gm_bench_crossover,
     .lists = WIDTH | BATCH,
     .ones = PRECISION},
    {.name = "scaling",
     .help = "threads 1 to T: speed-up and efficiency",
     .sweep = gm_bench_scaling,
     .lists = NET | WIDTH | THREADS,
     .ones = ALL_BUT_NET & ~THREADS},
    {.name = "memory",
     .help = "bytes for each parameter, held and moved, by optimizer",
     .sweep = gm_bench_memory,
     .lists = NET | WIDTH | OPTIMIZER,
     .ones = BATCH | PRECISION},
    {.name = "compare",
     .help = "several BLAS libraries, each in a process of its own (--blas)",
     .special = run_compare,
     .lists = NET | WIDTH,
     .ones = ALL_BUT_NET & ~BACKEND,
     .own = {"blas"}},
    {.name = "peers",
     .help = "the same networks in plain CBLAS, PyTorch, scikit-learn and FANN",
     .special = run_peers,
     .lists = NET | WIDTH,
     .ones = ALL_BUT_NET,
     .own = {"epoch", "accuracy", "data"}},
    {.name = "gate",
     .help = "what changed beyond noise from OLD to NEW: two JSON outputs, or\n"
             "two builds of this program, by turns; exit code 8 if slower",
     .special = run_gate,
     .own = {"level", "threshold"},
     .sides = true},
};
enum { CASES = sizeof cases / sizeof *cases };

/* Case `gate` takes the options of a sweep only if it measures, which it does with two programs. */
static const cli_bench_case gate_of_programs = {
    .name = "gate", .special = run_turns, .lists = NET | WIDTH, .ones = ALL_BUT_NET, .sides = true};

/* Options that have no effect without another option. */
static const struct {
    const char *option, *needs;
} pairs[] = {{"accuracy", "epoch"}, {"data", "epoch"}};

const char *cli_case_names(size_t index) /* all but the tour, which has no name */
{
    return index + 1 < CASES ? cases[index + 1].name : NULL;
}

gm_status cli_bench_case_find(const cli_bench_case **found, const cli_bench_options *o, gm_error *error)
{
    char list[200];
    const char *typed = o->name ? o->name : "";
    const size_t i = GM_FIND_ROW(cases, typed);
    if (i < CASES) {
        const bool measures = cases[i].special == run_gate && o->side_count == 2 &&
                              gm_turns_is_program(o->sides[0]) && gm_turns_is_program(o->sides[1]);
        *found = measures ? &gate_of_programs : &cases[i];
        return GM_OK;
    }
    return gm_fail(error, GM_USAGE, "unknown case '%s'; expected %s%s", typed,
                   cli_list_names(list, sizeof list, cli_case_names),
                   gm_did_you_mean(cli_suggest(typed, cli_case_names)).text);
}

/* The name of a case in messages. */
static const char *title(const cli_bench_case *c)
{
    return *c->name ? c->name : "without a case";
}

/* Refuses options that the case would ignore, because the user expects an effect. */
static gm_status check_lists(const cli_bench_case *found, const gm_bench_options *o, gm_error *error)
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
        {DROPOUT, "dropout", o->dropout.count},
        {CLIP_NORM, "clip-norm", o->clip_norm.count},
        {EMA, "ema", o->ema.count},
        {WEIGHTS, "weights", o->weights.count},
    };
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i].count == 0 || found->lists & given[i].list)
            continue;
        if (!(found->ones & given[i].list))
            return gm_fail(error, GM_USAGE, "--%s means nothing to bench %s", given[i].name, title(found));
        if (given[i].count > 1)
            return gm_fail(error, GM_USAGE, "--%s: bench %s takes one value, got %zu", given[i].name,
                           found->name, given[i].count);
    }
    return GM_OK;
}

static gm_status check_own(const cli_bench_case *found, gm_error *error)
{
    for (size_t c = 0; c < CASES; c++) {
        for (size_t i = 0; i < MOST_OWN && cases[c].own[i]; i++)
            if (cli_given(cases[c].own[i]) && strcmp(cases[c].name, found->name) != 0)
                return gm_fail(error, GM_USAGE, "--%s means nothing to bench %s; it belongs to bench %s",
                               cases[c].own[i], title(found), cases[c].name);
    }
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (cli_given(pairs[i].option) && !cli_given(pairs[i].needs))
            return gm_fail(error, GM_USAGE, "--%s needs --%s", pairs[i].option, pairs[i].needs);
    if (cli_given("time") && found->special == run_gate)
        return gm_fail(error, GM_USAGE, "--time means nothing to a gate of two files: nothing is measured");
    return GM_OK;
}

gm_status cli_bench_case_check(const cli_bench_case *found, const cli_bench_options *o, gm_error *error)
{
    if (o->side_count > 0 && !found->sides)
        return gm_fail(error, GM_USAGE, "unexpected argument '%s'", o->sides[0]);
    const gm_status status = check_lists(found, &o->sweep, error);
    return status == GM_OK ? check_own(found, error) : status;
}

gm_status cli_bench_case_run(const cli_bench_case *found, const cli_bench_options *o, gm_result *result,
                             gm_environment *environment, gm_error *error)
{
    const gm_status status = found->sweep ? found->sweep(result, environment, &o->sweep, error)
                                          : found->special(o, result, environment, error);
    return status == GM_OK ? gm_result_check(result, error) : status;
}

/* A help of several lines is indented like the first. */
static void put_case(FILE *out, const cli_bench_case *c)
{
    fprintf(out, "\n  %-10s ", c->name);
    for (const char *at = c->help; *at; at++) {
        fputc(*at, out);
        if (*at == '\n')
            fprintf(out, "%13s", "");
    }
}

char *cli_bench_cases_help(const char *head)
{
    gm_text text = {0};
    FILE *out = gm_text_open(&text);
    if (!out)
        return NULL;
    fputs(head, out);
    for (size_t i = 1; i < CASES; i++)
        put_case(out, &cases[i]);
    char *copy = fclose(out) == 0 ? strndup(text.data, text.size) : NULL; /* argp frees it */
    gm_text_clear(&text);
    return copy;
}
