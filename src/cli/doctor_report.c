/* The report of doctor as text. */
#include "base/number.h"
#include "bench/measure/figures.h"
#include "cli/doctor_report.h"

#include <gradmill/version.h>
#include <math.h>
#include <stdio.h>

#define LABEL "%-12s"

static const char *const threading_names[] = {"single-threaded", "pthreads", "OpenMP"};

static void print_cpu(const gm_cpu *cpu)
{
    printf(LABEL "%s (%s)\n", "CPU", cpu->model[0] ? cpu->model : "model unknown", cpu->arch);
    if (cpu->features[0])
        printf(LABEL "%s\n", "", cpu->features);
}

static void print_threads(const gm_threads *t)
{
    char quota[32];
    printf(LABEL "%zu usable: %zu online, %zu allowed by affinity, ", "Threads", t->usable, t->online,
           t->affinity);
    if (t->quota > 0)
        printf("quota %s\n", gm_format_double(quota, sizeof quota, t->quota, 3));
    else
        puts("no quota");
}

static void print_blas(const gm_blas *blas)
{
    printf(LABEL "%s", "BLAS", blas->vendor);
    if (blas->core[0])
        printf(", %s kernels", blas->core);
    if (blas->threading != GM_BLAS_UNKNOWN)
        printf(", %s", threading_names[blas->threading]);
    if (blas->threads > 0 && blas->threading != GM_BLAS_SERIAL)
        printf(", set to %d thread%s", blas->threads, gm_plural((size_t)blas->threads));
    putchar('\n');
    if (blas->path[0])
        printf(LABEL "%s\n", "", blas->path);
    if (blas->config[0])
        printf(LABEL "%s\n", "", blas->config);
}

static void print_system(const gm_facts *facts)
{
    char load[32];
    printf(LABEL "huge pages %s", "System", facts->huge_pages[0] ? facts->huge_pages : "unknown");
    if (facts->governor[0])
        printf(", clock governor %s", facts->governor);
    if (facts->load >= 0)
        printf(", load %s", gm_format_double(load, sizeof load, facts->load, 3));
    putchar('\n');
}

/* Prints one line of the table: a speed, and which part of the peak it is, if a peak is given. False if the
 * part was left out because it is impossible (gm_peak_percent). */
static bool print_speed(const char *name, gm_speed value, gm_speed peak, bool several)
{
    const double values[] = {value.one, value.all}, peaks[] = {peak.one, peak.all};
    bool plausible = true;
    printf("  %-22s", name);
    for (size_t i = 0; i < (several ? 2 : 1); i++) {
        char text[32];
        printf("%9s", values[i] > 0 ? gm_format_short(text, sizeof text, values[i] / 1e9) : "-");
        const double percent = gm_peak_percent(values[i] / peaks[i]);
        const bool has_share = peaks[i] > 0 && values[i] > 0;
        plausible = plausible && !(has_share && isnan(percent));
        if (has_share && !isnan(percent))
            printf(" %4.0f %%", percent);
        else if (several && i == 0)
            printf("%7s", "");
    }
    putchar('\n');
    return plausible;
}

static void print_speeds(const gm_facts *facts)
{
    const bool several = facts->threads.usable > 1;
    const gm_speed none = {0, 0};
    printf("\nMeasured                one thread");
    if (several)
        printf("%7zu threads", facts->threads.usable);
    puts("");
    print_speed("FMA f32, GFLOP/s", facts->fma[GM_F32], none, several);
    bool plausible = print_speed("sgemm, share of FMA", facts->gemm[GM_F32], facts->fma[GM_F32], several);
    print_speed("FMA f64, GFLOP/s", facts->fma[GM_F64], none, several);
    plausible &= print_speed("dgemm, share of FMA", facts->gemm[GM_F64], facts->fma[GM_F64], several);
    print_speed("memory, GB/s", facts->bandwidth, none, several);
    if (!plausible)
        puts("  A share that cannot be is left out: its peak was measured while something else was running.");
}

void cli_print_facts(const gm_facts *facts)
{
    char memory[32];
    printf(LABEL "%s, %s%s\n", "gradmill", gm_version(), facts->compiler,
           facts->optimised ? "" : ", not optimised");
    print_cpu(&facts->cpu);
    print_threads(&facts->threads);
    printf(LABEL "%s free to use\n", "Memory", gm_format_bytes(memory, sizeof memory, facts->memory));
    print_blas(&facts->blas);
    print_system(facts);
    for (size_t i = 0; i < facts->variable_count; i++)
        printf(LABEL "%s=%s\n", i == 0 ? "Environment" : "", facts->variables[i].name,
               facts->variables[i].value);
    if (facts->measured)
        print_speeds(facts);
}

void cli_print_findings(const gm_finding *findings, size_t count)
{
    puts(count > 0 ? "\nFindings" : "\nNo findings: nothing to change.");
    for (size_t i = 0; i < count; i++) {
        printf("  %-8s %s\n", findings[i].severity == GM_WARNING ? "warning" : "note", findings[i].text);
        if (findings[i].fix[0])
            printf("  %-8s   %s\n", "", findings[i].fix);
    }
}
