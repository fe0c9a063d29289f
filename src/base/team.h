/* The engine's team of threads: the caller is its first member. Members spin briefly while they wait, then
 * sleep, so that back-to-back steps meet awake threads and an idle engine burns nothing; where there are more
 * members than processors, they sleep at once. After a sleep, and
 * now and then, each moves to a processor of its own if there is one (places.h). */
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

/* To be asked before a run by whoever cannot know whether the process has been forked: in a child the members
 * are started anew, for a fork copies the calling thread only. GM_LIMIT if they cannot be. (A team may be
 * destroyed in a child in any case.) */
gm_status gm_team_ready(gm_team *team, gm_error *error);

/* Every member does work(context, its number), denormals flushed to zero; returns when all are done. */
void gm_team_run(gm_team *team, gm_team_work work, void *context);

/* The same for work that one thread does alone: work(context, 0) on the caller, nobody is woken. */
void gm_team_run_alone(gm_team *team, gm_team_work work, void *context);

/* Called by every member inside the work: nobody goes on before all have come. */
void gm_team_barrier(gm_team *team);

/* Pieces of the work for whoever is free, from queues: one for each member and one more, whose number is
 * gm_team_threads(). Takes the queue's next piece, 0, 1, 2 and so on in every run, if it is below `end`. */
bool gm_team_take(gm_team *team, size_t queue, size_t end, size_t *piece);

/* One member's share of `total` things, in whole grains except at the end: [first, first + count). */
typedef struct gm_share {
    size_t first, count;
} gm_share;
gm_share gm_team_share(size_t total, size_t grain, size_t thread, size_t threads);

#endif
