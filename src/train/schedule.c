/* Learning rates that change from step to step: a linear warm-up, and then a schedule for the steps that are
 * left.
 */
#include "train/schedule.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "train/options.h"

#include <math.h>

/* A schedule's function: the share of the rate at step t, from 0, of those after the warm-up. */
typedef double schedule_function(const gm_rates *r, size_t t);

static double fraction(const gm_rates *r, size_t t)
{
    return (double)t / (double)r->steps;
}

/* From 1 at fraction 0 to 0 at fraction 1. */
static double half_cosine(double fraction_done)
{
    return (1 + cos(acos(-1.0) * fraction_done)) / 2;
}

static double constant(const gm_rates *r, size_t t)
{
    (void)r, (void)t;
    return 1;
}

static double linear(const gm_rates *r, size_t t)
{
    return 1 - fraction(r, t);
}

static double cosine(const gm_rates *r, size_t t)
{
    return half_cosine(fraction(r, t));
}

/* PyTorch's StepLR, once in an epoch. */
static double step(const gm_rates *r, size_t t)
{
    return pow(r->factor, floor((double)(t / r->epoch) / r->every));
}

/* PyTorch's ExponentialLR, once in an epoch. */
static double exponential(const gm_rates *r, size_t t)
{
    return pow(r->factor, (double)(t / r->epoch));
}

/* PyTorch's PolynomialLR, once in a step. */
static double polynomial(const gm_rates *r, size_t t)
{
    return pow(1 - fraction(r, t), r->power);
}

/* PyTorch's OneCycleLR with its defaults (Smith and Topin 2018): from 1/25 up to the rate, then down to 1/25
 * of 1/10,000, each along half a cosine. The highest rate is that of the last step of the rise. */
static double one_cycle(const gm_rates *r, size_t t)
{
    const double first = 1.0 / 25, last = first / 1e4, rise = r->rise - 1, end = (double)r->steps - 1;
    const double at = (double)t;
    if (at < rise)
        return 1 + (first - 1) * half_cosine(at / rise);
    return end > rise ? last + (1 - last) * half_cosine((at - rise) / (end - rise)) : 1;
}

