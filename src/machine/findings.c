/* The findings of `gradmill doctor`: what costs speed on this machine, and how to mend it. Each finding has
 * one function, which looks at the facts, and one row in the table at the end. */
#include "machine/findings.h"
#include "base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* On a quiet machine, sgemm of a good library reaches more than this part of the FMA peak. */
#define GOOD_SHARE 0.7

/* If the load is below this part of the usable threads, other programs hardly disturb a measurement. */
#define QUIET_SHARE 0.5

/* Writes the text and the fix of a finding. Always returns true, which is what a check returns if it has a
 * finding. */
static bool found(gm_finding *finding, const char *fix, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool found(gm_finding *finding, const char *fix, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    snprintf(finding->fix, sizeof finding->fix, "%s", fix);
    return true;
}

/* The value of an environment variable, or NULL. */
static const char *variable(const gm_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->variable_count; i++)
        if (strcmp(facts->variables[i].name, name) == 0)
            return facts->variables[i].value;
    return NULL;
}

static bool has_vendor(const gm_facts *facts, const char *vendor)
{
    return strcmp(facts->blas.vendor, vendor) == 0;
}

/* Whether the CPU has a feature of this name. The name must be a whole word of the list. */
static bool has_feature(const gm_facts *facts, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = facts->cpu.features; (at = strstr(at, name)) != NULL; at += length) {
        const bool starts = at == facts->cpu.features || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* The vector instructions that a CPU has, or that kernels use. */
enum vectors { UNKNOWN, OLDER, AVX2, AVX512 };
static const char *const vector_names[] = {"unknown", "older", "AVX2", "AVX-512"};

static enum vectors cpu_vectors(const gm_facts *facts)
{
    if (has_feature(facts, "avx512f") && has_feature(facts, "avx512vl"))
        return AVX512;
    return has_feature(facts, "avx2") && has_feature(facts, "fma") ? AVX2 : OLDER;
}

/* The vector instructions of a set of kernels, by the name that OpenBLAS gives the set. */
static enum vectors kernel_vectors(const char *core)
{
    static const struct {
        const char *core;
        enum vectors vectors;
    } known[] = {
        {"SapphireRapids", AVX512}, {"Cooperlake", AVX512},  {"SkylakeX", AVX512},
        {"Haswell", AVX2},          {"Zen", AVX2},           {"Excavator", AVX2},
        {"Sandybridge", OLDER},     {"Bulldozer", OLDER},    {"Piledriver", OLDER},
        {"Steamroller", OLDER},     {"Nehalem", OLDER},      {"Prescott", OLDER},
        {"Core2", OLDER},           {"Penryn", OLDER},       {"Dunnington", OLDER},
        {"Barcelona", OLDER},       {"Atom", OLDER},         {"Bobcat", OLDER},
        {"Opteron", OLDER},         {"Opteron_SSE3", OLDER},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(known[i].core, core) == 0)
            return known[i].vectors;
    return UNKNOWN;
}

/* Whether kernels of this name leave a part of the CPU's vectors unused. */
static bool too_narrow(const gm_facts *facts, const char *core)
{
    const enum vectors vectors = kernel_vectors(core);
    return vectors != UNKNOWN && vectors < cpu_vectors(facts);
}

/* The value of OPENBLAS_CORETYPE. NULL if it is not set, or another library is loaded, which does not read
 * it. */
static const char *pin(const gm_facts *facts)
{
    return has_vendor(facts, "OpenBLAS") ? variable(facts, "OPENBLAS_CORETYPE") : NULL;
}

/* The setting that lets OpenBLAS use all vectors of a CPU that it does not know. */
static const char *export_pin(const gm_facts *facts)
{
    return cpu_vectors(facts) == AVX512 ? "export OPENBLAS_CORETYPE=SkylakeX"
                                        : "export OPENBLAS_CORETYPE=Haswell";
}

static bool slow_pin(const gm_facts *facts, gm_finding *finding)
{
    const char *core = pin(facts);
    if (!core || !too_narrow(facts, core))
        return false;
    /* If OpenBLAS does not know the CPU, removing the variable would not make it faster. Another value would.
     */
    const bool unknown_cpu = too_narrow(facts, facts->unpinned_core);
    return found(finding, unknown_cpu ? export_pin(facts) : "unset OPENBLAS_CORETYPE",
                 "OPENBLAS_CORETYPE=%s pins OpenBLAS to %s kernels on a CPU with %s%s%s", core,
                 vector_names[kernel_vectors(core)], vector_names[cpu_vectors(facts)],
                 unknown_cpu ? "; by itself it would choose " : "", unknown_cpu ? facts->unpinned_core : "");
}

static bool needed_pin(const gm_facts *facts, gm_finding *finding)
{
    const char *core = pin(facts);
    return core && !too_narrow(facts, core) && too_narrow(facts, facts->unpinned_core) &&
           found(finding, "",
                 "OPENBLAS_CORETYPE=%s is needed: OpenBLAS does not know this CPU and would choose %s", core,
                 facts->unpinned_core);
}

static bool other_pin(const gm_facts *facts, gm_finding *finding)
{
    const char *core = pin(facts);
    return core && !too_narrow(facts, core) && !too_narrow(facts, facts->unpinned_core) &&
           found(finding, "unset OPENBLAS_CORETYPE",
                 "OPENBLAS_CORETYPE=%s chooses the kernels by hand; keep it only if it was measured to help",
                 core);
}

static bool old_kernels(const gm_facts *facts, gm_finding *finding)
{
    const char *core = facts->blas.core;
    return has_vendor(facts, "OpenBLAS") && !pin(facts) && too_narrow(facts, core) &&
           found(finding, export_pin(facts),
                 "OpenBLAS does not know this CPU: it chose its %s kernels where %s ones would run", core,
                 vector_names[cpu_vectors(facts)]);
}

static bool l2_size(const gm_facts *facts, gm_finding *finding)
{
    const char *size = has_vendor(facts, "OpenBLAS") ? variable(facts, "OPENBLAS_L2_SIZE") : NULL;
    return size &&
           found(finding, "unset OPENBLAS_L2_SIZE",
                 "OPENBLAS_L2_SIZE=%s replaces the cache size that OpenBLAS cuts its blocks for", size);
}

static bool preload(const gm_facts *facts, gm_finding *finding)
{
    const char *value = variable(facts, "LD_PRELOAD");
    return value && found(finding, "unset LD_PRELOAD",
                          "LD_PRELOAD puts another BLAS before the linked one: %s", value);
}

static bool reference_blas(const gm_facts *facts, gm_finding *finding)
{
    return has_vendor(facts, "Reference BLAS") &&
           found(finding,
                 variable(facts, "LD_PRELOAD")
                     ? "unset LD_PRELOAD"
                     : "sudo apt install libopenblas0-pthread && sudo update-alternatives --auto "
                       "libblas.so.3-$(uname -m)-linux-gnu",
                 "the reference BLAS computes here: correct, but without vector kernels");
}

static bool blis_kernels(const gm_facts *facts, gm_finding *finding)
{
    const char *core = facts->blas.core;
    const bool old = strncmp(facts->blas.config, "BLIS 0.", 7) == 0 || !facts->blas.config[0];
    return has_vendor(facts, "BLIS") && old && cpu_vectors(facts) == AVX512 && strcmp(core, "skx") != 0 &&
           !variable(facts, "BLIS_ARCH_TYPE") &&
           found(finding, "export BLIS_ARCH_TYPE=0",
                 "BLIS before 1.0 leaves its AVX-512 kernels unused on this CPU%s%s",
                 core[0] ? "; it chose " : "", core);
}

/* Whether the quota allows fewer threads than the affinity mask. */
static bool quota_binds(const gm_threads *t)
{
    return t->quota > 0 && t->quota < (double)t->affinity;
}

static bool is_whole(double quota)
{
    return quota >= 1 && quota - floor(quota) < 0.01;
}

static bool small_quota(const gm_facts *facts, gm_finding *finding)
{
    const gm_threads *t = &facts->threads;
    return quota_binds(t) && is_whole(t->quota) &&
           found(
               finding, "",
               "the control group allows the time of %.0f of the %zu processors: no more threads are started",
               floor(t->quota), t->affinity);
}

static bool fractional_quota(const gm_facts *facts, gm_finding *finding)
{
    const gm_threads *t = &facts->threads;
    char quota[32], fix[128];
    if (!quota_binds(t) || is_whole(t->quota))
        return false;
    snprintf(fix, sizeof fix, "docker run --cpus %.0f (Kubernetes: limits: cpu: %.0f)", ceil(t->quota),
             ceil(t->quota));
    return found(finding, fix,
                 "the control group allows the time of %s processors, of which %zu can be used in full",
                 gm_format_double(quota, sizeof quota, t->quota, 3), t->usable);
}

static bool governor(const gm_facts *facts, gm_finding *finding)
{
    return facts->governor[0] && strcmp(facts->governor, "performance") != 0 &&
           found(finding, "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
                 "the frequency governor of the CPU is \"%s\": short runs may be timed at a low clock",
                 facts->governor);
}

static bool huge_pages(const gm_facts *facts, gm_finding *finding)
{
    return strcmp(facts->huge_pages, "never") == 0 &&
           found(finding, "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
                 "huge pages are switched off: wide layers lose time to address translation");
}

static bool debug_build(const gm_facts *facts, gm_finding *finding)
{
    return !facts->optimised &&
           found(finding, "meson configure build -Dbuildtype=release && meson compile -C build",
                 "this gradmill was built without optimisation");
}

static double share(double part, double whole)
{
    return part > 0 && whole > 0 ? part / whole : 1;
}

static bool slow_gemm(const gm_facts *facts, gm_finding *finding)
{
    const gm_speed fma = facts->fma[GM_F32], gemm = facts->gemm[GM_F32];
    const double one = share(gemm.one, fma.one), all = share(gemm.all, fma.all);
    return facts->measured && fmin(one, all) < GOOD_SHARE &&
           found(finding, has_vendor(facts, "OpenBLAS") ? "" : "sudo apt install libopenblas0-pthread",
                 "sgemm reaches %.0f %% of the FMA peak %s; a good library reaches more than %.0f %%",
                 100 * fmin(one, all), one < all ? "on one thread" : "on all threads", 100 * GOOD_SHARE);
}

static bool busy(const gm_facts *facts, gm_finding *finding)
{
    char load[32];
    return facts->measured && facts->load > QUIET_SHARE * (double)facts->threads.usable &&
           found(finding, "gradmill doctor, once more when the machine is idle",
                 "the load was %s before the measurement: other programs took a part of the speed",
                 gm_format_double(load, sizeof load, facts->load, 3));
}

static const struct {
    const char *name;
    gm_severity severity;
    bool (*check)(const gm_facts *facts, gm_finding *finding);
    bool of_blas;
} checks[] = {
    {"debug-build", GM_WARNING, debug_build, false},
    {"slow-kernels-pinned", GM_WARNING, slow_pin, true},
    {"old-kernels", GM_WARNING, old_kernels, true},
    {"l2-size-set", GM_WARNING, l2_size, true},
    {"reference-blas", GM_WARNING, reference_blas, true},
    {"blis-kernels", GM_WARNING, blis_kernels, true},
    {"slow-gemm", GM_WARNING, slow_gemm, true},
    {"pin-needed", GM_NOTE, needed_pin, true},
    {"kernels-pinned", GM_NOTE, other_pin, true},
    {"blas-preloaded", GM_NOTE, preload, true},
    {"small-quota", GM_NOTE, small_quota, false},
    {"fractional-quota", GM_NOTE, fractional_quota, false},
    {"governor", GM_NOTE, governor, false},
    {"no-huge-pages", GM_NOTE, huge_pages, false},
    {"busy-machine", GM_NOTE, busy, false},
};
_Static_assert(sizeof checks / sizeof *checks <= GM_MOST_FINDINGS, "room for every finding");

size_t gm_findings(const gm_facts *facts, gm_finding findings[GM_MOST_FINDINGS])
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        gm_finding *finding = &findings[count];
        *finding = (gm_finding){
            .name = checks[i].name, .severity = checks[i].severity, .of_blas = checks[i].of_blas};
        count += checks[i].check(facts, finding);
    }
    return count;
}
