/* A contest: several child processes train on the same problem. Their losses are compared, and they are timed
 * in turns (rounds.h). If one fails, its row says why, and the others go on. */
#ifndef GM_BENCH_CONTEST_CONTEST_H
#define GM_BENCH_CONTEST_CONTEST_H

#include "bench/contest/child.h"
#include "bench/output/result.h"
#include "bench/measure/rounds.h"

typedef struct gm_contestant {
    const char *label;        /* the name of its row */
    gm_child_options options; /* its field `problem` is set by gm_contest_start */
    gm_child child;

    char fault[400]; /* why it has no speed; empty while it takes part */
    char name[64], vendor[32], path[512], core[64], threading[16],
        detail[512];           /* as its first line of answer says */
    char choice[128];          /* the fastest of the settings that it tried; empty if it has none */
    double loss;               /* of the last step that was checked */
    double patience;           /* seconds without an answer after which it is killed */
    double seconds, last_loss; /* of its last steps */
    gm_candidate candidate;    /* its samples; one iteration is a step */
} gm_contestant;

typedef struct gm_contest_options {
    size_t check_steps; /* steps after which the losses are compared; default 10 */
    double tolerance;   /* largest relative difference of the losses; default 1e-4 */
    size_t rounds;      /* default 11, at most GM_MOST_ROUNDS */
    double seconds;  /* for all rounds of all contestants; default 2. One that is much slower than the others
                        gets four times its share, but at least 3 rounds */
    double patience; /* seconds without an answer after which a child is killed; default 120 */
    gm_precision precision; /* of the reference loop; default f32 */
    size_t threads;         /* of the reference loop; default 1 */
    double rest; /* seconds before another contestant's turn, in which threads without work fall asleep;
                    default 5e-3 */
} gm_contest_options;

gm_contest_options gm_contest_options_default(void);

/* Ends the contestant's child, and stores the formatted line, such as "killed: ...", as the reason. */
void gm_contestant_fail(gm_contestant *contestant, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Starts all children with a problem, given as a descriptor, and waits for their first lines. */
void gm_contest_start(gm_contestant *contestants, size_t count, int problem, double patience);

/* Sends a command. The answer must have a number "seconds" > 0 and a finite "loss". Returns the answer; the
 * caller calls json_decref. NULL after a failure. */
struct json_t *gm_contestant_ask(gm_contestant *contestant, const char *command, double patience);

/* Compares the losses after the first steps. The first contestant that has a loss is the reference. */
void gm_contest_check(gm_contestant *contestants, size_t count, const gm_contest_options *options);

/* Runs the rounds and computes the statistics of each contestant; they are NaN if it failed. GM_LIMIT: no
 * memory or no threads for the reference loop. */
gm_status gm_contest_time(gm_contestant *contestants, size_t count, const gm_contest_options *options,
                          gm_error *error);

void gm_contest_stop(gm_contestant *contestants, size_t count);

#endif
