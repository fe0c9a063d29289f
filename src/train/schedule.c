/* Learning rates that change from step to step. */
#include <gradmill/train.h>
#include <math.h>
#include <string.h>

static const char *const names[GM_SCHEDULE_COUNT] = {
    [GM_SCHEDULE_CONSTANT] = "constant",
    [GM_SCHEDULE_LINEAR] = "linear",
    [GM_SCHEDULE_COSINE] = "cosine",
};

const char *gm_schedule_name(gm_schedule schedule)
{
    return (unsigned)schedule < GM_SCHEDULE_COUNT ? names[schedule] : "unknown";
}

bool gm_schedule_from_name(const char *name, gm_schedule *schedule)
{
    for (size_t i = 0; i < GM_SCHEDULE_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *schedule = (gm_schedule)i;
            return true;
        }
    }
    return false;
}

double gm_schedule_rate(gm_schedule schedule, double rate, size_t step, size_t steps)
{
    const double done = (double)step / (double)steps;
    switch (schedule) {
    case GM_SCHEDULE_LINEAR:
        return rate * (1 - done);
    case GM_SCHEDULE_COSINE:
        return rate * (1 + cos(acos(-1.0) * done)) / 2;
    default:
        return rate;
    }
}
