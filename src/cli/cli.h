/* Functions that the verbs share. No code outside src/cli prints or ends the program. */
#ifndef GM_CLI_CLI_H
#define GM_CLI_CLI_H

#include <gradmill.h>
#include <stdbool.h>

/* A verb parses argv (argv[0] is "gradmill VERB") with argp and returns the exit code. */
typedef struct cli_verb {
    const char *name;
    const char *summary; /* one line of `gradmill --help` */
    int (*run)(int argc, char **argv);
} cli_verb;

int cli_train(int argc, char **argv);
int cli_eval(int argc, char **argv);
int cli_predict(int argc, char **argv);
int cli_convert(int argc, char **argv);
int cli_data(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_gradcheck(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_bench(int argc, char **argv);
int cli_plan(int argc, char **argv);

struct argp;
struct argp_state;

/* Parses the options with argp. Ends the program after a mistake (exit code 2), or without memory (6), with
 * one line on stderr. If the first argument is CLI_COMPLETE, it prints the words that a shell may complete
 * instead (help.h), and exits. */
#define CLI_COMPLETE "--complete"
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Frees what cli_parse keeps of the options: at the end of the program. */
void cli_parse_clear(void);

/* Ends the program with exit code 2 after the line "gradmill VERB: MESSAGE". It replaces argp_error, which
 * adds one or two lines about --help. */
_Noreturn void cli_refuse(const struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints "gradmill: MESSAGE" to stderr and returns the exit code of the status. */
int cli_report(const gm_error *error);

/* Prints "gradmill: warning: ..." to stderr. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "gradmill: note: ..." to stderr. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a warning for each finding of doctor that needs no measurement, with its remedy. */
void cli_warn_of_setup(bool with_blas);

/* Call it first. If output cannot be written, the exit code becomes 5, however the program ends (argp's
 * --help included). If a standard stream is closed, its number is given to a descriptor that fails. Otherwise
 * a file that is opened later could get that number, and the output would be written into it. */
void cli_watch_streams(void);

/* Flushes stdout. Returns the exit code 0, or 5 after an error message if the output could not be written. */
int cli_finish_output(void);

/* Ends a verb: flushes stdout and reports the error unless status is GM_OK. Returns the exit code. */
int cli_finish(gm_status status, const gm_error *error);

#endif
