/* Learning rates that change from step to step. */
#include "base/names.h"

#include <gradmill/train.h>
#include <math.h>

/* What a schedule is set by. A parameter of a schedule to come has its place here. */
struct settings {
    double rate; /* of the optimizer */
};

/* Where the training is: step t of T, t from 0. */
struct position {
    size_t step, steps;
};

typedef double schedule_function(const struct settings *settings, const struct position *at);

static double fraction(const struct position *at)
{
    return (double)at->step / (double)at->steps;
}

static double constant(const struct settings *s, const struct position *at)
{
    (void)at;
    return s->rate;
}

static double linear(const struct settings *s, const struct position *at)
{
    return s->rate * (1 - fraction(at));
}

static double cosine(const struct settings *s, const struct position *at)
{
    return s->rate * (1 + cos(acos(-1.0) * fraction(at))) / 2;
}

static const struct {
    const char *name;
    schedule_function *rate;
} schedules[GM_SCHEDULE_COUNT] = {
#define SCHEDULE(VALUE, WORD, FUNCTION) [VALUE] = {WORD, FUNCTION},
#include "train/schedules.def"
};

/* A schedule without a row, or in another place, does not compile. */
enum {
#define SCHEDULE(VALUE, ...) PLACE_OF_##VALUE,
#include "train/schedules.def"
    SCHEDULE_ROWS
};
#define SCHEDULE(VALUE, ...)                                                                                 \
    _Static_assert((int)PLACE_OF_##VALUE == (int)VALUE, "rows stand in the order of the enumeration");
#include "train/schedules.def"
_Static_assert(SCHEDULE_ROWS == GM_SCHEDULE_COUNT, "each gm_schedule has a row in schedules.def");

const char *gm_schedule_name(gm_schedule schedule)
{
    return GM_ROW_NAME(schedules, schedule);
}

bool gm_schedule_from_name(const char *name, gm_schedule *schedule)
{
    const size_t index = GM_FIND_ROW(schedules, name);
    if (index < GM_SCHEDULE_COUNT)
        *schedule = (gm_schedule)index;
    return index < GM_SCHEDULE_COUNT;
}

double gm_schedule_rate(gm_schedule schedule, double rate, size_t step, size_t steps)
{
    const struct settings settings = {.rate = rate};
    const struct position at = {.step = step, .steps = steps};
    return (unsigned)schedule < GM_SCHEDULE_COUNT ? schedules[schedule].rate(&settings, &at) : NAN;
}
