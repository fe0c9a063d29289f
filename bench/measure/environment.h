/* The machine, the command and the moment of a measurement. Every output contains them. */
#ifndef GM_BENCH_MEASURE_ENVIRONMENT_H
#define GM_BENCH_MEASURE_ENVIRONMENT_H

#include "machine/facts.h"

#include <stdint.h>

#define GM_MOST_WARNINGS 24
#define GM_COMMAND_SIZE  1024

/* Ticks of all processors since the system started; stolen: those that the host of a virtual machine gave to
 * others. all = 0: unknown. */
typedef struct gm_ticks {
    uint64_t all, stolen;
} gm_ticks;

typedef struct gm_environment {
    char date[40]; /* ISO 8601 with the zone: "2026-11-22T00:12:45+00:00" */
    char host[65];
    char command[GM_COMMAND_SIZE]; /* as typed */
    const char *flags;             /* the compiler's, as Meson passed them */
    size_t cache[4];  /* bytes of L1 data, L2, L3 of one core's view at index 1 to 3; 0 = unknown */
    gm_facts facts;   /* CPU, threads, memory, BLAS, variables, governor, load, compiler */
    size_t throttled; /* periods in which the cgroup's quota stopped us: nr_throttled, at the beginning */
    gm_ticks ticks;   /* at the beginning */
    double stolen;    /* share of the processors' time meanwhile, 0 to 1; known at the end */
    double peak_one[2], peak_all[2]; /* FMA peak in FLOP/s by gm_precision, on one thread and on all usable;
                                        0: not measured */
    double gemm_one[2], gemm_all[2]; /* of the BLAS's gemm */
    double bandwidth_one, bandwidth_all;  /* bytes/s; 0: not measured */
    char warnings[GM_MOST_WARNINGS][400]; /* what may have disturbed the measurement: one line each */
    size_t warning_count;
} gm_environment;

/* Everything that can be read without measuring; argv is the command line. */
gm_environment gm_environment_read(int argc, char **argv);

/* A command line in a form that a shell reads back, cut off if it is too long. */
void gm_environment_command(char command[GM_COMMAND_SIZE], int argc, char **argv);

/* FMA and gemm peaks of one precision, and the memory's bandwidth. Some 300 ms. */
gm_status gm_environment_measure(gm_environment *environment, gm_precision precision, gm_error *error);

/* The FMA peak, in FLOP/s, with which a run on this many threads is compared. */
static inline double gm_environment_peak(const gm_environment *environment, gm_precision precision,
                                         size_t threads)
{
    return threads == 1 ? environment->peak_one[precision] : environment->peak_all[precision];
}

/* The first line of /proc/stat. */
gm_ticks gm_ticks_parse(const char *text);

/* Call it after the measurement. It adds warnings if the quota stopped the process meanwhile (nr_throttled
 * has grown), if a host took a part of the processors' time, or if the load is high. */
void gm_environment_close(gm_environment *environment);

void gm_environment_warn(gm_environment *environment, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
