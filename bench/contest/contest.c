/* The contest: everyone starts, everyone is checked, then everyone is timed in turns. */
#include "bench/contest/contest.h"
#include "base/memory.h"
#include "base/clock.h"
#include "machine/budget.h"
#include "machine/reference.h"

#include <gradmill.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

gm_contest_options gm_contest_options_default(void)
{
    return (gm_contest_options){.check_steps = 10,
                                .tolerance = 1e-4,
                                .rounds = 11,
                                .seconds = 2,
                                .patience = 120,
                                .threads = 1,
                                .rest = 5e-3};
}

void gm_contest_rest(const gm_contest_options *options)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)(options->rest * 1e9)}, NULL);
}

void gm_contestant_fail(gm_contestant *contestant, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(contestant->fault, sizeof contestant->fault, format, arguments);
    va_end(arguments);
    contestant->count = 0;
    gm_child_stop(&contestant->child);
}

static void copy_text(char *to, size_t size, const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));
    snprintf(to, size, "%s", text ? text : "");
}

/* Any answer that is an object and no refusal; a refusal is the child's fault. */
static json_t *ask(gm_contestant *c, const char *command, double patience)
{
    gm_error error;
    const char *line, *text;
    if (gm_child_ask(&c->child, command, patience, &line, &error) != GM_OK) {
        gm_contestant_fail(c, "%s", error.message);
        return NULL;
    }
    json_t *answer = json_loads(line, 0, NULL);
    if (!json_is_object(answer))
        gm_contestant_fail(c, "an answer that is not JSON: %.80s", line);
    else if ((text = json_string_value(json_object_get(answer, "missing"))))
        gm_contestant_fail(c, "not installed (package %s)", text);
    else if ((text = json_string_value(json_object_get(answer, "unsuitable"))))
        gm_contestant_fail(c, "not comparable: %s", text);
    else if ((text = json_string_value(json_object_get(answer, "error"))))
        gm_contestant_fail(c, "%s", text);
    if (!*c->fault)
        return answer;
    json_decref(answer);
    return NULL;
}

struct json_t *gm_contestant_ask(gm_contestant *c, const char *command, double patience)
{
    json_t *answer = ask(c, command, patience);
    if (!answer)
        return NULL;
    const double seconds = json_number_value(json_object_get(answer, "seconds"));
    const json_t *loss = json_object_get(answer, "loss");
    if (seconds > 0 && json_is_number(loss) && isfinite(json_number_value(loss)))
        return answer;
    gm_contestant_fail(c, "an answer without a time or a finite loss");
    json_decref(answer);
    return NULL;
}

static void hear_introduction(gm_contestant *c, double patience)
{
    json_t *hello = ask(c, NULL, patience);
    copy_text(c->name, sizeof c->name, hello, "name");
    copy_text(c->vendor, sizeof c->vendor, hello, "vendor");
    copy_text(c->path, sizeof c->path, hello, "path");
    copy_text(c->core, sizeof c->core, hello, "core");
    copy_text(c->threading, sizeof c->threading, hello, "threading");
    copy_text(c->detail, sizeof c->detail, hello, "detail");
    copy_text(c->choice, sizeof c->choice, hello, "choice");
    json_decref(hello);
}

void gm_contest_start(gm_contestant *contestants, size_t count, int problem, double patience)
{
    for (size_t i = 0; i < count; i++) {
        gm_contestant *c = &contestants[i];
        gm_error error;
        c->child = (gm_child){.line = -1, .complaint = -1};
        c->options.problem = problem;
        if (*c->fault)
            continue;
        if (gm_child_start(&c->child, &c->options, &error) == GM_OK)
            hear_introduction(c, patience);
        else
            gm_contestant_fail(c, "%s", error.message);
    }
}

/* Seconds of one of `steps` steps; 0 after a failure. */
static double run(gm_contestant *c, size_t steps, double patience, double *loss)
{
    char command[32];
    snprintf(command, sizeof command, "step %zu", steps);
    json_t *answer = gm_contestant_ask(c, command, patience);
    const double seconds = json_number_value(json_object_get(answer, "seconds"));
    if (loss)
        *loss = json_number_value(json_object_get(answer, "loss"));
    json_decref(answer);
    return seconds / (double)steps;
}

void gm_contest_check(gm_contestant *contestants, size_t count, const gm_contest_options *options)
{
    const gm_contestant *right = NULL;
    for (size_t i = 0; i < count; i++) {
        gm_contestant *c = &contestants[i];
        if (*c->fault)
            continue;
        gm_contest_rest(options); /* here is where a contestant may choose its plan */
        if (run(c, options->check_steps, options->patience, &c->loss) <= 0)
            continue;
        if (!right)
            right = c;
        else if (!(fabs(c->loss - right->loss) <= options->tolerance * fabs(right->loss)))
            gm_contestant_fail(c, "wrong result: loss %.7g after %zu steps, that of %s is %.7g", c->loss,
                               options->check_steps, right->label, right->loss);
    }
}

/* Doubles the steps until they fill the sample: the last, long run is the warm-up, too. */
static void calibrate(gm_contestant *c, double sample, double patience)
{
    for (c->iterations = 1; !*c->fault; c->iterations *= 2) {
        const double seconds = run(c, c->iterations, patience, NULL);
        if (*c->fault || seconds * (double)c->iterations >= sample)
            return;
    }
}

static void take_sample(gm_contestant *c, gm_reference *loop, const gm_contest_options *options)
{
    const uint64_t start = gm_clock();
    const double patience = options->patience;
    gm_contest_rest(options);
    const double before = gm_reference_flops(loop, 0);
    const size_t wake = c->iterations / 10 + 1; /* its caches and threads were left alone meanwhile */
    if (run(c, wake, patience, NULL) <= 0)
        return;
    const double seconds = run(c, c->iterations, patience, NULL);
    if (!*c->fault) {
        c->peaks[c->count] = (before + gm_reference_flops(loop, 0)) / 2;
        c->samples[c->count++] = seconds;
    }
    c->used += gm_clock_seconds(start, gm_clock());
}

gm_status gm_contest_time(gm_contestant *contestants, size_t count, const gm_contest_options *options,
                          gm_error *error)
{
    const size_t rounds = gm_min(options->rounds, GM_MOST_ROUNDS);
    const double budget = gm_bench_budget(options->seconds);
    const double sample =
        fmax(gm_bench_budget(0.005), budget / (1.5 * (double)(gm_max(rounds, 1) * gm_max(count, 1))));
    gm_reference *loop;
    const gm_status status = gm_reference_create(&loop, options->precision, options->threads, error);
    if (status != GM_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        gm_contest_rest(options);
        calibrate(&contestants[i], sample, options->patience);
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            gm_contestant *c = &contestants[round % 2 ? count - 1 - i : i];
            if (!*c->fault && (c->count < 3 || c->used <= 4 * budget / (double)count))
                take_sample(c, loop, options);
        }
    }
    gm_reference_destroy(loop);
    return GM_OK;
}

void gm_contest_stop(gm_contestant *contestants, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gm_child_stop(&contestants[i].child);
}

double gm_contestant_median(const gm_contestant *c, double *deviation)
{
    double samples[GM_MOST_ROUNDS];
    *deviation = NAN;
    if (c->count == 0)
        return NAN;
    memcpy(samples, c->samples, c->count * sizeof *samples);
    const gm_statistics s = gm_statistics_of(samples, c->count);
    *deviation = s.deviation;
    return s.median;
}
