/* Options that take several files, as in `--data part-1.csv part-2.csv`, which a shell makes of
 * `--data part-*.csv`.
 *
 * argp gives an option one value. So the values are joined to one text, with new lines between them; in this
 * form they are also stored with the options of a run. */
#ifndef GM_CLI_SEVERAL_H
#define GM_CLI_SEVERAL_H

#include <argp.h>
#include <stddef.h>

/* The name of the argument of such an option. */
#define CLI_SEVERAL_PATHS "PATH..."

/* Joins the values of such options on a command line: *argv is replaced by a list of the same meaning, in
 * which each has one value. Ends the program without memory. */
void cli_join_values(const struct argp *argp, int *argc, char ***argv);

/* The files that a value names. */
typedef struct cli_paths {
    const char *name; /* of all of them, in messages: "a.csv", or "a.csv and 2 more files" */
    const char *const *items;
    size_t count;
} cli_paths;

/* Divides a value into paths. One that is not there, but has the wildcards of a shell, stands for all files
 * that it matches, in the order of their names. The memory is owned here, until the next call. Ends the
 * program without memory. */
cli_paths cli_divide_value(const char *value);

/* Frees what the two functions keep: at the end of the program. */
void cli_several_clear(void);

#endif
