/* Runs a function on several threads that start together, and measures the time from the first start to the
 * last end. peak.c and reference.c measure with it. */
#ifndef GM_MACHINE_RACE_H
#define GM_MACHINE_RACE_H

#include "base/team.h"

struct gm_lap;

typedef struct gm_race {
    gm_team *team;
    struct gm_lap *laps; /* one for each thread */
    gm_team_work work;   /* called by each thread in each round */
    void *context;       /* passed to work; owned by the caller */
} gm_race;

/* threads >= 1. GM_LIMIT: no threads or no memory; then the race need not be cleared. */
gm_status gm_race_prepare(gm_race *race, size_t threads, gm_team_work work, void *context, gm_error *error);
void gm_race_clear(gm_race *race);

/* Runs one round and returns its seconds. If the system runs the threads one after the other, the time is the
 * sum of theirs. */
double gm_race_run(const gm_race *race);

#endif
