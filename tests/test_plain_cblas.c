/* Tests the peer bench/peers/cblas.c: its steps are those of the engine, and it reports problems that it
 * cannot do. */
#include "bench/contest/child.h"
#include "bench/contest/contest.h"
#include "bench/contest/contest_result.h"
#include "bench/peers/peers.h"
#include "bench/contest/problem.h"
#include "nets.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The loss of the last of so many steps that the engine takes. */
static double engine_loss(const gm_problem *p, size_t steps)
{
    const size_t in = p->widths[0], out = p->widths[p->width_count - 1];
    gm_network *network;
    gm_error error;
    gm_engine_options options = gm_engine_options_default();
    options.batch = p->batch;
    options.optimizer = p->optimizer;
    cr_assert_eq(gm_problem_network(p, &network, &error), GM_OK, "%s", error.message);
    gm_engine *engine = net_engine(network, &options);
    double loss = 0;
    for (size_t i = 0; i < steps; i++) {
        const size_t first = i % p->batches * p->batch;
        loss = net_step(engine, gm_array_f32(p->x + first * in, p->batch, in),
                        gm_array_f32(p->y + first * out, p->batch, out));
    }
    net_free(engine);
    return loss;
}

/* The peer from bench/peers/cblas.c among `all`, with threads of that kind. */
static gm_contestant *enter_plain_cblas(gm_contestant *all, gm_peer_command *commands, const char *threads)
{
    const gm_bench_options sweep = {0};
    const gm_peers_options options = {.sweep = &sweep};
    size_t i = 0;
    gm_peers_enter(all, commands, &options);
    while (i < GM_PEERS && strcmp(all[i].label, "plain CBLAS") != 0)
        i++;
    cr_assert_lt(i, GM_PEERS);
    if (*all[i].fault)
        cr_skip_test("%s", all[i].fault);
    setenv("GM_PLAIN_CBLAS", threads, 1);
    return &all[i];
}

static gm_problem peer_problem(const char *widths, gm_loss loss, size_t batch, size_t threads)
{
    const gm_bench_options sweep = {0};
    gm_net net;
    gm_error error;
    cr_assert_eq(gm_net_parse(&net, widths, &error), GM_OK, "%s", error.message);
    gm_problem problem = gm_contest_problem(&net, &sweep, loss);
    problem.batch = batch;
    problem.threads = threads;
    problem.batches = 3;
    cr_assert_eq(gm_problem_draw(&problem, &error), GM_OK, "%s", error.message);
    return problem;
}

static void start_peer(gm_contestant *peer, const gm_problem *p)
{
    int descriptor;
    gm_error error;
    cr_assert_eq(gm_problem_write(p, &descriptor, &error), GM_OK, "%s", error.message);
    gm_contest_start(peer, 1, descriptor, 30);
    close(descriptor);
}

/* Of the last of `count` more steps. */
static double peer_loss(gm_contestant *peer, size_t count)
{
    char command[32];
    snprintf(command, sizeof command, "step %zu", count);
    json_t *answer = gm_contestant_ask(peer, command, 30);
    cr_assert_not_null(answer, "%s", peer->fault);
    const double loss = json_real_value(json_object_get(answer, "loss"));
    json_decref(answer);
    return loss;
}

static void expect_same_steps(gm_contestant *peer, const gm_problem *p, const char *threads)
{
    static const size_t counts[] = {1, 4, 2};
    size_t steps = 0;
    start_peer(peer, p);
    for (size_t i = 0; i < COUNT(counts); i++) {
        const double loss = peer_loss(peer, counts[i]), expected = engine_loss(p, steps += counts[i]);
        cr_expect(fabs(loss - expected) <= 1e-5 * expected,
                  "%s, %zu rows, %zu threads (%s): %.9g, expected %.9g", gm_loss_name(p->loss), p->batch,
                  p->threads, threads, loss, expected);
    }
    gm_contest_stop(peer, 1);
}

