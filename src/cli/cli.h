/* What the verbs share. The command is the only place that prints or exits. */
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
int cli_explain(int argc, char **argv);
int cli_gradcheck(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_bench(int argc, char **argv);
int cli_plan(int argc, char **argv);

struct argp;
struct argp_state;

/* Parses options with argp; exits on a mistake (2) or without memory (6), after one line. If the first
 * argument is CLI_COMPLETE, it prints the words that a shell may complete instead (help.h), and exits. */
#define CLI_COMPLETE "--complete"
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Ends the program with exit code 2 after the line "gradmill VERB: MESSAGE". In place of argp_error, whose
 * hint at --help takes one or two lines more. */
_Noreturn void cli_refuse(const struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints "gradmill: MESSAGE" to stderr and returns the exit code of the status. */
int cli_report(const gm_error *error);

/* Prints "gradmill: warning: ..." to stderr. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "gradmill: note: ..." to stderr. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One warning for each thing that costs speed and can be seen without measuring, with its remedy. */
void cli_warn_of_setup(bool with_blas);

/* To be called first. Whatever ends the program, argp's --help as well: output that could not be written
 * makes its exit code 5. A standard stream that is closed gets a descriptor that fails, so that no file that
 * is opened later takes its number, and gets what is printed. */
void cli_watch_streams(void);

/* Flushes stdout; an exit code: 0, or 5 after saying that the output could not be written. */
int cli_finish_output(void);

/* The end of a verb: flushes stdout, reports the error unless status is GM_OK; an exit code. */
int cli_finish(gm_status status, const gm_error *error);

#endif
