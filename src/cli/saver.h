/* Saves the model of a run, but not so often that saving takes much of the time. */
#ifndef GM_CLI_SAVER_H
#define GM_CLI_SAVER_H

#include <gradmill/model.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct cli_saver {
    const char *path; /* NULL: nothing is saved */
    const gm_model *model;
    uint64_t cost, last; /* time that the last save took, and when it ended; by gm_clock */
    bool saved;          /* there is a file of this run */
    bool stale;          /* a newer network was offered but not saved */
} cli_saver;

cli_saver cli_saver_of(const char *path, const gm_model *model);

/* Offers a network (NULL: that of the model) for saving, after each epoch. changed: it is another one than
 * was offered before. The first one is saved, so that there is a file early. A later one is saved only if the
 * last save took less than a fiftieth of the time since then; otherwise it is still to be saved when it is
 * offered again. Errors: as gm_model_save. */
gm_status cli_saver_offer(cli_saver *saver, const gm_network *network, bool changed, gm_error *error);

/* Saves the present model if it is not in the file yet. */
gm_status cli_saver_finish(cli_saver *saver, gm_error *error);

#endif
