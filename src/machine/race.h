/* Runs a function on several threads that start together, and takes the time from the first start to the last
 * end. Peaks are measured with it. */
#ifndef GM_MACHINE_RACE_H
#define GM_MACHINE_RACE_H

#include "base/team.h"

struct gm_lap;

typedef struct gm_race {
    gm_team *team;
    struct gm_lap *laps; /* one for each thread */
    gm_team_work work;   /* of each thread in each round */
    void *context;       /* of the work; the caller's */
} gm_race;

/* threads >= 1. GM_LIMIT: no threads or no memory; nothing is to be cleared then. */
gm_status gm_race_prepare(gm_race *race, size_t threads, gm_team_work work, void *context, gm_error *error);
void gm_race_clear(gm_race *race);

/* Runs one round and returns its seconds. If the system runs the threads one after the other, it takes that
 * much longer. */
double gm_race_run(const gm_race *race);

#endif
