/* gradmill bench: runs the case and writes its result. */
#include "base/error.h"
#include "base/text.h"
#include "bench/contest/child_step.h"
#include "cli/bench_cases.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/interrupt.h"
#include "model/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shows on a terminal how much of the present network is done. */
static void show_progress(double done, void *context)
{
    (void)context;
    fprintf(stderr, "\rmeasuring %3.0f %%\033[K", 100 * done);
}

/* Writes an output into memory and then saves it durably. */
static gm_status save(const char *path, const gm_result *result, const gm_environment *environment,
                      bool report, gm_error *error)
{
    const gm_file_kind *kind = report ? &gm_kind_bench_report : &gm_kind_bench_json;
    gm_text text = {0};
    FILE *out = gm_text_open(&text);
    if (!out)
        return gm_fail_memory(error, path, 0);
    gm_status status = report ? gm_output_report(result, environment, out, error)
                              : gm_output_write(result, environment, GM_FORMAT_JSON, out, error);
    const bool written = fclose(out) == 0;
    if (status == GM_OK)
        status = written ? gm_durable_write(&gm_durable_system, path, kind,
                                            &(gm_buffer){text.data, text.size}, 1, error)
                         : gm_fail_memory(error, path, text.size);
    gm_text_clear(&text);
    return status;
}

static gm_status write_all(const cli_bench_options *o, const gm_result *result,
                           const gm_environment *environment, gm_error *error)
{
    gm_status status = gm_output_write(result, environment, o->format, stdout, error);
    if (status == GM_OK && o->out)
        status = save(o->out, result, environment, false, error);
    if (status == GM_OK && o->report)
        status = save(o->report, result, environment, true, error);
    return status;
}

/* Checks and reserves the output files. Files that are read are the two of gate, the data of peers, and
 * libraries given by their path. */
static gm_status claim_files(const cli_bench_options *o, gm_error *error)
{
    const cli_output outputs[] = {{"--out", o->out, &gm_kind_bench_json, false},
                                  {"--report", o->report, &gm_kind_bench_report, false}};
    cli_input inputs[3 + CLI_MOST_LIBRARIES] = {{.option = "OLD", .path = o->sides[0]},
                                                {.option = "NEW", .path = o->sides[1]},
                                                {.option = "--data", .path = o->data}};
    size_t count = 3;
    for (size_t i = 0; i < o->library_count; i++)
        if (strchr(o->libraries[i], '/'))
            inputs[count++] = (cli_input){.option = "--blas", .path = o->libraries[i]};
    return cli_files_claim(outputs, 2, inputs, count, error);
}

static gm_status run_all(cli_bench_options *o, gm_environment *environment, gm_error *error)
{
    const cli_bench_case *found = NULL;
    gm_status status = cli_bench_case_find(&found, o, error);
    if (status == GM_OK)
        status = cli_bench_case_check(found, o, error);
    if (status == GM_OK)
        status = claim_files(o, error);
    if (status != GM_OK)
        return status;
    if (isatty(STDERR_FILENO))
        o->sweep.progress = show_progress;
    gm_result result = {0};
    status = cli_bench_case_run(found, o, &result, environment, error);
    gm_environment_close(environment);
    if (o->sweep.progress)
        fputs("\r\033[K", stderr);
    if (status == GM_OK || status == GM_CHECK) { /* the result of a failed check is shown, too */
        const gm_status written = write_all(o, &result, environment, status == GM_OK ? error : NULL);
        status = status == GM_OK ? written : status;
    }
    gm_result_clear(&result);
    return status;
}

/* Whether this is `bench step --child`, a child process of compare, peers or gate. It has its own arguments.
 */
static bool is_child(int argc, char **argv)
{
    return argc > 2 && strcmp(argv[1], "step") == 0 && strcmp(argv[2], "--child") == 0;
}

int cli_bench(int argc, char **argv)
{
    if (is_child(argc, argv))
        return gm_bench_child(argc, argv);
    cli_bench_options options;
    gm_error error = {0};
    gm_environment environment =
        gm_environment_read(argc, argv); /* before argp changes the order of the arguments */
    cli_bench_parse(&options, argc, argv);
    cli_interrupt_guard();
    const gm_status status = run_all(&options, &environment, &error);
    cli_files_release();
    cli_interrupt_unguard();
    return cli_finish(status, &error);
}
