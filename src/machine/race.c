/* Runs a function on several threads that start together, and measures the time. */
#include "machine/race.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#include <gradmill/array.h>
#include <stdint.h>

/* The times of one thread in a round. Each has a cache line of its own, because all of them are written while
 * the clock runs. */
struct gm_lap {
    _Alignas(GM_ALIGNMENT) uint64_t start;
    uint64_t end;
};

static void run_lap(void *context, size_t thread)
{
    const gm_race *race = context;
    struct gm_lap *lap = &race->laps[thread];
    gm_team_barrier(race->team);
    lap->start = gm_clock();
    race->work(race->context, thread);
    lap->end = gm_clock();
}

double gm_race_run(const gm_race *race)
{
    gm_team_run(race->team, run_lap, (void *)race);
    struct gm_lap all = race->laps[0];
    for (size_t thread = 1; thread < gm_team_threads(race->team); thread++) {
        const struct gm_lap *lap = &race->laps[thread];
        all.start = lap->start < all.start ? lap->start : all.start;
        all.end = lap->end > all.end ? lap->end : all.end;
    }
    return gm_clock_seconds(all.start, all.end);
}

void gm_race_clear(gm_race *race)
{
    gm_team_destroy(race->team);
    gm_free(race->laps);
    *race = (gm_race){0};
}

gm_status gm_race_prepare(gm_race *race, size_t threads, gm_team_work work, void *context, gm_error *error)
{
    *race = (gm_race){.work = work, .context = context};
    race->laps = gm_alloc(threads, sizeof *race->laps);
    if (!race->laps)
        return gm_fail_memory(error, "the timings of the threads", threads * sizeof *race->laps);
    const gm_status status = gm_team_create(&race->team, threads, error);
    if (status != GM_OK)
        gm_race_clear(race);
    return status;
}
