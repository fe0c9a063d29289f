/* `gradmill doctor`: which BLAS, which kernels, threads, quota, peak; and what to change. */
#include "base/kernel_text.h"
#include "bench/peak.h"
#include "cli/cli.h"
#include "cli/doctor_report.h"
#include "cli/findings.h"
#include "cli/unpinned_core.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#if defined(__clang__)
#define COMPILER __VERSION__
#else
#define COMPILER "GCC " __VERSION__
#endif

#ifdef __OPTIMIZE__
#define OPTIMISED true
#else
#define OPTIMISED false
#endif

struct options {
    bool json, quick;
};

enum { KEY_JSON = 256, KEY_QUICK }; /* no short forms */

static const struct argp_option option_table[] = {
    {"json",  KEY_JSON,  NULL, 0, "Print one JSON object", 0},
    {"quick", KEY_QUICK, NULL, 0, "Do not measure",        0},
    {NULL,    0,         NULL, 0, NULL,                    0},
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
        return ARGP_ERR_UNKNOWN; /* argp itself refuses arguments that nobody wants */
    }
}

static const struct argp argp = {
    .options = option_table,
    .parser = parse_option,
    .doc =
        "Shows which BLAS computes here, with which kernels and on how many threads, measures how near it comes "
        "to the arithmetic peak of the CPU, and says what to change.",
};

/* What changes the speed of a BLAS. */
static const char *const variable_names[] = {
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",        "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS",
    "OMP_NUM_THREADS",   "OMP_PROC_BIND",           "BLIS_ARCH_TYPE",       "BLIS_NUM_THREADS",
    "MKL_NUM_THREADS",   "MKL_ENABLE_INSTRUCTIONS",
};
_Static_assert(sizeof variable_names / sizeof *variable_names < CLI_MOST_VARIABLES,
               "room for LD_PRELOAD, too");

static void add_variable(cli_facts *facts, const char *name, const char *value)
{
    if (value)
        facts->variables[facts->variable_count++] = (cli_variable){name, value};
}

static bool names_a_blas(const char *preload)
{
    return preload &&
           (strcasestr(preload, "blas") || strcasestr(preload, "blis") || strcasestr(preload, "mkl"));
}

static void read_line(char *line, size_t size, const char *path)
{
    char text[256];
    gm_kernel_read(path, text, sizeof text);
    gm_kernel_line(line, size, text);
}

static cli_facts gather(void)
{
    cli_facts facts = {.compiler = COMPILER, .optimised = OPTIMISED};
    facts.cpu = gm_system_cpu();
    facts.threads = gm_system_threads();
    facts.memory = gm_system_memory();
    facts.blas = gm_system_blas();
    if (getenv("OPENBLAS_CORETYPE"))
        cli_unpinned_core(facts.unpinned_core, sizeof facts.unpinned_core);
    for (size_t i = 0; i < sizeof variable_names / sizeof *variable_names; i++)
        add_variable(&facts, variable_names[i], getenv(variable_names[i]));
    const char *preload = getenv("LD_PRELOAD");
    add_variable(&facts, "LD_PRELOAD", names_a_blas(preload) ? preload : NULL);
    read_line(facts.governor, sizeof facts.governor, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    char choice[256];
    gm_kernel_read("/sys/kernel/mm/transparent_hugepage/enabled", choice, sizeof choice);
    gm_kernel_choice(facts.huge_pages, sizeof facts.huge_pages, choice);
    if (getloadavg(&facts.load, 1) != 1)
        facts.load = -1;
    return facts;
}

typedef gm_status measurement(gm_precision precision, size_t threads, double *flops, gm_error *error);

/* On one thread and on all. */
static gm_status measure_twice(measurement *peak, gm_precision precision, size_t threads, cli_speed *speed,
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
    (void)precision; /* bytes are bytes */
    return gm_peak_bandwidth(threads, bytes, error);
}

static gm_status measure(cli_facts *facts, gm_error *error)
{
    const struct {
        measurement *peak;
        gm_precision precision;
        cli_speed *speed;
    } list[] = {
        {gm_peak_fma,  GM_F32, &facts->fma[GM_F32] },
        {gm_peak_gemm, GM_F32, &facts->gemm[GM_F32]},
        {gm_peak_fma,  GM_F64, &facts->fma[GM_F64] },
        {gm_peak_gemm, GM_F64, &facts->gemm[GM_F64]},
        {bandwidth,    GM_F64, &facts->bandwidth   },
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
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return GM_UNEXPECTED;
    cli_facts facts = gather();
    if (!options.quick && measure(&facts, &error) != GM_OK)
        return cli_report(&error);
    cli_finding findings[CLI_MOST_FINDINGS];
    const size_t count = cli_findings(&facts, findings);
    if (!options.json) {
        cli_print_facts(&facts);
        cli_print_findings(findings, count);
    } else if (cli_dump_facts(&facts, findings, count, &error) != GM_OK) {
        return cli_report(&error);
    }
    return cli_finish_output();
}
