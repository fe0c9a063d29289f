/* Makes a problem from the options of a sweep, and rows of a result from contestants. */
#include "bench/contest/contest_result.h"
#include "base/memory.h"
#include "bench/contest/child.h"
#include "nn/flop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Limits of the batches: enough of them that a network does not memorise a single batch, but few enough
 * numbers that x and y do not need more cache than the problem itself. */
#define MOST_BATCHES 8
#define MOST_NUMBERS ((size_t)8 << 20)

/* FLOP of the checked steps: some hundred milliseconds with a fast library, less than a minute with a slow
 * one. */
#define CHECK_FLOP 1e11

const char *const gm_contest_self[] = {"/proc/self/exe",      "bench", "step", "--child",
                                       GM_CHILD_PROBLEM_PATH, NULL};

/* A learning rate so small that no unit saturates in the checked steps. Where units saturate, FANN limits the
 * derivative and scikit-learn the loss, and rounding errors grow, so that losses would differ. If inputs and
 * activations are below 1, a step changes a unit by less than rate times width. */
static double gentle_rate(const gm_problem *p)
{
    size_t widest = 1;
    for (size_t i = 0; i < p->width_count; i++)
        widest = gm_max(widest, p->widths[i]);
    return fmin(p->optimizer.rate, 1 / (double)widest);
}

gm_problem gm_contest_problem(const gm_net *net, const gm_bench_options *sweep, gm_loss loss)
{
    const gm_workload_options first = gm_bench_first(sweep, net);
    gm_problem p = {.loss = loss,
                    .output = loss == GM_HALF_SQUARES ? GM_SIGMOID : gm_loss_output_activation(loss),
                    .hidden = first.activation,
                    .width_count = net->width_count,
                    .optimizer = first.optimizer,
                    .precision = first.precision,
                    .threads = first.threads ? first.threads : gm_system_threads().usable,
                    .batch = first.batch};
    memcpy(p.widths, net->widths, net->width_count * sizeof *p.widths);
    p.optimizer.rate = gentle_rate(&p);
    const size_t row = p.widths[0] + p.widths[p.width_count - 1];
    for (p.batches = 1; p.batches < MOST_BATCHES && 2 * p.batches * p.batch * row <= MOST_NUMBERS;)
        p.batches *= 2;
    snprintf(p.backend, sizeof p.backend, "%s", first.backend);
    return p;
}

double gm_contest_flop(const gm_problem *p)
{
    double sum = 0;
    for (size_t i = 1; i < p->width_count; i++)
        sum += gm_layer_flop(p->widths[i - 1], p->widths[i], p->batch, i == 1);
    return sum;
}

/* Threads of OpenBLAS that have no work spin for 2^26 clock ticks before they sleep, which is 34 ms at 2 GHz.
 */
#define LIBRARIES_REST 0.05

gm_contest_options gm_contest_options_for(const gm_problem *problem, double seconds, double patience)
{
    gm_contest_options options = gm_contest_options_default();
    options.precision = problem->precision;
    options.threads = problem->threads;
    if (problem->threads > 1)
        options.rest = LIBRARIES_REST;
    const double affordable = CHECK_FLOP / gm_contest_flop(problem);
    if (affordable < (double)options.check_steps)
        options.check_steps = affordable > 2 ? (size_t)affordable : 2;
    if (seconds > 0)
        options.seconds = seconds;
    if (patience > 0)
        options.patience = patience;
    return options;
}

gm_status gm_contest_open(gm_problem *problem, int *descriptor, gm_error *error)
{
    gm_status status = gm_problem_draw(problem, error);
    if (status == GM_OK)
        status = gm_problem_write(problem, descriptor, error);
    gm_problem_clear(problem);
    return status;
}

gm_status gm_contest_run(gm_contestant *contestants, size_t count, gm_problem *problem,
                         const gm_contest_options *options, gm_error *error)
{
    int descriptor;
    const gm_status status = gm_contest_open(problem, &descriptor, error);
    if (status != GM_OK)
        return status;
    gm_contest_start(contestants, count, descriptor, options->patience);
    close(descriptor);
    gm_contest_check(contestants, count, options);
    const gm_status timed = gm_contest_time(contestants, count, options, error);
    gm_contest_stop(contestants, count);
    return timed;
}

void gm_contest_status(gm_result *result, gm_result_row *row, const gm_contestant *c)
{
    gm_result_text(result, row, &gm_column_status, "%s", *c->fault ? c->fault : "ok");
    gm_result_fault(row, "%s", c->fault);
    if (*c->fault)
        gm_result_note(result, "%s: %s", c->label, c->fault);
    else if (*c->choice)
        gm_result_note(result, "%s: %s", row->name, c->choice);
}

gm_status gm_contest_cells(gm_result *result, gm_result_row *row, const gm_contestant *c,
                           const gm_contestant *first, const gm_problem *problem, gm_error *error)
{
    const gm_candidate *timed = &c->candidate;
    const double median = timed->statistics.median;
    row->threads = problem->threads;
    gm_contest_status(result, row, c);
    if (isnan(median))
        return GM_OK;
    const double flop = gm_contest_flop(problem);
    gm_result_number(result, row, &gm_column_samples_per_second, (double)problem->batch / median);
    gm_result_number(result, row, &gm_column_milliseconds, median * 1e3);
    gm_result_number(result, row, &gm_column_spread, 100 * timed->statistics.deviation / median);
    gm_result_number(result, row, &gm_column_gflops, flop / median / 1e9);
    gm_result_peak_share(result, row, gm_rounds_share(flop, timed->samples, timed->peaks, timed->count));
    gm_result_number(result, row, &gm_column_times, first->candidate.statistics.median / median);
    gm_result_number(result, row, &gm_column_loss, c->loss);
    return gm_candidate_samples(row, timed, error);
}
