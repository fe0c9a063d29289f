/* Gathers the facts about this machine that need no measurement: CPU, limits, BLAS library, settings of the
 * system. */
#include "machine/facts.h"
#include "base/kernel_text.h"
#include "machine/unpinned_core.h"

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

/* Environment variables that change the speed of a BLAS library. */
static const char *const variable_names[] = {
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",        "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS",
    "OMP_NUM_THREADS",   "OMP_PROC_BIND",           "BLIS_ARCH_TYPE",       "BLIS_NUM_THREADS",
    "MKL_NUM_THREADS",   "MKL_ENABLE_INSTRUCTIONS",
};
_Static_assert(sizeof variable_names / sizeof *variable_names < GM_MOST_VARIABLES,
               "room for LD_PRELOAD, too");

static void add_variable(gm_facts *facts, const char *name, const char *value)
{
    if (value)
        facts->variables[facts->variable_count++] = (gm_variable){name, value};
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

gm_facts gm_gather_facts(bool with_blas)
{
    gm_facts facts = {.compiler = COMPILER, .optimised = OPTIMISED};
    facts.cpu = gm_system_cpu();
    facts.threads = gm_system_threads();
    facts.memory = gm_system_memory();
    if (with_blas)
        facts.blas = gm_system_blas();
    if (with_blas && getenv("OPENBLAS_CORETYPE"))
        gm_unpinned_core(facts.unpinned_core, sizeof facts.unpinned_core);
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
