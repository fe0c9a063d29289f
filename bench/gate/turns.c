/* Measures two programs in turns. Two processes of the same program differ by some percent as long as they
 * live, because their memory pages are at different places, and their plans were measured at different
 * moments. So both are started again for each sitting, in alternating order. In a sitting they take turns,
 * and its result is one number: the median of log(new / old) over its rounds. Sittings are added until the
 * confidence interval of the change is narrow compared with the threshold. Whether it is narrow does not
 * depend on which program is faster, so this rule favours neither. */
#include "bench/gate/turns.h"
#include "base/error.h"
#include "base/clock.h"
#include "base/memory.h"
#include "machine/budget.h"
#include "bench/contest/contest_result.h"
#include "bench/measure/statistics.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS         6
#define SAMPLE_SECONDS 0.02
#define MOST_SITTINGS  500
#define NET_SECONDS    30

enum { OLD, NEW };

struct turns {
    gm_result *result;
    const gm_turns_options *options;
    size_t *regressions;
    const char *names[2]; /* of the programs, as they were given */
    char programs[2][PATH_MAX];
    const char *arguments[2][6];
    gm_contest_options contest;
    int problem;
    double changes[MOST_SITTINGS]; /* log(new / old) */
    size_t sittings;
    double seconds[2][MOST_SITTINGS * ROUNDS]; /* of a step, for the row's medians */
    size_t rounds;
    size_t telling; /* networks with enough sittings to show a change */
};

