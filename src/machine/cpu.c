/* Facts about the processor: its name, its caches, and its vector extensions. */
#include "machine/cpu.h"
#include "base/kernel_text.h"

#include <gradmill/system.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

static void add_feature(gm_cpu *cpu, const char *name, bool present)
{
    const size_t used = strlen(cpu->features);
    if (!present || used + 1 + strlen(name) >= sizeof cpu->features)
        return;
    if (used > 0)
        strcat(cpu->features, " ");
    strcat(cpu->features, name);
}

#if defined(__x86_64__) || defined(__i386__)
#define ARCH "x86-64"
/* The compiler's run time also checks whether the operating system saves the wide registers. */
static void find_features(gm_cpu *cpu)
{
#define ADD(name) add_feature(cpu, name, __builtin_cpu_supports(name))
    __builtin_cpu_init();
    ADD("sse4.2");
    ADD("avx");
    ADD("avx2");
    ADD("fma");
    ADD("avx512f");
    ADD("avx512dq");
    ADD("avx512bw");
    ADD("avx512vl");
    ADD("avx512vnni");
    ADD("avx512bf16");
#undef ADD
}
#elif defined(__aarch64__)
#define ARCH "arm64"
static void find_features(gm_cpu *cpu)
{
    const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
    add_feature(cpu, "asimd", first & HWCAP_ASIMD);
    add_feature(cpu, "sve", first & HWCAP_SVE);
    add_feature(cpu, "sve2", second & HWCAP2_SVE2);
    add_feature(cpu, "bf16", second & HWCAP2_BF16);
}
#else
#define ARCH "unknown"
static void find_features(gm_cpu *cpu)
{
    (void)cpu;
}
#endif

/* Reads a file of /sys about a cache of the first processor. */
static bool read_cache(int index, const char *what, char *text, size_t size)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, what);
    return gm_kernel_read(path, text, size);
}

/* The size comes from /sys, because the C library reports the sum of all level-3 caches for some processors
 * of AMD. */
size_t gm_cpu_cache(int level)
{
    static const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
    char text[32];
    for (int index = 0; read_cache(index, "level", text, sizeof text); index++) {
        uint64_t found, kib;
        if (gm_kernel_number(text, &found) && found == (uint64_t)level &&
            read_cache(index, "type", text, sizeof text) && *text != 'I' && /* Instruction */
            read_cache(index, "size", text, sizeof text) && gm_kernel_number(text, &kib))
            return (size_t)kib << 10;
    }
    const long bytes = sysconf(names[level - 1]);
    return bytes > 0 ? (size_t)bytes : 0;
}

/* Keys of the processor's name in /proc/cpuinfo. Most arm64 kernels do not give a name. */
static const char *const model_keys[] = {"model name", "Model name", "cpu model", "cpu"};

gm_cpu gm_system_cpu(void)
{
    gm_cpu cpu = {.arch = ARCH};
    char text[GM_KERNEL_TEXT];
    gm_kernel_read("/proc/cpuinfo", text, sizeof text);
    for (size_t i = 0; i < sizeof model_keys / sizeof *model_keys && !cpu.model[0]; i++) {
        const char *model = gm_kernel_field(text, model_keys[i]);
        if (model)
            gm_kernel_line(cpu.model, sizeof cpu.model, model);
    }
    find_features(&cpu);
    return cpu;
}
