/* Saves the model of a run as often as it is worth the time. */
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
    bool stale;          /* a later model was offered that is not in the file */
} cli_saver;

cli_saver cli_saver_of(const char *path, const gm_model *model);

/* Offers the model as it is now. The first one is saved, so that a file is there soon; a later one only if
 * saving takes less than a fiftieth of the time since the last save. Errors as gm_model_save. */
gm_status cli_saver_offer(cli_saver *saver, gm_error *error);

/* Saves the model as it is now, if it is not in the file already. */
gm_status cli_saver_finish(cli_saver *saver, gm_error *error);

#endif