bool gm_turns_is_program(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

/* Sets the arguments of one side: those of gm_contest_self, with the given program. A name without a slash is
 * a file of the current folder, and not searched in PATH. */
static gm_status set_program(struct turns *t, size_t side, const char *program, gm_error *error)
{
    t->names[side] = program;
    if (!realpath(program, t->programs[side]))
        return gm_fail(error, GM_IO, "%s: %s", program, strerror(errno));
    memcpy(t->arguments[side], gm_contest_self, sizeof t->arguments[side]);
    t->arguments[side][0] = t->programs[side];
    return GM_OK;
}

static void keep_rounds(struct turns *t, const gm_contestant *before, const gm_contestant *after)
{
    double logs[ROUNDS];
    const size_t rounds = gm_min(before->candidate.count, after->candidate.count);
    for (size_t i = 0; i < rounds; i++) {
        logs[i] = log(after->candidate.samples[i] / before->candidate.samples[i]);
        t->seconds[OLD][t->rounds] = before->candidate.samples[i];
        t->seconds[NEW][t->rounds++] = after->candidate.samples[i];
    }
    t->changes[t->sittings++] = gm_statistics_of(logs, rounds).median;
}

static gm_status sit(struct turns *t, gm_error *error)
{
    static const char *const labels[] = {"old", "new"};
    gm_contestant pair[2];
    const size_t first = t->sittings % 2 ? NEW : OLD;
    for (size_t i = 0; i < 2; i++) {
        const size_t side = i == 0 ? first : 1 - first;
        pair[i] = (gm_contestant){.label = labels[side], .options = {.arguments = t->arguments[side]}};
    }
    gm_contest_start(pair, 2, t->problem, t->contest.patience);
    gm_contest_check(pair, 2, &t->contest);
    const gm_status status = gm_contest_time(pair, 2, &t->contest, error);
    gm_contest_stop(pair, 2);
    if (status != GM_OK)
        return status;
    for (size_t i = 0; i < 2; i++) {
        if (*pair[i].fault)
            return gm_fail(error, GM_CHECK, "%s program: %s: %s", pair[i].label,
                           t->names[i == 0 ? first : 1 - first], pair[i].fault);
    }
    keep_rounds(t, &pair[first == OLD ? 0 : 1], &pair[first == OLD ? 1 : 0]);
    return GM_OK;
}

/* Whether the interval is so narrow that it cannot contain both no change and a change of the threshold. */
static bool is_narrow(const gm_rank_test *test, const gm_gate_options *gate)
{
    return test->low > 0 && log(test->high / test->low) <= gate->threshold;
}

static gm_status sit_until_clear(struct turns *t, double seconds, gm_rank_test *test, gm_error *error)
{
    const gm_turns_options *o = t->options;
    const uint64_t start = gm_clock();
    gm_status status;
    do {
        status = sit(t, error);
        if (status == GM_OK)
            status = gm_signed_rank_test_run(test, t->changes, t->sittings, o->gate->level, error);
        if (o->sweep->progress)
            o->sweep->progress(fmin(1, gm_clock_seconds(start, gm_clock()) / seconds), o->sweep->context);
    } while (status == GM_OK && t->sittings < MOST_SITTINGS && !is_narrow(test, o->gate) &&
             gm_clock_seconds(start, gm_clock()) < seconds);
    return status;
}

static gm_status add_row(struct turns *t, const gm_workload_options *of, size_t threads,
                         const gm_rank_test *test, gm_error *error)
{
    gm_result *result = t->result;
    const gm_gate_options *gate = t->options->gate;
    gm_result_row *row = gm_step_row_add(result, of, threads, error);
    if (!row)
        return GM_LIMIT;
    const gm_status status = gm_verdict_times(result, row, (gm_samples){t->seconds[OLD], t->rounds},
                                              (gm_samples){t->seconds[NEW], t->rounds}, error);
    if (status != GM_OK)
        return status;
    gm_verdict_give(result, row, test, gate, t->regressions);
    t->telling += gm_signed_rank_test_least(t->sittings) < gate->level;
    gm_result_note(result, "%s: %zu sittings%s", row->name, t->sittings,
                   is_narrow(test, gate)
                       ? ""
                       : "; not enough for an interval as narrow as the threshold: a machine "
                         "at rest or more --time would help");
    return GM_OK;
}

static gm_status take_net(struct turns *t, const gm_net *net, double seconds, gm_error *error)
{
    const gm_turns_options *o = t->options;
    const gm_workload_options of = gm_bench_first(o->sweep, net);
    gm_problem p = gm_contest_problem(net, o->sweep, gm_net_loss(net));
    gm_rank_test test;
    t->sittings = t->rounds = 0;
    t->contest = gm_contest_options_for(&p, 1.5 * 2 * ROUNDS * SAMPLE_SECONDS, o->patience);
    t->contest.rounds = ROUNDS;
    t->contest.rest =
        gm_contest_options_default().rest; /* only gradmill's threads are involved, and they sleep soon */
    gm_status status = gm_contest_open(&p, &t->problem, error);
    if (status != GM_OK)
        return status;
    status = sit_until_clear(t, seconds, &test, error);
    close(t->problem);
    return status == GM_OK ? add_row(t, &of, p.threads, &test, error) : status;
}

gm_status gm_bench_turns(gm_result *result, const gm_turns_options *o, size_t *regressions, gm_error *error)
{
    static const char *const defaults[] = {"mid", "mnist", "nielsen", "xor", NULL};
    gm_net nets[GM_MOST_NETS];
    size_t count = 0;
    *result = gm_verdicts_make(o->gate);
    *regressions = 0;
    gm_status status = gm_gate_options_check(o->gate, error);
    if (status == GM_OK)
        status = gm_bench_nets(o->sweep, defaults, nets, GM_MOST_NETS, &count, error);
    if (status != GM_OK)
        return status;
    struct turns *t = gm_alloc(1, sizeof *t);
    if (!t)
        return gm_fail_memory(error, "sittings", sizeof *t);
    t->result = result;
    t->options = o;
    t->regressions = regressions;
    status = set_program(t, OLD, o->old_program, error);
    if (status == GM_OK)
        status = set_program(t, NEW, o->new_program, error);
    const double seconds =
        gm_bench_budget(o->sweep->seconds > 0 ? o->sweep->seconds / (double)count : NET_SECONDS);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = take_net(t, &nets[i], seconds, error);
    if (status == GM_OK && t->telling == 0)
        status = gm_fail(error, GM_CHECK,
                         "nothing decided: no network had sittings enough to show a change at level %g; give "
                         "them more --time",
                         o->gate->level);
    gm_free(t);
    return status;
}
