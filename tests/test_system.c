/* Tests src/machine and the limits of src/base: the parsers of the kernel's files, invented control groups,
 * and the values of this machine. */
#include "base/cgroup.h"
#include "machine/cpu.h"
#include "base/kernel_text.h"

#include <gradmill/system.h>
#include <criterion/criterion.h>
#include <ftw.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the kernel's texts --- */

Test(system, fields_are_found_at_the_start_of_a_line)
{
    const char *text =
        "processor\t: 0\nmodel\t\t: 207\nmodel name\t: Some CPU\nMemFree:  12 kB\nfile 7\nactive_file 9\n";
    char line[32];
    uint64_t value;
    gm_kernel_line(line, sizeof line, gm_kernel_field(text, "model name"));
    cr_expect_str_eq(line, "Some CPU");
    gm_kernel_line(line, 5, gm_kernel_field(text, "model name"));
    cr_expect_str_eq(line, "Some", "cut to the room there is");
    cr_expect(gm_kernel_field_number(text, "MemFree", &value) && value == 12);
    cr_expect(gm_kernel_field_number(text, "file", &value) && value == 7, "not the tail of another key");
    cr_expect(gm_kernel_field_number(text, "active_file", &value) && value == 9);
    cr_expect_null(gm_kernel_field(text, "Mem"), "not the head of another key");
    cr_expect_null(gm_kernel_field("", "model"));
    cr_expect_not(gm_kernel_field_number(text, "model name", &value), "no number");
}

/* Of one core; not the sum of all that the machine has. */
Test(system, caches_grow_from_level_to_level)
{
    size_t below = (size_t)4 << 10;
    for (int level = 1; level <= 3; level++) {
        const size_t bytes = gm_cpu_cache(level);
        if (bytes == 0) /* unknown, as in some virtual machines, or there is none */
            continue;
        cr_expect_geq(bytes, below, "level %d: %zu bytes", level, bytes);
        cr_expect_eq(bytes % 1024, 0, "level %d: %zu bytes", level, bytes);
        below = bytes;
    }
    cr_expect_leq(gm_cpu_cache(1), (size_t)1 << 20);
}

Test(system, numbers_end_where_the_digits_end)
{
    uint64_t value;
    cr_expect(gm_kernel_number("18446744073709551615\n", &value) && value == UINT64_MAX);
    cr_expect(gm_kernel_number("42 17", &value) && value == 42);
    cr_expect_not(gm_kernel_number("18446744073709551616", &value));
    cr_expect_not(gm_kernel_number("99999999999999999999999999999999", &value));
    cr_expect_not(gm_kernel_number("max", &value));
    cr_expect_not(gm_kernel_number("-1", &value));
    cr_expect_not(gm_kernel_number("", &value));
}

Test(system, the_word_in_brackets_is_the_choice)
{
    static const char *const cases[][2] = {
        {"always [madvise] never\n", "madvise"},
        {"[always] madvise never\n", "always"},
        {"always madvise", ""},
        {"always [mad", ""},
        {"", ""},
    };
    char word[16];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_kernel_choice(word, sizeof word, cases[i][0]);
        cr_expect_str_eq(word, cases[i][1], "%s", cases[i][0]);
    }
    gm_kernel_choice(word, 4, cases[0][0]);
    cr_expect_str_eq(word, "", "no half words");
}

Test(system, missing_files_are_empty_texts)
{
    char text[16] = "before";
    cr_expect_not(gm_kernel_read("/nonexistent/file", text, sizeof text));
    cr_expect_str_empty(text);
    cr_expect_not(gm_kernel_read("/", text, sizeof text), "a directory cannot be read");
    cr_expect_str_empty(text);
}

/* --- control groups --- */

