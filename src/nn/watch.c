/* Keeps an estimate of the time of two plans, and says which of them does the next step (watch.h). */
#include "nn/watch.h"

#include <math.h>

/* MEMORY is the number of steps over which the running mean of the plan in use is taken. PATIENCE is the
 * number of steps after which the estimate of the other plan has mostly returned to the prediction of the
 * cost model. With these values a plan that has become ten times slower is given up after a few steps (after
 * more if it was much faster before), and trying it again takes a few hundredths of the time. */
#define MEMORY   32
#define PATIENCE 1024
/* The cost model may be wrong, above all if other programs or new threads disturbed its measurements. So the
 * plan that is not in use is tried after FIRST_TRIAL steps, and then every TRIAL steps. A trial lasts one to
 * thirty steps. */
#define FIRST_TRIAL 256
#define TRIAL       4096
#define WORTH_TRIAL 0.96
/* A step counts as at most this many times the estimate, because one long pause of the machine says little
 * about the plan. */
#define MOST 8
/* The other plan is taken if its estimate is below this factor times that of the plan in use. A change costs
 * time, because weights move between caches. */
#define BETTER 0.97
#define LEAST  1e-9 /* the least estimate in seconds: it is multiplied to grow, so 0 would stay 0 */

gm_watch gm_watch_begin(gm_plan a, gm_plan b)
{
    return (gm_watch){.plans = {a, b},
                      .seconds = {fmax(a.seconds, LEAST), fmax(b.seconds, LEAST)},
                      .now = b.seconds < a.seconds};
}

gm_plan gm_watch_plan(const gm_watch *watch)
{
    return watch->plans[watch->now];
}

void gm_watch_step(gm_watch *watch, double seconds)
{
    double *at_work = &watch->seconds[watch->now], *resting = &watch->seconds[!watch->now];
    *at_work += (fmin(seconds, MOST * *at_work) - *at_work) / MEMORY;
    *resting += (watch->plans[!watch->now].seconds - *resting) / PATIENCE;
    if (++watch->steps % TRIAL == FIRST_TRIAL)
        *resting = fmin(*resting, WORTH_TRIAL * *at_work);
    if (*resting < BETTER * *at_work)
        watch->now = !watch->now;
}
