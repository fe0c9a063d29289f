/* Which of two plans is faster now.
 *
 * Plans are made from costs that were measured once. If other programs run on the machine, these costs do not
 * stay true: when another program gets the processor of one thread, all threads wait for that thread at every
 * barrier. So the steps themselves are timed.
 *
 * Each plan has an estimate of its time. At first it is the prediction of the cost model. While a plan is in
 * use, it is a running mean of the measured steps. While a plan is not in use, its estimate slowly returns to
 * the prediction, so that the plan gets another chance some hundred steps later. Every few thousand steps it
 * gets one whatever the prediction is. The next step uses the plan whose estimate is clearly lower. */
#ifndef GM_NN_WATCH_H
#define GM_NN_WATCH_H

#include <gradmill/engine.h>

typedef struct gm_watch {
    gm_plan plans[2];
    double seconds[2]; /* estimated time of a step with each plan */
    int now;           /* index of the plan in use */
    size_t steps;
} gm_watch;

/* Begins with two plans and the seconds that the cost model predicts for them. */
gm_watch gm_watch_begin(gm_plan a, gm_plan b);

/* The plan for the next step. */
gm_plan gm_watch_plan(const gm_watch *watch);

/* Tells the watch how long a step with that plan took. */
void gm_watch_step(gm_watch *watch, double seconds);

#endif