static const struct {
    const char *name;
    schedule_function *share;
    bool counts;
    double standards[GM_SCHEDULE_SETTING_COUNT];
} schedules[GM_SCHEDULE_COUNT] = {
#define SCHEDULE(VALUE, WORD, FUNCTION, COUNTS, FACTOR, EVERY, POWER)                                        \
    [VALUE] = {WORD, FUNCTION, COUNTS, {FACTOR, EVERY, POWER}},
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

/* The settings by their fields of gm_train_options. */
static const char *const settings[GM_SCHEDULE_SETTING_COUNT] = {
    [GM_SCHEDULE_FACTOR] = "schedule_factor",
    [GM_SCHEDULE_EVERY] = "schedule_every",
    [GM_SCHEDULE_POWER] = "schedule_power",
};

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

double gm_schedule_standard(gm_schedule schedule, gm_schedule_setting setting)
{
    return schedules[schedule].standards[setting];
}

double gm_schedule_setting_of(const gm_train_options *o, gm_schedule_setting setting)
{
    switch (setting) {
    case GM_SCHEDULE_FACTOR:
        return o->schedule_factor;
    case GM_SCHEDULE_EVERY:
        return (double)o->schedule_every;
    case GM_SCHEDULE_POWER:
        return o->schedule_power;
    }
    return 0;
}

bool gm_schedule_counts(const gm_train_options *o)
{
    return schedules[o->schedule].counts || o->warmup > 0;
}

/* A schedule of the caller's own leaves nothing to be set. */
static gm_status check_own(const gm_train_options *o, gm_error *error)
{
    bool set = o->warmup != 0;
    for (gm_schedule_setting s = 0; s < GM_SCHEDULE_SETTING_COUNT; s++)
        set |= gm_schedule_setting_of(o, s) != 0;
    return set ? gm_fail(error, GM_USAGE, "warmup and the settings of a schedule have no effect with rate_of")
               : GM_OK;
}

static gm_status check_setting(const gm_train_options *o, gm_schedule_setting s, gm_error *error)
{
    const double value = gm_schedule_setting_of(o, s);
    if (value == 0)
        return GM_OK;
    if (gm_schedule_standard(o->schedule, s) == 0)
        return gm_fail(error, GM_USAGE, "%s has no effect with schedule %s", settings[s],
                       gm_schedule_name(o->schedule));
    if (!(value > 0 && value < (s == GM_SCHEDULE_FACTOR ? 1 : INFINITY)))
        return gm_fail(error, GM_USAGE, "%s is %g; expected a number above 0%s", settings[s], value,
                       s == GM_SCHEDULE_FACTOR ? " and below 1" : "");
    return GM_OK;
}

gm_status gm_schedule_check(const gm_train_options *o, gm_error *error)
{
    if ((unsigned)o->schedule >= GM_SCHEDULE_COUNT)
        return gm_fail(error, GM_USAGE, "unknown schedule %d", (int)o->schedule);
    if (o->rate_of)
        return check_own(o, error);
    gm_status status = GM_OK;
    for (gm_schedule_setting s = 0; s < GM_SCHEDULE_SETTING_COUNT && status == GM_OK; s++)
        status = check_setting(o, s, error);
    if (status == GM_OK && !(o->warmup >= 0 && o->warmup < (double)o->epochs))
        return gm_fail(error, GM_USAGE,
                       "warmup is %g; expected a number of epochs of at least 0 and below %zu", o->warmup,
                       o->epochs);
    return status;
}

static double setting_or_standard(const gm_train_options *o, gm_schedule_setting setting)
{
    const double value = gm_schedule_setting_of(o, setting);
    return value != 0 ? value : gm_schedule_standard(o->schedule, setting);
}

/* At least one step, if there is to be a warm-up. */
static size_t warm_steps(const gm_train_options *o, size_t epoch_steps)
{
    const size_t steps = (size_t)round(o->warmup * (double)epoch_steps);
    return o->warmup > 0 && epoch_steps > 0 ? gm_max(steps, 1) : steps;
}

gm_rates gm_rates_of(const gm_train_options *o, double rate, size_t epoch_steps)
{
    const size_t all = o->epochs * epoch_steps, warm = warm_steps(o, epoch_steps);
    const bool cycle = o->schedule == GM_SCHEDULE_ONE_CYCLE; /* its rise is its warm-up */
    return (gm_rates){
        .schedule = o->schedule,
        .rate = rate,
        .factor = setting_or_standard(o, GM_SCHEDULE_FACTOR),
        .every = setting_or_standard(o, GM_SCHEDULE_EVERY),
        .power = setting_or_standard(o, GM_SCHEDULE_POWER),
        .epoch = epoch_steps,
        .warm = cycle ? 0 : warm,
        .rise = warm > 0 ? (double)warm : 0.3 * (double)all,
        .steps = cycle ? all : all - warm,
    };
}

double gm_rates_at(const gm_rates *r, size_t step)
{
    if (step < r->warm)
        return r->rate * (double)(step + 1) / (double)r->warm;
    return r->rate * schedules[r->schedule].share(r, step - r->warm);
}

double gm_schedule_rate(const gm_train_options *options, double rate, size_t step, size_t epoch_steps)
{
    gm_train_options own;
    if (gm_train_options_read(&own, options, NULL) != GM_OK || own.rate_of || epoch_steps == 0)
        return NAN;
    const gm_rates rates = gm_rates_of(&own, rate, epoch_steps);
    return gm_rates_at(&rates, step);
}

void gm_plateau_see(gm_plateau *plateau, const gm_rates *rates, bool better)
{
    plateau->without = better ? 0 : plateau->without + 1;
    if (rates->schedule != GM_SCHEDULE_PLATEAU || (double)plateau->without < rates->every)
        return;
    plateau->scale *= rates->factor;
    plateau->without = 0;
}
