/* Goes on with a run from its checkpoint: restores the options, and says what is different from before. */
#ifndef GM_CLI_RESUME_H
#define GM_CLI_RESUME_H

#include "cli/train_options.h"

/* Reads a checkpoint. *text: the options that it was made with, as a text for cli/config.h; free it with
 * gm_free. GM_BAD_MODEL, GM_IO, GM_LIMIT. */
gm_status cli_resume_text(const char *path, char **text, gm_error *error);

/* The checkpoint that was read; NULL: none was. It lives until cli_resume_clear. */
const gm_checkpoint *cli_resume_checkpoint(void);
void cli_resume_clear(void);

/* Prints notes: where the run goes on; which options were given anew, and what that means; whether the engine
 * computes with other kernels or threads than before. */
gm_status cli_resume_note(const gm_checkpoint *checkpoint, const gm_engine *engine,
                          const cli_train_options *options, gm_error *error);

#endif
