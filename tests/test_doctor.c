/* Tests the findings of doctor, on invented machines. */
#include "machine/findings.h"

#include <criterion/criterion.h>
#include <string.h>

/* A machine with nothing to find: each test spoils one thing. */
static gm_facts healthy(void)
{
    gm_facts facts = {
        .compiler = "GCC 12.2.0",
        .optimised = true,
        .cpu = {.model = "Some CPU",
                .features = "sse4.2 avx avx2 fma avx512f avx512bw avx512vl",
                .arch = "x86-64"},
        .threads = {.online = 8, .affinity = 8, .usable = 8},
        .memory = (size_t)1 << 34,
        .blas = {.vendor = "OpenBLAS", .core = "SkylakeX", .threading = GM_BLAS_PTHREADS, .threads = 8},
        .governor = "performance",
        .huge_pages = "madvise",
        .load = 0.1,
        .measured = true,
        .fma = {{200e9, 1600e9}, {100e9, 800e9}},
        .gemm = {{190e9, 1500e9}, {95e9, 750e9}},
    };
    return facts;
}

static void set_variable(gm_facts *facts, const char *name, const char *value)
{
    facts->variables[facts->variable_count++] = (gm_variable){name, value};
}

/* The finding of this name among those of the facts, in static storage; NULL if it is not there. */
static const gm_finding *find(const gm_facts *facts, const char *name)
{
    static gm_finding findings[GM_MOST_FINDINGS];
    const size_t count = gm_findings(facts, findings);
    for (size_t i = 0; i < count; i++)
        if (strcmp(findings[i].name, name) == 0)
            return &findings[i];
    return NULL;
}

/* Expects this finding, and no other. */
static void expect_only(const gm_facts *facts, const char *name, const char *fix)
{
    gm_finding findings[GM_MOST_FINDINGS];
    const size_t count = gm_findings(facts, findings);
    const gm_finding *finding = find(facts, name);
    cr_expect_eq(count, 1, "%s: %zu findings", name, count);
    cr_assert_not_null(finding, "%s", name);
    cr_expect_str_eq(finding->fix, fix, "%s", name);
    cr_expect_str_not_empty(finding->text);
}

Test(findings, a_healthy_machine_has_none)
{
    gm_finding findings[GM_MOST_FINDINGS];
    gm_facts facts = healthy();
    cr_expect_eq(gm_findings(&facts, findings), 0);
    set_variable(&facts, "OMP_NUM_THREADS", "4");
    cr_expect_eq(gm_findings(&facts, findings), 0);
    facts = (gm_facts){.optimised = true, .threads = {1, 1, 0, 1}, .load = -1};
    cr_expect_eq(gm_findings(&facts, findings), 0, "nothing known, nothing found");
}

Test(findings, a_pin_below_the_cpu_is_a_warning)
{
    static const char *const slow[] = {"Haswell", "HASWELL", "zen", "Sandybridge", "Prescott"};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        gm_facts facts = healthy();
        set_variable(&facts, "OPENBLAS_CORETYPE", slow[i]);
        expect_only(&facts, "slow-kernels-pinned", "unset OPENBLAS_CORETYPE");
        cr_expect_eq(find(&facts, "slow-kernels-pinned")->severity, GM_WARNING);
        cr_expect(strstr(find(&facts, "slow-kernels-pinned")->text, slow[i]));
    }
}

Test(findings, a_pin_that_fits_is_a_note)
{
    gm_facts facts = healthy();
    set_variable(&facts, "OPENBLAS_CORETYPE", "SkylakeX");
    expect_only(&facts, "kernels-pinned", "unset OPENBLAS_CORETYPE");
    strcpy(facts.cpu.features, "sse4.2 avx avx2 fma");
    facts.variables[0].value = "Haswell";
    expect_only(&facts, "kernels-pinned", "unset OPENBLAS_CORETYPE");
}

Test(findings, a_cpu_that_openblas_does_not_know_needs_a_pin)
{
    gm_facts facts = healthy();
    strcpy(facts.blas.core, "Prescott");
    expect_only(&facts, "old-kernels", "export OPENBLAS_CORETYPE=SkylakeX");
    strcpy(facts.unpinned_core, "Prescott");
    set_variable(&facts, "OPENBLAS_CORETYPE", "Haswell");
    expect_only(&facts, "slow-kernels-pinned", "export OPENBLAS_CORETYPE=SkylakeX");
    facts.variables[0].value = "SkylakeX";
    expect_only(&facts, "pin-needed", "");
    strcpy(facts.cpu.features, "avx avx2 fma");
    facts.variables[0].value = "Nehalem";
    expect_only(&facts, "slow-kernels-pinned", "export OPENBLAS_CORETYPE=Haswell");
}

