/* Case `peers` with whole epochs: shuffle, gather and train are timed; the accuracy on the test set is
 * computed after that. */
#include "base/error.h"
#include "bench/contest/contest_result.h"
#include "bench/peers/peers.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FASHION_MNIST "/usr/share/datasets/fashion-mnist"
#define MOST_EPOCHS   50

static const gm_column *const columns[] = {
    &gm_column_net,     &gm_column_batch,     &gm_column_peer,
    &gm_column_epochs,  &gm_column_seconds,   &gm_column_samples_per_second,
    &gm_column_times,   &gm_column_last_loss, &gm_column_accuracy,
    &gm_column_reached, &gm_column_status};

struct runner {
    gm_contestant *contestant;
    double total, rows, loss, accuracy;
    bool finished; /* has reached the wanted accuracy */
};

/* A number of an answer. NaN if it is null, which stands for a number that is not finite. */
static double number_of(const json_t *answer, const char *key)
{
    const json_t *value = json_object_get(answer, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void run_epoch(struct runner *runner, const gm_peers_options *options,
                      const gm_contest_options *contest)
{
    gm_contestant *c = runner->contestant;
    gm_rest(contest->rest);
    json_t *answer = gm_contestant_ask(c, "epoch", contest->patience);
    if (!answer)
        return;
    const double seconds = json_number_value(json_object_get(answer, "seconds"));
    c->candidate.samples[c->candidate.count++] = seconds;
    runner->total += seconds;
    runner->rows = json_number_value(json_object_get(answer, "rows"));
    runner->loss = number_of(answer, "loss");
    runner->accuracy = number_of(answer, "accuracy");
    runner->finished = options->accuracy > 0 && runner->accuracy >= options->accuracy;
    json_decref(answer);
}

static void run_all(struct runner *runners, size_t epochs, const gm_peers_options *options,
                    const gm_contest_options *contest)
{
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        for (size_t i = 0; i < GM_PEERS; i++) {
            struct runner *runner = &runners[gm_turn(epoch, i, GM_PEERS)];
            if (!*runner->contestant->fault && !runner->finished)
                run_epoch(runner, options, contest);
        }
    }
}

static gm_status add_row(gm_result *result, const struct runner *runner, const struct runner *first,
                         const gm_net *net, const gm_problem *problem, gm_error *error)
{
    const gm_contestant *c = runner->contestant;
    gm_result_row *row = gm_result_add(result, error, "peers-epoch/%s/batch:%zu/%s/threads:%zu/%s", net->name,
                                       problem->batch, problem->backend, problem->threads, c->label);
    if (!row)
        return GM_LIMIT;
    row->threads = problem->threads;
    gm_result_text(result, row, &gm_column_net, "%s", net->name);
    gm_result_number(result, row, &gm_column_batch, (double)problem->batch);
    gm_result_text(result, row, &gm_column_peer, "%s", *c->name ? c->name : c->label);
    gm_contest_status(result, row, c);
    const double median = c->candidate.statistics.median;
    if (isnan(median))
        return GM_OK;
    gm_result_number(result, row, &gm_column_epochs, (double)c->candidate.count);
    gm_result_number(result, row, &gm_column_seconds, median);
    gm_result_number(result, row, &gm_column_samples_per_second, runner->rows / median);
    gm_result_number(result, row, &gm_column_times, first->contestant->candidate.statistics.median / median);
    gm_result_number(result, row, &gm_column_last_loss, runner->loss);
    gm_result_number(result, row, &gm_column_accuracy, 100 * runner->accuracy);
    if (runner->finished)
        gm_result_number(result, row, &gm_column_reached, runner->total);
    return gm_result_samples(row, c->candidate.samples, NULL, c->candidate.count, 1, error);
}

static gm_problem make_problem(const gm_net *net, const gm_bench_options *sweep, const char *data)
{
    gm_problem problem = gm_contest_problem(net, sweep, GM_CROSS_ENTROPY);
    problem.batches = 0;
    if (!sweep->activation_count)
        problem.hidden = GM_RELU;
    problem.optimizer = gm_optimizer_default(sweep->optimizer_count ? sweep->optimizers[0] : GM_MOMENTUM);
    if (!sweep->batch.count && !net->batch)
        problem.batch = 128;
    snprintf(problem.data, sizeof problem.data, "%s", data);
    return problem;
}

static gm_status start(gm_contestant *contestants, gm_problem *problem, double patience, gm_error *error)
{
    int descriptor;
    const gm_status status = gm_contest_open(problem, &descriptor, error);
    if (status != GM_OK)
        return status;
    gm_contest_start(contestants, GM_PEERS, descriptor, patience);
    close(descriptor);
    return GM_OK;
}

static gm_status run_contest(gm_result *result, const gm_peers_options *options, const gm_net *net,
                             gm_problem *problem, gm_error *error)
{
    gm_contestant contestants[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    struct runner runners[GM_PEERS] = {0};
    const gm_contest_options contest = gm_contest_options_for(problem, 0, options->patience);
    const size_t epochs = options->epochs ? options->epochs : options->accuracy > 0 ? 10 : 3;
    gm_peers_enter(contestants, commands, options);
    const gm_status status = start(contestants, problem, contest.patience, error);
    if (status != GM_OK)
        return status;
    for (size_t i = 0; i < GM_PEERS; i++)
        runners[i].contestant = &contestants[i];
    run_all(runners, epochs < MOST_EPOCHS ? epochs : MOST_EPOCHS, options, &contest);
    gm_contest_stop(contestants, GM_PEERS);
    for (size_t i = 0; i < GM_PEERS; i++)
        gm_candidate_summarise(&contestants[i].candidate);
    gm_status added = GM_OK;
    for (size_t i = 0; i < GM_PEERS && added == GM_OK; i++)
        added = add_row(result, &runners[i], &runners[0], net, problem, error);
    return added;
}

gm_status gm_bench_peers_epoch(gm_result *result, gm_environment *environment,
                               const gm_peers_options *options, gm_error *error)
{
    static const char *const defaults[] = {"784-1024-1024-10", NULL};
    const char *data = options->data ? options->data : FASHION_MNIST;
    gm_dataset_files files;
    gm_net nets[GM_MOST_NETS];
    size_t count = 0;
    (void)environment;
    *result = gm_result_make("peers-epoch", columns, sizeof columns / sizeof *columns);
    gm_status status = gm_dataset_find(data, &files, error);
    if (status == GM_OK)
        status = gm_bench_nets(options->sweep, defaults, nets, GM_MOST_NETS, &count, error);
    for (size_t i = 0; i < count && status == GM_OK; i++) {
        gm_problem problem = make_problem(&nets[i], options->sweep, data);
        status = run_contest(result, options, &nets[i], &problem, error);
    }
    snprintf(result->title, sizeof result->title,
             "%.150s: backend %s and the peers shuffle, gather and train an epoch, in turns", data,
             gm_bench_backend(options->sweep));
    return status;
}
