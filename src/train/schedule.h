/* The learning rate of each step of a training: its warm-up, and then a schedule. */
#ifndef GM_TRAIN_SCHEDULE_H
#define GM_TRAIN_SCHEDULE_H

#include <gradmill/train.h>

/* The settings that a schedule may have. */
typedef enum gm_schedule_setting {
    GM_SCHEDULE_FACTOR,
    GM_SCHEDULE_EVERY,
    GM_SCHEDULE_POWER,
} gm_schedule_setting;
#define GM_SCHEDULE_SETTING_COUNT 3

/* The default of a setting; 0 if the schedule does not read it. */
double gm_schedule_standard(gm_schedule schedule, gm_schedule_setting setting);

/* The value of a setting in options: 0 if it was left to its default. */
double gm_schedule_setting_of(const gm_train_options *options, gm_schedule_setting setting);

/* GM_USAGE: a setting that the schedule does not read, or that makes no sense; a warm-up that is no number or
 * does not end before the training does. */
gm_status gm_schedule_check(const gm_train_options *options, gm_error *error);

/* Whether the rates depend on the number of steps in an epoch. */
bool gm_schedule_counts(const gm_train_options *options);

/* The rates of a training, with all settings filled in. */
typedef struct gm_rates {
    gm_schedule schedule;
    double rate; /* of the optimizer */
    double factor, every, power;
    size_t epoch; /* steps of one */
    size_t warm;  /* steps of the warm-up */
    size_t steps; /* of all epochs, without those of the warm-up */
    double rise;  /* steps until the highest rate: one-cycle, which has it in place of a warm-up */
} gm_rates;

gm_rates gm_rates_of(const gm_train_options *options, double rate, size_t epoch_steps);

/* The rate of step `step`, from 0. */
double gm_rates_at(const gm_rates *rates, size_t step);

/* What GM_SCHEDULE_PLATEAU has seen. Apart from the number of steps taken, this is all that a schedule keeps
 * from step to step: a checkpoint has to hold these two numbers. For other schedules it stays as it begins.
 */
typedef struct gm_plateau {
    double scale;   /* by which the rate is multiplied; begins as 1 */
    size_t without; /* epochs since the last that was better, or since the last reduction */
} gm_plateau;

/* After an epoch; `better`: than all before. */
void gm_plateau_see(gm_plateau *plateau, const gm_rates *rates, bool better);

#endif
