/* What doctor concludes from what it saw. Pure: facts in, findings out, so that a test can make up a machine.
 */
#ifndef GM_CLI_FINDINGS_H
#define GM_CLI_FINDINGS_H

#include <gradmill.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cli_variable {
    const char *name, *value;
} cli_variable;

#define CLI_MOST_VARIABLES 16

/* On one core and on all usable threads, in FLOP/s or byte/s; 0 = not measured. */
typedef struct cli_speed {
    double one, all;
} cli_speed;

typedef struct cli_facts {
    const char *compiler;
    bool optimised; /* the build was told to optimise */
    gm_cpu cpu;
    gm_threads threads;
    size_t memory;
    gm_blas blas;
    char unpinned_core[64]; /* kernels that OpenBLAS chooses without its pin; empty = no pin, or unknown */
    cli_variable variables[CLI_MOST_VARIABLES]; /* those of interest that are set */
    size_t variable_count;
    char governor[32];   /* of the CPU's clock; empty where the system does not say (also below) */
    char huge_pages[32]; /* "always", "madvise", "never" */
    double load;         /* average of the last minute, from before the measurement; negative = unknown */
    bool measured;       /* the speeds below are */
    cli_speed fma[2];    /* by gm_precision */
    cli_speed gemm[2];   /* sgemm, dgemm */
    cli_speed bandwidth;
} cli_facts;

typedef enum cli_severity {
    CLI_NOTE,    /* good to know */
    CLI_WARNING, /* costs speed */
} cli_severity;

typedef struct cli_finding {
    const char *name; /* for machines: "slow-kernels-pinned" */
    cli_severity severity;
    char text[300];
    char fix[300]; /* the line to type or to change; empty if there is none */
} cli_finding;

#define CLI_MOST_FINDINGS 24

/* Fills findings, warnings first; returns their number. */
size_t cli_findings(const cli_facts *facts, cli_finding findings[CLI_MOST_FINDINGS]);

#endif
