/* Runs a contest: starts all contestants, compares their losses, and then times them in turns. */
#include "bench/contest/contest.h"
#include "base/error.h"
#include "base/memory.h"

#include <gradmill.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

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

void gm_contestant_fail(gm_contestant *contestant, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(contestant->fault, sizeof contestant->fault, format, arguments);
    va_end(arguments);
    contestant->candidate.count = 0;
    gm_child_stop(&contestant->child);
}

static void copy_text(char *to, size_t size, const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));
    snprintf(to, size, "%s", text ? text : "");
}

/* Sends a command and returns the answer, a JSON object. If the child reports an error, or the answer is not
 * an object, the contestant fails and this returns NULL. */
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
        c->patience = patience;
        if (*c->fault)
            continue;
        if (gm_child_start(&c->child, &c->options, &error) == GM_OK)
            hear_introduction(c, patience);
        else
            gm_contestant_fail(c, "%s", error.message);
    }
}

/* The function `run` of a gm_candidate: lets the child do `steps` steps. */
static gm_status run_steps(void *contestant, size_t steps, gm_error *error)
{
    gm_contestant *c = contestant;
    char command[32];
    snprintf(command, sizeof command, "step %zu", steps);
    json_t *answer = gm_contestant_ask(c, command, c->patience);
    if (!answer)
        return gm_fail(error, GM_CHECK, "%s", c->fault);
    c->seconds = json_number_value(json_object_get(answer, "seconds"));
    c->last_loss = json_number_value(json_object_get(answer, "loss"));
    json_decref(answer);
    return GM_OK;
}

static double seconds_of(const void *contestant)
{
    return ((const gm_contestant *)contestant)->seconds;
}

void gm_contest_check(gm_contestant *contestants, size_t count, const gm_contest_options *options)
{
    const gm_contestant *right = NULL;
    for (size_t i = 0; i < count; i++) {
        gm_contestant *c = &contestants[i];
        if (*c->fault)
            continue;
        gm_rest(options->rest); /* in these first steps a contestant may choose its plan */
        if (run_steps(c, options->check_steps, NULL) != GM_OK)
            continue;
        c->loss = c->last_loss;
        if (!right)
            right = c;
        else if (!(fabs(c->loss - right->loss) <= options->tolerance * fabs(right->loss)))
            gm_contestant_fail(c, "wrong result: loss %.7g after %zu steps, that of %s is %.7g", c->loss,
                               options->check_steps, right->label, right->loss);
    }
}

gm_status gm_contest_time(gm_contestant *contestants, size_t count, const gm_contest_options *options,
                          gm_error *error)
{
    gm_candidate **candidates = gm_alloc(count, sizeof *candidates);
    if (!candidates)
        return gm_fail_memory(error, "a contest", count * sizeof *candidates);
    size_t able = 0;
    for (size_t i = 0; i < count; i++) {
        gm_contestant *c = &contestants[i];
        c->candidate = (gm_candidate){.run = run_steps,
                                      .seconds = seconds_of,
                                      .context = c,
                                      .expendable = true,
                                      .precision = options->precision,
                                      .threads = options->threads};
        if (!*c->fault)
            candidates[able++] = &c->candidate;
    }
    const double share = options->seconds / (double)gm_max(count, 1);
    const gm_rounds_options rounds = {
        .sample_seconds = fmax(0.005, share / (1.5 * (double)gm_max(options->rounds, 1))),
        .rounds = options->rounds,
        .most_seconds = 4 * share,
        .rest_seconds = options->rest,
    };
    const gm_status status = gm_rounds_run(candidates, able, &rounds, error);
    for (size_t i = 0; i < count; i++)
        gm_candidate_summarise(&contestants[i].candidate);
    gm_free(candidates);
    return status;
}

void gm_contest_stop(gm_contestant *contestants, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gm_child_stop(&contestants[i].child);
}
