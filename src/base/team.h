/* The team of threads of an engine: a thread pool with a barrier. The caller is its first member.
 *
 * A member that waits spins for a moment and then sleeps. So members are still awake when steps follow each
 * other without a pause, and an engine without work takes no CPU time. If there are more members than
 * processors, waiting members sleep at once, so that the others can run. After a sleep, and now and then in
 * any case, each member moves to a processor of its own if there is one (placement.h). */
#ifndef GM_BASE_TEAM_H
#define GM_BASE_TEAM_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct gm_team gm_team;

/* Work for one member: thread 0 .. threads - 1. */
typedef void (*gm_team_work)(void *context, size_t thread);

/* threads >= 1. GM_LIMIT if the system starts no more threads. *team is NULL on failure. */
gm_status gm_team_create(gm_team **team, size_t threads, gm_error *error);
void gm_team_destroy(gm_team *team); /* NULL is fine */

size_t gm_team_threads(const gm_team *team);

/* Makes the team usable in the child of a fork, where it has no threads: a fork copies the calling thread
 * only. Call it before a run if the process may have been forked. GM_LIMIT if threads cannot be started. A
 * team may be destroyed in a child without it. */
gm_status gm_team_ready(gm_team *team, gm_error *error);

/* Every member calls work(context, its number), with denormals flushed to zero. Returns when all members have
 * finished. */
void gm_team_run(gm_team *team, gm_team_work work, void *context);

/* Only the caller calls work(context, 0), with denormals flushed to zero. No other member is woken. */
void gm_team_run_alone(gm_team *team, gm_team_work work, void *context);

/* A barrier: every member calls it inside the work, and none returns before all have called it. */
void gm_team_barrier(gm_team *team);

/* Work stealing. There is a queue of pieces for each member, and one more queue, whose number is
 * gm_team_threads(). In each run the pieces of a queue are 0, 1, 2 and so on. The function takes the next
 * piece of a queue, and returns false if all pieces below `end` have been taken. Any member may take from any
 * queue. */
bool gm_team_take(gm_team *team, size_t queue, size_t end, size_t *piece);

/* The range [first, first + count) of `total` things that belongs to one member. Ranges begin and end at
 * multiples of `grain`, except for the end of the last one. */
typedef struct gm_range {
    size_t first, count;
} gm_range;
gm_range gm_team_range(size_t total, size_t grain, size_t thread, size_t threads);

#endif
