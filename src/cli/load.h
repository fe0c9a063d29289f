/* Loads data sets for the verbs, from a directory or a file, and prints the remarks of the reader as notes.
 */
#ifndef GM_CLI_LOAD_H
#define GM_CLI_LOAD_H

#include "cli/files.h"
#include "cli/options.h"

/* Which part of a directory like that of MNIST to load, or of an NPZ file that has both. It has no effect for
 * other files. */
typedef enum cli_part { CLI_PART_TRAIN, CLI_PART_TEST } cli_part;

/* The files of --data, for cli_files_claim. */
cli_input cli_data_input(const cli_data_options *options);

/* How the columns of a file become inputs, by the options. */
gm_columns_options cli_columns_options(const cli_data_options *data);

/* Loads a data set. The verb has checked that options->data is given. */
gm_status cli_load(const cli_data_options *options, cli_part part, gm_dataset **dataset, gm_error *error);

/* How the user can say where the targets are, if the data was read without any: the end of an error line. */
const char *cli_where_targets(const gm_dataset *dataset);

/* Finds the files of one part of a directory: resolved->data and resolved->read.labels then point into
 * *files, and resolved->files to resolved->data. For a file, *resolved is a copy of the options. GM_BAD_DATA:
 * the directory does not have the part.
 */
gm_status cli_resolve(const cli_data_options *options, cli_part part, gm_dataset_files *files,
                      cli_data_options *resolved, gm_error *error);

/* Whether the path is that of a directory. "-" is standard input. */
bool cli_is_directory(const char *path);

/* Sets what a model decides of how data is read: columns, classes and precision. They are borrowed. */
void cli_read_for_model(gm_dataset_options *read, const gm_model *model);

#endif