Test(system, quotas_are_parsed)
{
    static const struct {
        const char *text;
        double quota;
    } cases[] = {
        {"max 100000\n", 0},  {"150000 100000\n", 1.5},
        {"200000 100000", 2}, {"50000 100000\n", 0.5},
        {"100000 0\n", 0},    {"", 0},
        {"100000", 0},        {"x y", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(gm_cgroup_quota_v2(cases[i].text), cases[i].quota, "%s", cases[i].text);
    cr_expect_eq(gm_cgroup_quota_v1("-1\n", "100000\n"), 0);
    cr_expect_eq(gm_cgroup_quota_v1("250000\n", "100000\n"), 2.5);
    cr_expect_eq(gm_cgroup_quota_v1("250000\n", "0\n"), 0);
    cr_expect_eq(gm_cgroup_quota_v1("", ""), 0);
}

static char mount[64];

static void make_mount(void)
{
    strcpy(mount, "/tmp/gradmill-cgroup-XXXXXX");
    cr_assert_not_null(mkdtemp(mount));
}

static int remove_entry(const char *path, const struct stat *state, int kind, struct FTW *place)
{
    (void)state;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_mount(void)
{
    nftw(mount, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the mount and makes its directories. */
static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", mount, name);
    for (char *slash = path + strlen(mount) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    fclose(file);
}

TestSuite(cgroup, .init = make_mount, .fini = remove_mount);

Test(cgroup, without_files_there_is_no_limit)
{
    cr_expect_eq(gm_cgroup_quota(mount, "0::/a/b\n"), 0);
    cr_expect_eq(gm_cgroup_memory(mount, "0::/a/b\n"), SIZE_MAX);
    cr_expect_eq(gm_cgroup_quota(mount, ""), 0);
    cr_expect_eq(gm_cgroup_quota(mount, "nonsense\n::\n\n1:cpu\n"), 0);
}

Test(cgroup, the_least_quota_of_all_ancestors_holds)
{
    put("a/b/cpu.max", "max 100000\n");
    put("a/cpu.max", "150000 100000\n");
    put("cpu.max", "400000 100000\n");
    cr_expect_eq(gm_cgroup_quota(mount, "0::/a/b\n"), 1.5);
    cr_expect_eq(gm_cgroup_quota(mount, "0::/other\n"), 4);
}

Test(cgroup, inside_a_container_the_limits_lie_at_the_mount)
{
    put("cpu.max", "200000 100000\n");
    put("memory.max", "1000000\n");
    put("memory.current", "400000\n");
    cr_expect_eq(gm_cgroup_quota(mount, "0::/\n"), 2);
    cr_expect_eq(gm_cgroup_quota(mount, "0::/docker/0123abcd\n"), 2);
    cr_expect_eq(gm_cgroup_memory(mount, "0::/../../somewhere\n"), 600000);
}

Test(cgroup, version_1_has_a_tree_for_each_controller)
{
    const char *membership = "5:memory:/job\n4:cpu,cpuacct:/job\n3:cpuset:/job\n0::/\n";
    put("cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
    put("cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
    put("cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
    put("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    put("memory/job/memory.limit_in_bytes", "500000\n");
    put("memory/job/memory.usage_in_bytes", "100000\n");
    put("memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("memory/memory.usage_in_bytes", "100000\n");
    cr_expect_eq(gm_cgroup_quota(mount, membership), 3);
    cr_expect_eq(gm_cgroup_memory(mount, membership), 400000);
    cr_expect_eq(gm_cgroup_quota(mount, "4:cpuset,cpuacct:/job\n"), 0, "neither is the controller cpu");
}

Test(cgroup, version_2_beside_version_1_is_mounted_as_unified)
{
    put("unified/job/cpu.max", "100000 100000\n");
    cr_expect_eq(gm_cgroup_quota(mount, "1:name=systemd:/\n0::/job\n"), 1);
}

Test(cgroup, pages_of_files_do_not_count_as_used)
{
    put("memory.max", "1000000\n");
    put("memory.current", "900000\n");
    put("memory.stat", "anon 100000\nfile 800000\ninactive_file 500000\nactive_file 200000\n");
    cr_expect_eq(gm_cgroup_memory(mount, "0::/\n"), 800000);
}

Test(cgroup, use_above_the_limit_leaves_nothing)
{
    put("memory.max", "1000\n");
    put("memory.current", "5000\n");
    cr_expect_eq(gm_cgroup_memory(mount, "0::/\n"), 0);
}

/* --- this machine --- */

Test(system, threads_are_consistent)
{
    const gm_threads t = gm_system_threads();
    cr_expect_geq(t.online, 1);
    cr_expect_geq(t.affinity, 1);
    cr_expect_geq(t.usable, 1);
    cr_expect_leq(t.usable, t.affinity);
    cr_expect(t.quota <= 0 || t.usable == 1 || (double)t.usable <= t.quota);
}

Test(system, the_affinity_mask_is_counted)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_expect_eq(gm_system_threads().affinity, 1);
    cr_expect_eq(gm_system_threads().usable, 1);
}

Test(system, a_limit_of_the_address_space_is_seen)
{
    char statm[64];
    uint64_t pages;
    const size_t room = (size_t)64 << 20;
    cr_assert(gm_kernel_read("/proc/self/statm", statm, sizeof statm) && gm_kernel_number(statm, &pages));
    cr_expect_gt(gm_system_memory(), 0);
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + room;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    cr_expect_leq(gm_system_memory(), room);
}

static size_t memory_without_descriptors(rlim_t address_space)
{
    struct rlimit files, space;
    cr_assert(getrlimit(RLIMIT_NOFILE, &files) == 0 && getrlimit(RLIMIT_AS, &space) == 0);
    const struct rlimit none = {0, files.rlim_max}, less = {address_space, space.rlim_max};
    cr_assert(setrlimit(RLIMIT_AS, &less) == 0 && setrlimit(RLIMIT_NOFILE, &none) == 0);
    const size_t bytes = gm_system_memory();
    cr_assert(setrlimit(RLIMIT_NOFILE, &files) == 0 && setrlimit(RLIMIT_AS, &space) == 0);
    return bytes;
}

/* If no file of /proc can be opened, all memory of the machine counts as free, and so does the whole limit.
 */
Test(system, memory_is_known_without_the_files_of_the_kernel)
{
    const size_t all = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    struct rlimit limit; /* whoever runs the tests may have set one */
    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    const rlim_t most = limit.rlim_max;
    cr_expect_eq(memory_without_descriptors(most), most < all ? most : all);
    cr_expect_eq(memory_without_descriptors(all / 2), all / 2);
}

Test(system, cpu_and_blas_are_named)
{
    const gm_cpu cpu = gm_system_cpu();
    const gm_blas blas = gm_system_blas();
    cr_expect_not_null(cpu.arch);
    cr_expect_null(strchr(cpu.model, '\n'));
    cr_expect_str_not_empty(blas.vendor);
    cr_expect(blas.path[0] == '\0' || access(blas.path, R_OK) == 0, "%s", blas.path);
}
