/* Finds options that have no effect together with other options, or with the given data. A contradiction is
 * an error; a harmless option gives a note. No option is ignored silently. */
#ifndef GM_CLI_NEEDLESS_H
#define GM_CLI_NEEDLESS_H

#include "cli/options.h"

/* GM_USAGE if one of `count` options was given: "--momentum has no effect WHY". But if the command line
 * changes what a file of options says, those that only the file gives may have been right without the change:
 * then there is a note of each of them, and no error. */
gm_status cli_refuse_given(const char *const *options, size_t count, const char *why, gm_error *error);

/* One note that lists those of `count` options that were given: "--rate and --seed have no effect WHY". */
void cli_note_given(const char *const *options, size_t count, const char *why);

/* GM_USAGE if a setting was given that the chosen optimizer does not have. */
gm_status cli_check_optimizer_options(gm_optimizer_kind kind, gm_error *error);

/* GM_USAGE if a setting was given that the chosen schedule does not have. One from a file is taken back. */
gm_status cli_check_schedule_options(gm_train_options *options, gm_error *error);

/* GM_USAGE if --dropout was given without a hidden layer, or has another count of numbers than 1 and that of
 * the hidden layers. */
gm_status cli_check_dropout(const cli_engine_options *options, size_t hidden_layers, gm_error *error);

/* GM_USAGE if --accumulate asks for more batches than an epoch has. */
gm_status cli_check_accumulate(const cli_engine_options *options, size_t batches, gm_error *error);

/* GM_USAGE if --labels or an option of CSV was given and the data is a folder. GM_OK for other data. */
gm_status cli_check_folder_options(const char *path, gm_error *error);

/* GM_USAGE if an option of CSV was given for data from an IDX file, or --labels for data from a CSV file. */
gm_status cli_check_data_options(const gm_dataset *dataset, gm_error *error);
/* The same for a file that was surveyed. */
gm_status cli_check_survey_options(const gm_survey *survey, gm_error *error);

#endif