Test(findings, pins_of_a_library_that_is_not_loaded_do_not_matter)
{
    gm_facts facts = healthy();
    strcpy(facts.blas.vendor, "MKL");
    set_variable(&facts, "OPENBLAS_CORETYPE", "Haswell");
    set_variable(&facts, "OPENBLAS_L2_SIZE", "524288");
    cr_expect_null(find(&facts, "slow-kernels-pinned"));
    cr_expect_null(find(&facts, "l2-size-set"));
}

Test(findings, the_cache_size_is_not_to_be_set)
{
    gm_facts facts = healthy();
    set_variable(&facts, "OPENBLAS_L2_SIZE", "524288");
    expect_only(&facts, "l2-size-set", "unset OPENBLAS_L2_SIZE");
}

Test(findings, the_reference_library_is_found)
{
    gm_facts facts = healthy();
    strcpy(facts.blas.vendor, "Reference BLAS");
    facts.blas.core[0] = '\0';
    cr_assert_not_null(find(&facts, "reference-blas"));
    cr_expect(strstr(find(&facts, "reference-blas")->fix, "libopenblas0-pthread"));
    set_variable(&facts, "LD_PRELOAD", "/usr/lib/libblas.so.3");
    cr_expect_str_eq(find(&facts, "reference-blas")->fix, "unset LD_PRELOAD");
    cr_expect_not_null(find(&facts, "blas-preloaded"));
}

Test(findings, old_blis_needs_its_architecture)
{
    gm_facts facts = healthy();
    strcpy(facts.blas.vendor, "BLIS");
    strcpy(facts.blas.config, "BLIS 0.9.0");
    strcpy(facts.blas.core, "haswell");
    expect_only(&facts, "blis-kernels", "export BLIS_ARCH_TYPE=0");
    strcpy(facts.blas.core, "skx");
    cr_expect_null(find(&facts, "blis-kernels"));
    strcpy(facts.blas.core, "haswell");
    strcpy(facts.blas.config, "BLIS 1.1");
    cr_expect_null(find(&facts, "blis-kernels"));
    strcpy(facts.blas.config, "BLIS 0.9.0");
    set_variable(&facts, "BLIS_ARCH_TYPE", "0");
    cr_expect_null(find(&facts, "blis-kernels"));
}

Test(findings, quotas_are_noted)
{
    gm_facts facts = healthy();
    facts.threads.quota = 2;
    facts.threads.usable = 2;
    expect_only(&facts, "small-quota", "");
    facts.threads.quota = 2.5;
    expect_only(&facts, "fractional-quota", "docker run --cpus 3 (Kubernetes: limits: cpu: 3)");
    facts.threads.quota = 8;
    cr_expect_null(find(&facts, "small-quota"), "as many as there are");
    facts.threads.quota = 0.5;
    cr_expect_not_null(find(&facts, "fractional-quota"));
}

Test(findings, settings_of_the_system_are_noted)
{
    gm_facts facts = healthy();
    strcpy(facts.governor, "powersave");
    expect_only(&facts, "governor",
                "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor");
    facts = healthy();
    strcpy(facts.huge_pages, "never");
    expect_only(&facts, "no-huge-pages",
                "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
    facts = healthy();
    facts.optimised = false;
    expect_only(&facts, "debug-build", "meson configure build -Dbuildtype=release && meson compile -C build");
}

Test(findings, a_slow_product_is_judged_only_if_measured)
{
    gm_facts facts = healthy();
    facts.gemm[GM_F32].all = 0.69 * facts.fma[GM_F32].all;
    expect_only(&facts, "slow-gemm", "");
    facts.measured = false;
    cr_expect_null(find(&facts, "slow-gemm"));
    facts = healthy();
    facts.gemm[GM_F32].one = 0.71 * facts.fma[GM_F32].one;
    cr_expect_null(find(&facts, "slow-gemm"));
    facts.gemm[GM_F32] = (gm_speed){0, 0};
    cr_expect_null(find(&facts, "slow-gemm"), "no function, no judgement");
}

Test(findings, a_busy_machine_is_noted)
{
    gm_facts facts = healthy();
    facts.load = 4.1;
    expect_only(&facts, "busy-machine", "gradmill doctor, once more when the machine is idle");
    facts.load = 3.9;
    cr_expect_null(find(&facts, "busy-machine"));
}

Test(findings, warnings_come_before_notes)
{
    gm_facts facts = healthy();
    gm_finding findings[GM_MOST_FINDINGS];
    set_variable(&facts, "OPENBLAS_CORETYPE", "SkylakeX");
    set_variable(&facts, "OPENBLAS_L2_SIZE", "1");
    facts.load = 100;
    facts.gemm[GM_F32].one = 1;
    cr_assert_eq(gm_findings(&facts, findings), 4);
    for (size_t i = 1; i < 4; i++)
        cr_expect_geq(findings[i - 1].severity, findings[i].severity);
}
