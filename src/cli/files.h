/* Checks the files that a command line names. A run must not write a file that it reads, or that another run
 * is writing. */
#ifndef GM_CLI_FILES_H
#define GM_CLI_FILES_H

#include "model/file_kind.h"

/* A file of a command line. `path` NULL: not given; "-": standard input. */
typedef struct cli_input {
    const char *option;      /* its name in messages: "--data" */
    const char *path;        /* file, or a directory of IDX files */
    const char *const *more; /* further files */
    size_t more_count;
} cli_input;

typedef struct cli_output {
    const char *option, *path;
    const gm_file_kind *kind; /* what may be replaced */
    bool locks;               /* who writes it locks it himself */
} cli_output;

/* Checks all outputs and reserves them for this run. Call it before any work. Files are compared by device
 * and inode, after following links; a file that does not exist yet is compared by its folder and name.
 * Standard output is one of the outputs if it is a regular file. Each output must be writable. GM_USAGE: an
 * output is also an input, or another output, or a file of another kind, or standard input would be read
 * twice. GM_IO: an output cannot be written, or another run writes it. */
gm_status cli_files_claim(const cli_output *outputs, size_t output_count, const cli_input *inputs,
                          size_t input_count, gm_error *error);

/* Releases the outputs that were reserved; does nothing if there are none. It may be called in a signal
 * handler. */
void cli_files_release(void);

#endif
