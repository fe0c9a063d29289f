/* Prints errors, warnings and notes on stderr, and checks that output could be written. */
#include "cli/cli.h"
#include "base/utf8.h"
#include "machine/facts.h"
#include "cli/arguments.h"
#include "cli/config.h"
#include "cli/help.h"
#include "cli/resume.h"
#include "cli/several.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    if (argc > 1 && strcmp(argv[1], CLI_COMPLETE) == 0) {
        cli_print_words(argp, argv[2]);
        exit(cli_finish_output());
    }
    gm_error error = {0};
    cli_join_values(argp, &argc, &argv);
    cli_check_arguments(argp, argc, argv);
    cli_arguments_are_typed();
    const gm_status status = cli_config_insert(argp, &argc, &argv, &error);
    if (status != GM_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], error.message);
        exit((int)status);
    }
    cli_check_arguments(argp, argc, argv);
    const error_t failure = argp_parse(argp, argc, argv, 0, NULL, input);
    if (failure == 0)
        return;
    fprintf(stderr, "gradmill: cannot read the options: %s\n", strerror(failure));
    exit(failure == ENOMEM ? GM_LIMIT : GM_UNEXPECTED);
}

void cli_parse_clear(void)
{
    cli_config_clear();
    cli_resume_clear();
    cli_several_clear();
    cli_arguments_clear();
}

/* Prints the rest of a line. It may hold names of files, columns and classes, in which anything can stand, so
 * unprintable characters are replaced. */
__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments)
{
    char line[4096];
    vsnprintf(line, sizeof line, format, arguments);
    gm_make_printable(line, strlen(line));
    fprintf(stderr, "%s\n", line);
}

void cli_refuse(const struct argp_state *state, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s: %s", state->name, cli_config_origin_of(state->next - 1).text);
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    exit(GM_USAGE);
}

int cli_report(const gm_error *error)
{
    fprintf(stderr, "gradmill: %s\n", error->message);
    return (int)error->status;
}

static void speak(const char *kind, const char *format, va_list arguments)
{
    fprintf(stderr, "gradmill: %s: ", kind);
    say(format, arguments);
}

void cli_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    speak("warning", format, arguments);
    va_end(arguments);
}

void cli_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    speak("note", format, arguments);
    va_end(arguments);
}

static bool output_failed; /* and the error was printed */

int cli_finish_output(void)
{
    const bool failed = ferror(stdout) != 0;
    if (output_failed || (fflush(stdout) == 0 && !failed))
        return output_failed ? GM_IO : GM_OK;
    fprintf(stderr, "gradmill: standard output: %s\n", strerror(errno));
    output_failed = true;
    return GM_IO;
}

int cli_finish(gm_status status, const gm_error *error)
{
    const int output = cli_finish_output(); /* results are printed before the error */
    return status == GM_OK ? output : cli_report(error);
}

/* Some file systems report a failed write only when the file is closed. If standard output was closed from
 * the beginning, this is not an error for a run that printed nothing. */
static void close_output(int code, void *unused)
{
    (void)unused;
    int output = cli_finish_output();
    if (fclose(stdout) != 0 && output == GM_OK && errno != EBADF) {
        fprintf(stderr, "gradmill: standard output: %s\n", strerror(errno));
        output = GM_IO;
    }
    if (code == GM_OK && output != GM_OK)
        _exit(output);
}

/* A standard stream that was closed at the start is replaced, so that no file takes its number. The
 * replacement is open in the wrong direction: using it fails, as using the closed stream would. */
static void fill_closed_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void cli_watch_streams(void)
{
    fill_closed_streams();
    (void)on_exit(close_output, NULL); /* if there is no memory for this, output of argp is not checked */
}

void cli_warn_of_setup(bool with_blas)
{
    const gm_facts facts = gm_gather_facts(with_blas);
    gm_finding findings[GM_MOST_FINDINGS];
    const size_t count = gm_findings(&facts, findings);
    for (size_t i = 0; i < count; i++) {
        if (findings[i].severity == GM_WARNING && (with_blas || !findings[i].of_blas))
            cli_warn("%s%s%s", findings[i].text, *findings[i].fix ? "; try: " : "", findings[i].fix);
    }
}