/* Batches of one row, of fewer rows than threads, and of rows and units that do not go round. */
Test(plain_cblas, takes_the_same_steps)
{
    static const char *const kinds[] = {"one", "own", "blas"};
    static const struct {
        const char *widths;
        gm_loss loss;
        size_t batch, threads;
    } entries[] = {
        {"7-6-5-3", GM_CROSS_ENTROPY, 5, 2}, {"7-6-5-3", GM_HALF_SQUARES, 1, 2}, {"2-3-1", GM_LOGISTIC, 4, 2},
        {"4-3-1", GM_LOGISTIC, 3, 2},        {"9-4", GM_CROSS_ENTROPY, 2, 3},
    };
    gm_contestant all[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    for (size_t k = 0; k < COUNT(kinds); k++) {
        gm_contestant *peer = enter_plain_cblas(all, commands, kinds[k]);
        for (size_t i = 0; i < COUNT(entries); i++) {
            gm_problem p =
                peer_problem(entries[i].widths, entries[i].loss, entries[i].batch, entries[i].threads);
            expect_same_steps(peer, &p, kinds[k]);
            gm_problem_clear(&p);
        }
    }
}

/* Units that are 1 exactly, for 0 log 0 = 0; and vectors of units whose exp(-z) is infinite. */
Test(plain_cblas, has_a_loss_where_units_saturate)
{
    static const struct {
        const char *widths;
        gm_loss loss;
        double most;
    } entries[] = {{"2-1", GM_LOGISTIC, 1e-6}, {"2-32", GM_HALF_SQUARES, 32}};
    gm_contestant all[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    gm_contestant *peer = enter_plain_cblas(all, commands, "one");
    for (size_t i = 0; i < COUNT(entries); i++) {
        gm_problem p = peer_problem(entries[i].widths, entries[i].loss, 1, 1);
        for (size_t k = 0; k < 2 * p.batches; k++)
            p.x[k] = 1000;
        for (size_t k = 0; k < p.batches * p.widths[1]; k++)
            p.y[k] = 1;
        start_peer(peer, &p);
        cr_expect_leq(peer_loss(peer, 10), entries[i].most, "%s", entries[i].widths);
        gm_contest_stop(peer, 1);
        gm_problem_clear(&p);
    }
}

/* One network with one change that the peer does not know. */
Test(plain_cblas, says_what_it_cannot_do)
{
    static const struct {
        gm_loss loss;
        gm_activation hidden, output;
        gm_optimizer_kind optimizer;
        gm_precision precision;
        const char *data, *reason;
    } entries[] = {
        {GM_HALF_SQUARES, GM_SIGMOID, GM_IDENTITY, GM_SGD, GM_F32, "", "not this loss"},
        {GM_LOGISTIC, GM_SIGMOID, GM_SIGMOID, GM_SGD, GM_F32, "", "not this loss"}, /* of two outputs */
        {GM_HALF_SQUARES, GM_RELU, GM_SIGMOID, GM_SGD, GM_F32, "", "hidden layers of sigmoid only"},
        {GM_HALF_SQUARES, GM_SIGMOID, GM_SIGMOID, GM_ADAM, GM_F32, "", "plain SGD only"},
        {GM_HALF_SQUARES, GM_SIGMOID, GM_SIGMOID, GM_SGD, GM_F64, "", "single precision only"},
        {GM_HALF_SQUARES, GM_SIGMOID, GM_SIGMOID, GM_SGD, GM_F32, "folder", "its sets are compared by steps"},
    };
    gm_contestant all[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    for (size_t i = 0; i < COUNT(entries); i++) {
        gm_contestant *peer = enter_plain_cblas(all, commands, "one");
        gm_problem p = peer_problem("2-3-2", GM_HALF_SQUARES, 1, 1);
        p.loss = entries[i].loss;
        p.hidden = entries[i].hidden;
        p.output = entries[i].output;
        p.optimizer = gm_optimizer_default(entries[i].optimizer);
        p.precision = entries[i].precision;
        strcpy(p.data, entries[i].data);
        start_peer(peer, &p);
        cr_expect_not_null(strstr(peer->fault, entries[i].reason), "%zu: %s", i, peer->fault);
        gm_contest_stop(peer, 1);
        gm_problem_clear(&p);
    }
}

/* JSON has no word for NaN: the line stays JSON, and the loss is recognised as none. */
Test(plain_cblas, a_loss_that_is_not_finite)
{
    gm_contestant all[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    gm_contestant *peer = enter_plain_cblas(all, commands, "one");
    gm_problem p = peer_problem("2-3-1", GM_HALF_SQUARES, 1, 1);
    p.y[0] = NAN;
    start_peer(peer, &p);
    cr_expect_null(gm_contestant_ask(peer, "step 1", 30));
    cr_expect_not_null(strstr(peer->fault, "finite loss"), "%s", peer->fault);
    gm_contest_stop(peer, 1);
    gm_problem_clear(&p);
}

/* The problem is small, and the activations of one batch are 16 TiB. */
Test(plain_cblas, a_batch_that_no_machine_has_the_memory_for)
{
    gm_contestant all[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    gm_contestant *peer = enter_plain_cblas(all, commands, "one");
    const size_t many = (size_t)1 << 21;
    gm_problem p = peer_problem("1-2097152-1", GM_HALF_SQUARES, many, 1);
    start_peer(peer, &p);
    cr_expect_not_null(strstr(peer->fault, "no memory"), "%s", peer->fault);
    gm_contest_stop(peer, 1);
    gm_problem_clear(&p);
}

Test(plain_cblas, problems_that_are_none)
{
    gm_contestant all[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    const char *program = enter_plain_cblas(all, commands, "one")->options.arguments[0];
    const struct {
        const char *arguments[3], *line;
    } entries[] = {{{program, NULL}, "exit code 1: expected a problem"},
                   {{program, "/nowhere/problem", NULL}, "exit code 1: /nowhere/problem: cannot open"},
                   {{program, "/dev/null", NULL}, "exit code 1: /dev/null: not a problem of this program"}};
    for (size_t i = 0; i < COUNT(entries); i++) {
        const gm_child_options options = {.arguments = entries[i].arguments, .problem = -1};
        gm_child child;
        const char *answer;
        gm_error error;
        cr_assert_eq(gm_child_start(&child, &options, &error), GM_OK, "%s", error.message);
        cr_expect_eq(gm_child_ask(&child, NULL, 30, &answer, &error), GM_IO);
        cr_expect_not_null(strstr(error.message, entries[i].line), "%s", error.message);
        gm_child_stop(&child);
    }
}
