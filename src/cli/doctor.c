/* gradmill doctor: reports the BLAS library, its kernels, threads, quota and measured peaks, and what should
 * be changed for speed. */
#include "machine/peak.h"
#include "cli/cli.h"
#include "cli/doctor_report.h"
#include "machine/facts.h"

#include <argp.h>

struct options {
    bool json, quick;
};

enum { KEY_JSON = 256, KEY_QUICK }; /* no short forms */

static const struct argp_option option_table[] = {
    {"json", KEY_JSON, NULL, 0, "one JSON object instead of text", 0},
    {"quick", KEY_QUICK, NULL, 0, "measure nothing", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    (void)argument;
    switch (key) {
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_QUICK:
        options->quick = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_table,
    .parser = parse_option,
    .doc =
        "Shows which BLAS is used, with which kernels and on how many threads, measures which part of the CPU's "
        "arithmetic peak it reaches, and says what to change.",
};

typedef gm_status measurement(gm_precision precision, size_t threads, double *flops, gm_error *error);

/* Measures a peak on one thread and on all threads. */
static gm_status measure_twice(measurement *peak, gm_precision precision, size_t threads, gm_speed *speed,
                               gm_error *error)
{
    const gm_status status = peak(precision, 1, &speed->one, error);
    if (threads > 1 && status == GM_OK)
        return peak(precision, threads, &speed->all, error);
    speed->all = speed->one;
    return status;
}

static gm_status bandwidth(gm_precision precision, size_t threads, double *bytes, gm_error *error)
{
    (void)precision; /* the bandwidth does not depend on it */
    return gm_peak_bandwidth(threads, bytes, error);
}

static gm_status measure(gm_facts *facts, gm_error *error)
{
    const struct {
        measurement *peak;
        gm_precision precision;
        gm_speed *speed;
    } list[] = {
        {gm_peak_fma, GM_F32, &facts->fma[GM_F32]}, {gm_peak_gemm, GM_F32, &facts->gemm[GM_F32]},
        {gm_peak_fma, GM_F64, &facts->fma[GM_F64]}, {gm_peak_gemm, GM_F64, &facts->gemm[GM_F64]},
        {bandwidth, GM_F64, &facts->bandwidth},
    };
    gm_status status = GM_OK;
    for (size_t i = 0; i < sizeof list / sizeof *list && status == GM_OK; i++)
        status = measure_twice(list[i].peak, list[i].precision, facts->threads.usable, list[i].speed, error);
    facts->measured = status == GM_OK;
    return status;
}

int cli_doctor(int argc, char **argv)
{
    struct options options = {0};
    gm_error error = {0};
    cli_parse(&argp, argc, argv, &options);
    gm_facts facts = gm_gather_facts(true);
    if (!options.quick && measure(&facts, &error) != GM_OK)
        return cli_report(&error);
    gm_finding findings[GM_MOST_FINDINGS];
    const size_t count = gm_findings(&facts, findings);
    if (!options.json) {
        cli_print_facts(&facts);
        cli_print_findings(findings, count);
    } else if (cli_dump_facts(&facts, findings, count, &error) != GM_OK) {
        return cli_report(&error);
    }
    return cli_finish_output();
}
