/* Compares two builds of gradmill by measuring them in turns. Two separate runs on a shared machine often
 * differ by more than the change that one looks for. */
#ifndef GM_BENCH_GATE_TURNS_H
#define GM_BENCH_GATE_TURNS_H

#include "bench/cases/cases.h"
#include "bench/gate/verdict.h"

typedef struct gm_turns_options {
    const char *old_program, *new_program; /* executables */
    const gm_gate_options *gate;
    const gm_bench_options *sweep; /* nets, and the first batch, threads, ...; default mid, mnist, nielsen,
                                      xor; time for all of them, default 30 s each */
    double patience;               /* seconds without an answer; default 0: that of the contest */
} gm_turns_options;

/* Whether `path` is an executable file. */
bool gm_turns_is_program(const char *path);

/* Fills *result with a row of verdict.h for each net; *regressions counts "slower". GM_CHECK: the losses
 * after the first steps differ by more than 1e-4, or a program failed, or no network had enough sittings to
 * show a change. In the last case the result is filled nevertheless. */
gm_status gm_bench_turns(gm_result *result, const gm_turns_options *options, size_t *regressions,
                         gm_error *error);

#endif
