/* The files that a command line names: what a run writes is nothing that it reads, and nothing that another
 * run is writing. */
#ifndef GM_CLI_FILES_H
#define GM_CLI_FILES_H

#include "model/file_kind.h"

/* A file of a command line. `path` NULL: not given; "-": standard input. */
typedef struct cli_input {
    const char *option; /* as messages call it: "--data" */
    const char *path;   /* file, or a directory of IDX files */
} cli_input;

typedef struct cli_output {
    const char *option, *path;
    const gm_file_kind *kind; /* what may be replaced */
} cli_output;

/* To be called before any work. Compares files by device and inode, through links; one that does not exist
 * yet by its folder and name. Standard output counts as an output where it is a regular file. Then each
 * output must be writable, and is reserved for this run. GM_USAGE: an output is an input, another output, or
 * a file of another kind; standard input is to be read twice; GM_IO: it cannot be written, or another run
 * writes it. */
gm_status cli_files_claim(const cli_output *outputs, size_t output_count, const cli_input *inputs,
                          size_t input_count, gm_error *error);

/* Gives up what was reserved; harmless without. May be called by the handler of a signal. */
void cli_files_release(void);

#endif
