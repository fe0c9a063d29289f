/* The main function of peers written in C: it reads the problem, answers commands in lines of JSON, and ends
 * with its input. peer.h describes what a peer provides. */
#include "bench/peers/peer.h"
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *gm_peer_needs_plain(const gm_problem *p)
{
    if (*p->data)
        return "its sets are compared by steps";
    if (p->hidden != GM_SIGMOID)
        return "hidden layers of sigmoid only";
    if (p->optimizer.kind != GM_SGD)
        return "plain SGD only";
    return p->precision == GM_F32 ? NULL : "single precision only";
}

static void serve(const gm_peer *peer, void *own)
{
    char command[64];
    size_t count, step = 0;
    while (fgets(command, sizeof command, stdin) && sscanf(command, "step %zu", &count) == 1) {
        const uint64_t start = gm_clock();
        const double loss = peer->train(own, step, count);
        char text[32] = "null"; /* JSON cannot express a number that is not finite */
        if (isfinite(loss))
            snprintf(text, sizeof text, "%.9g", loss);
        printf("{\"seconds\": %.9g, \"loss\": %s}\n", gm_clock_seconds(start, gm_clock()), text);
        fflush(stdout);
        step += count;
    }
}

static void take_part(const gm_peer *peer, const gm_problem *problem)
{
    char choice[96] = "";
    const char *reason = peer->unsuitable(problem);
    if (reason) {
        printf("{\"unsuitable\": \"%s\"}\n", reason);
        return;
    }
    void *own = peer->create(problem, choice, sizeof choice);
    if (!own) {
        puts("{\"error\": \"no memory\"}");
        return;
    }
    printf("{\"ready\": true, \"name\": \"%s\", \"choice\": \"%s\"}\n", peer->name, choice);
    fflush(stdout);
    serve(peer, own);
    peer->destroy(own);
}

int gm_peer_main(const gm_peer *peer, int argc, char **argv)
{
    gm_problem problem;
    gm_error error;
    if (argc != 2 || gm_problem_read(&problem, argv[1], &error) != GM_OK) {
        fprintf(stderr, "%s\n", argc == 2 ? error.message : "expected a problem");
        return EXIT_FAILURE;
    }
    take_part(peer, &problem);
    gm_problem_clear(&problem);
    return EXIT_SUCCESS;
}
