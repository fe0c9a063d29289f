/* gradmill as one of the children that compare and peers measure. */
#ifndef GM_BENCH_CONTEST_CHILD_STEP_H
#define GM_BENCH_CONTEST_CHILD_STEP_H

/* `gradmill bench step --child PROBLEM [LIBRARY]`: reads the problem, checks that LIBRARY is the BLAS that
 * was loaded, then answers on stdout to the commands of problem.h. PROBLEM and LIBRARY are the last arguments
 * of argv. Returns the exit code. */
int gm_bench_child(int argc, char **argv);

#endif
