/* Which of two plans is faster now.
 *
 * Plans are made from costs that were measured once. On a machine that is shared with others that may not
 * last: a thread whose processor is given away keeps all threads waiting at every barrier. So the steps
 * themselves are timed.
 *
 * Each plan has an estimate of its time: what the cost model says at first; a running mean while the plan is
 * at work; and while it rests the estimate drifts back to what the model says, so that the plan gets another
 * chance some hundred steps later; every some thousand steps it gets one whatever the model says. The plan
 * with the clearly lower estimate does the next step. */
#ifndef GM_NN_WATCH_H
#define GM_NN_WATCH_H

#include <gradmill/engine.h>

typedef struct gm_watch {
    gm_plan plans[2];
    double seconds[2]; /* of a step, as far as is known */
    int now;           /* the plan at work */
    size_t steps;
} gm_watch;

/* Both plans with their seconds. */
gm_watch gm_watch_begin(gm_plan a, gm_plan b);

/* The plan for the next step. */
gm_plan gm_watch_plan(const gm_watch *watch);

/* A step of that plan took so long. */
void gm_watch_step(gm_watch *watch, double seconds);

#endif
