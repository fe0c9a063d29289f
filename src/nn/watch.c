/* Keeps an estimate of the time of two plans, and says which of them does the next step (watch.h). */
#include "nn/watch.h"

#include <math.h>

/* MEMORY: steps over which the running mean of the plan at work is taken. PATIENCE: steps until the estimate
 * of the plan at rest has mostly drifted back to what the model says. A plan that has become ten times slower
 * is given up after some steps, later if it was far ahead. Trying it again costs some hundredths of the time.
 */
#define MEMORY   32
#define PATIENCE 1024
/* The model may be wrong, above all if other programs or new threads disturbed its measurements. So the plan
 * at rest is tried once after FIRST_TRIAL steps and then every TRIAL steps. A trial lasts one to thirty
 * steps. */
#define FIRST_TRIAL 256
#define TRIAL       4096
#define WORTH_TRIAL 0.96
/* A step counts as at most so many times the estimate, because one long pause of the machine says little. */
#define MOST 8
/* The other plan must promise to be faster by this factor, because a change moves weights between caches. */
#define BETTER 0.97
#define LEAST  1e-9 /* seconds of any step: an estimate of 0 would never grow */

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
