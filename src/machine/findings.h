/* The facts about a machine, and what `gradmill doctor` concludes from them. The conclusions depend on
 * nothing but the facts, so a test can invent a machine. */
#ifndef GM_MACHINE_FINDINGS_H
#define GM_MACHINE_FINDINGS_H

#include <gradmill.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct gm_variable {
    const char *name, *value;
} gm_variable;

#define GM_MOST_VARIABLES 16

/* A speed on one thread and on all usable threads, in FLOP/s or byte/s; 0 = not measured. */
typedef struct gm_speed {
    double one, all;
} gm_speed;

typedef struct gm_facts {
    const char *compiler;
    bool optimised; /* the build was told to optimise */
    gm_cpu cpu;
    gm_threads threads;
    size_t memory;
    gm_blas blas;
    char unpinned_core[64]; /* kernels of OpenBLAS without OPENBLAS_CORETYPE; empty = unknown */
    gm_variable variables[GM_MOST_VARIABLES]; /* those of interest that are set */
    size_t variable_count;
    char governor[32];   /* of the CPU's clock; empty if the system does not tell it (so is huge_pages) */
    char huge_pages[32]; /* "always", "madvise", "never" */
    double load;         /* average of the last minute, from before the measurement; negative = unknown */
    bool measured;       /* whether the speeds below were measured */
    gm_speed fma[2];     /* by gm_precision */
    gm_speed gemm[2];    /* sgemm, dgemm */
    gm_speed bandwidth;
} gm_facts;

typedef enum gm_severity {
    GM_NOTE,    /* good to know */
    GM_WARNING, /* costs speed */
} gm_severity;

typedef struct gm_finding {
    const char *name; /* for machines: "slow-kernels-pinned" */
    gm_severity severity;
    bool of_blas; /* concerns only backend blas and measurements of the BLAS library */
    char text[300];
    char fix[300]; /* the line to type or to change; empty if there is none */
} gm_finding;

#define GM_MOST_FINDINGS 24

/* Fills findings, warnings first; returns their number. */
size_t gm_findings(const gm_facts *facts, gm_finding findings[GM_MOST_FINDINGS]);

#endif
