#include "nn/watch.h"

/* Steps that the mean of the plan at work goes back, and steps until an estimate has mostly drifted. A plan
 * that has become ten times slower is given up after its second step, and trying it again costs some
 * hundredths of the time. */
#define MEMORY   32
#define PATIENCE 1024
/* A step counts as at most so many times the estimate: one long pause of the machine says little. */
#define MOST 8

gm_watch gm_watch_begin(gm_plan one, gm_plan other)
{
    return (gm_watch){{one, other}, {one.seconds, other.seconds}, other.seconds < one.seconds};
}

gm_plan gm_watch_plan(const gm_watch *watch)
{
    return watch->plans[watch->now];
}

void gm_watch_step(gm_watch *watch, double seconds)
{
    double *at_work = &watch->seconds[watch->now], *resting = &watch->seconds[!watch->now];
    const double counted = seconds < MOST * *at_work ? seconds : MOST * *at_work;
    *at_work += (counted - *at_work) / MEMORY;
    *resting += (watch->plans[!watch->now].seconds - *resting) / PATIENCE;
    if (*resting < *at_work)
        watch->now = !watch->now;
}
