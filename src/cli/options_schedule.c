/* The options for the learning rate from step to step: warm-up, schedule, and what the schedule is set by. */
#include "base/append.h"
#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/names.h"
#include "cli/needless.h"
#include "train/schedule.h"

#include <math.h>

enum { KEY_SCHEDULE = 0x500, KEY_WARMUP, KEY_FACTOR, KEY_EVERY, KEY_POWER };

static const struct argp_option schedule_options[] = {
    {0, 0, 0, 0, "Learning rate from step to step:", 7},
    {"schedule", KEY_SCHEDULE, "NAME", 0,
     "how the rate changes: {schedules} (default cosine, which falls to 0)", 0},
    {"warmup", KEY_WARMUP, "EPOCHS", 0,
     "let the rate rise evenly for so long, such as 0.5, before the schedule begins; with one-cycle: the length of its rise "
     "(default 0; one-cycle: 0.3 of all epochs)",
     0},
    {"schedule-factor", KEY_FACTOR, "X", 0,
     "what the rate is multiplied by: default 0.1 for step and plateau, 0.95 for exponential, which does so in each epoch",
     0},
    {"schedule-every", KEY_EVERY, "N", 0,
     "epochs from one change to the next (step), or epochs in a row that are no better before a change (plateau): default 10",
     0},
    {"schedule-power", KEY_POWER, "X", 0, "the power of schedule polynomial (default 2)", 0},
    {0},
};

static error_t parse_schedule(int key, char *argument, struct argp_state *state)
{
    gm_train_options *options = state->input;
    switch (key) {
    case KEY_SCHEDULE:
        options->schedule = (gm_schedule)cli_choose("schedule", argument, cli_schedule_names, state);
        return 0;
    case KEY_WARMUP:
        options->warmup = cli_number_below("warmup", argument, INFINITY, state);
        return 0;
    case KEY_FACTOR:
        options->schedule_factor = cli_positive("schedule-factor", argument, state);
        if (options->schedule_factor >= 1)
            cli_refuse(state, "--schedule-factor %s: expected a number above 0 and below 1", argument);
        return 0;
    case KEY_EVERY:
        options->schedule_every = cli_size("schedule-every", argument, 1, state);
        return 0;
    case KEY_POWER:
        options->schedule_power = cli_positive("schedule-power", argument, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_schedule_argp = {
    .options = schedule_options, .parser = parse_schedule, .help_filter = cli_fill_names};

/* "with --schedule linear; it belongs to step and plateau" */
static void write_reason(char *why, size_t size, gm_schedule schedule, gm_schedule_setting setting)
{
    const char *names[GM_SCHEDULE_COUNT];
    size_t count = 0;
    for (gm_schedule s = 0; s < GM_SCHEDULE_COUNT; s++) {
        if (gm_schedule_standard(s, setting) != 0)
            names[count++] = gm_schedule_name(s);
    }
    const size_t used =
        gm_append(why, size, 0, "with --schedule %s; it belongs to ", gm_schedule_name(schedule));
    cli_append_list(why, size, used, names, count);
}

static void take_back(gm_train_options *options, gm_schedule_setting setting)
{
    switch (setting) {
    case GM_SCHEDULE_FACTOR:
        options->schedule_factor = 0;
        break;
    case GM_SCHEDULE_EVERY:
        options->schedule_every = 0;
        break;
    case GM_SCHEDULE_POWER:
        options->schedule_power = 0;
        break;
    }
}

/* One-cycle begins with a rise of the rate. --warmup says how long it takes, if it is above 0. */
static gm_status check_warmup(const gm_train_options *options, gm_error *error)
{
    static const char *const warmup[] = {"warmup"};
    return options->schedule == GM_SCHEDULE_ONE_CYCLE && cli_given("warmup") && options->warmup <= 0
               ? cli_refuse_given(warmup, 1, "as 0 with --schedule one-cycle, which begins with a rise",
                                  error)
               : GM_OK;
}

gm_status cli_check_schedule_options(gm_train_options *options, gm_error *error)
{
    const gm_schedule schedule = options->schedule;
    static const char *const names[GM_SCHEDULE_SETTING_COUNT] = {"schedule-factor", "schedule-every",
                                                                 "schedule-power"};
    gm_status status = GM_OK;
    for (gm_schedule_setting s = 0; s < GM_SCHEDULE_SETTING_COUNT && status == GM_OK; s++) {
        char why[CLI_HELP_SIZE];
        if (gm_schedule_standard(schedule, s) != 0)
            continue;
        write_reason(why, sizeof why, schedule, s);
        status = cli_refuse_given(&names[s], 1, why, error);
        take_back(options, s);
    }
    return status == GM_OK ? check_warmup(options, error) : status;
}
