/* Case `peers` with single steps: makes the list of peers that are installed, and runs the contests. */
#include "bench/peers/peers.h"
#include "bench/contest/contest_result.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The folder of the peers' programs in the source. A folder next to the executable is tried first. */
#ifndef GM_PEERS_SOURCE
#define GM_PEERS_SOURCE "peers"
#endif
#ifndef GM_PEERS_BUILD
#define GM_PEERS_BUILD "peers"
#endif

static const gm_column *const columns[] = {&gm_column_net, &gm_column_batch, &gm_column_problem,
                                           &gm_column_peer, GM_CONTEST_COLUMNS};

static const struct {
    const char *label, *file; /* NULL: this program */
    bool python;
    const char *absent; /* the message if the peer's program is not installed */
} peers[GM_PEERS] = {
    {"gradmill", NULL, false, ""},
    {"plain CBLAS", "gradmill-cblas", false, "not built (it needs OpenMP)"},
    {"PyTorch", "torch_peer.py", true, "no adapter"},
    {"scikit-learn", "sklearn_peer.py", true, "no adapter"},
    {"FANN", "gradmill-fann", false, "not built (package libfann-dev)"},
};

/* "FOLDER/peers" for the folder of the executable; "" if the system does not tell. */
static void find_own_peers(char *folder, size_t size)
{
    char own[900];
    const ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash)
        *slash = '\0';
    snprintf(folder, size, "%s%s", own, slash ? "/peers" : "");
}

static bool find_adapter(gm_peer_command *command, const char *file)
{
    char own[920], program[sizeof command->program];
    const char *const folders[] = {own, GM_PEERS_SOURCE, GM_PEERS_BUILD};
    find_own_peers(own, sizeof own);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(program, sizeof program, "%.900s/%s", folders[i], file);
        memcpy(command->program, program, sizeof program);
        if (*folders[i] && access(program, R_OK) == 0)
            return true;
    }
    return false;
}

static void enter(gm_contestant *c, gm_peer_command *command, size_t index, const char *python)
{
    size_t count = 0;
    if (!find_adapter(command, peers[index].file))
        snprintf(c->fault, sizeof c->fault, "%s", peers[index].absent);
    else if (peers[index].python && access(python, X_OK) != 0)
        snprintf(c->fault, sizeof c->fault, "not installed (%s)", python);
    if (peers[index].python) {
        command->arguments[count++] = python;
        command->arguments[count++] = "-B"; /* writes no byte code into the source folder */
    }
    command->arguments[count++] = command->program;
    command->arguments[count++] = GM_CHILD_PROBLEM_PATH;
    command->arguments[count] = NULL;
    c->options.arguments = command->arguments;
}

void gm_peers_enter(gm_contestant *contestants, gm_peer_command *commands, const gm_peers_options *options)
{
    for (size_t i = 0; i < GM_PEERS; i++) {
        contestants[i] = (gm_contestant){.label = peers[i].label};
        if (peers[i].file)
            enter(&contestants[i], &commands[i], i, options->python ? options->python : "/usr/bin/python3");
        else
            contestants[i].options.arguments = options->child ? options->child : gm_contest_self;
    }
}

static gm_status add_row(gm_result *result, const gm_net *net, const gm_contestant *c,
                         const gm_contestant *first, const gm_problem *problem, gm_error *error)
{
    const char *loss = gm_loss_name(problem->loss);
    gm_result_row *row = gm_result_add(result, error, "peers/%s/batch:%zu/%s/threads:%zu/%s/%s", net->name,
                                       problem->batch, problem->backend, problem->threads, loss, c->label);
    if (!row)
        return GM_LIMIT;
    gm_result_text(result, row, &gm_column_net, "%s", net->name);
    gm_result_number(result, row, &gm_column_batch, (double)problem->batch);
    gm_result_text(result, row, &gm_column_problem, "%s", loss);
    gm_result_text(result, row, &gm_column_peer, "%s", *c->name ? c->name : c->label);
    return gm_contest_cells(result, row, c, first, problem, error);
}

static gm_status compare_problem(gm_result *result, const gm_peers_options *options, const gm_net *net,
                                 gm_loss loss, gm_error *error)
{
    gm_contestant contestants[GM_PEERS];
    gm_peer_command commands[GM_PEERS];
    gm_problem problem = gm_contest_problem(net, options->sweep, loss);
    const gm_contest_options contest =
        gm_contest_options_for(&problem, options->sweep->seconds, options->patience);
    gm_peers_enter(contestants, commands, options);
    gm_status status = gm_contest_run(contestants, GM_PEERS, &problem, &contest, error);
    for (size_t i = 0; i < GM_PEERS && status == GM_OK; i++)
        status = add_row(result, net, &contestants[i], &contestants[0], &problem, error);
    return status;
}

gm_status gm_bench_peers(gm_result *result, gm_environment *environment, const gm_peers_options *options,
                         gm_error *error)
{
    static const char *const defaults[] = {"mid", "mnist", "nielsen", NULL};
    gm_net nets[GM_MOST_NETS];
    size_t count = 0;
    *result = gm_result_make("peers", columns, sizeof columns / sizeof *columns);
    gm_status status = gm_bench_nets(options->sweep, defaults, nets, GM_MOST_NETS, &count, error);
    if (status == GM_OK)
        status = gm_bench_peaks(environment, options->sweep, error);
    for (size_t i = 0; i < count && status == GM_OK; i++) {
        status = compare_problem(result, options, &nets[i], gm_net_loss(&nets[i]), error);
        if (status == GM_OK)
            status = compare_problem(result, options, &nets[i], GM_HALF_SQUARES, error);
    }
    snprintf(
        result->title, sizeof result->title,
        "A step of backend %s and of the peers at their best: the same weights, data and mathematics, in turns",
        gm_bench_backend(options->sweep));
    return status;
}
