/* The main function of the command: finds the verb in the table below and calls it. */
#include "base/names.h"
#include "base/suggest.h"
#include "cli/cli.h"

#include <argp.h>
#include <gradmill/version.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const cli_verb verbs[] = {
    {"data", "shows what a data file holds, and the command that would train on it", cli_data},
    {"train", "trains a network on data and saves it as a model", cli_train},
    {"eval", "computes the loss and accuracy of a model on data", cli_eval},
    {"predict", "prints the predictions of a model for data, as CSV", cli_predict},
    {"convert", "writes data to a file of another format: CSV, NPY, NPZ or LIBSVM", cli_convert},
    {"explain", "shows every number and equation of one step of a small network", cli_explain},
    {"gradcheck", "compares gradients of backpropagation with central differences", cli_gradcheck},
    {"plan", "predicts memory and time of a training before it starts", cli_plan},
    {"bench", "measures how fast a training step is here, and why", cli_bench},
    {"doctor", "shows which BLAS is used, how fast it is, and what to change", cli_doctor},
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static void print_help(FILE *out)
{
    fputs("Usage: gradmill VERB [OPTION...]\n"
          "Trains fully connected networks on CPUs, and shows where the time of a step goes.\n\n",
          out);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    fputs("\n'gradmill VERB --help' lists the options of a verb. Exit codes: 0 done,\n"
          "1 unexpected error, 2 wrong usage, 3 bad data file, 4 bad model file,\n"
          "5 input or output failed, 6 not enough memory or another limit, 7 training\n"
          "diverged, 8 a check failed or had nothing to check.\n",
          out);
}

/* Calls the verb. argp begins its messages with argv[0], so that is set to "gradmill train" or the like. */
static int run_verb(const cli_verb *verb, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "gradmill %s", verb->name);
    argv[1] = name;
    const int code = verb->run(argc - 1, argv + 1);
    cli_parse_clear();
    return code;
}

static const cli_verb *find_verb(const char *name)
{
    const size_t index = GM_FIND_ROW(verbs, name);
    return index < VERB_COUNT ? &verbs[index] : NULL;
}

/* `gradmill complete [VERB [OPTION]]`, for completions/gradmill: the words that may stand there, one a line.
 */
static int print_words(int argc, char **argv)
{
    static char complete[] = CLI_COMPLETE;
    const cli_verb *verb = argc > 2 ? find_verb(argv[2]) : NULL;
    char *arguments[] = {argv[0], argv[2], complete, argc > 3 ? argv[3] : NULL, NULL};
    if (verb)
        return run_verb(verb, argc > 3 ? 4 : 3, arguments);
    for (size_t i = 0; argc == 2 && i < VERB_COUNT; i++)
        puts(verbs[i].name);
    if (argc == 2)
        fputs("--help\n--version\n", stdout);
    return cli_finish_output();
}

static int refuse_verb(const char *typed)
{
    const char *names[VERB_COUNT + 2] = {"--help", "--version"};
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i + 2] = verbs[i].name;
    const char *meant = gm_suggest(typed, names, VERB_COUNT + 2);
    const char *what = typed[0] == '-' ? "option" : "verb";
    if (meant)
        fprintf(stderr, "gradmill: unknown %s '%s'; did you mean '%s'?\n", what, typed, meant);
    else
        fprintf(stderr, "gradmill: unknown %s '%s'; 'gradmill --help' lists the verbs\n", what, typed);
    return GM_USAGE;
}

int main(int argc, char **argv)
{
    cli_watch_streams();
    argp_err_exit_status = GM_USAGE;
    signal(
        SIGXFSZ,
        SIG_IGN); /* then write() returns an error when a limit of file size is reached, and it is reported */
    if (argc < 2) {
        print_help(stderr);
        return GM_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return cli_finish_output();
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("gradmill %s\n", gm_version());
        return cli_finish_output();
    }
    if (strcmp(argv[1], "complete") == 0)
        return print_words(argc, argv);
    const cli_verb *verb = find_verb(argv[1]);
    return verb ? run_verb(verb, argc, argv) : refuse_verb(argv[1]);
}
