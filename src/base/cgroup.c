/* Finds the files of the control groups of this process, and reads their limits. */
#include "base/cgroup.h"
#include "base/kernel_text.h"
#include "base/memory.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The strictest limits of the groups that have been visited so far. */
typedef struct tightest {
    double quota;  /* 0: no group has one so far */
    size_t memory; /* SIZE_MAX: no group has a limit so far */
} tightest;

typedef void visit(const char *directory, tightest *limits);

static double quotient(uint64_t quota, uint64_t period)
{
    return period > 0 ? (double)quota / (double)period : 0;
}

double gm_cgroup_quota_v2(const char *cpu_max)
{
    uint64_t quota, period;
    const char *blank = strchr(cpu_max, ' ');
    if (!blank || !gm_kernel_number(cpu_max, &quota) || !gm_kernel_number(blank + 1, &period))
        return 0;
    return quotient(quota, period);
}

double gm_cgroup_quota_v1(const char *quota_us, const char *period_us)
{
    uint64_t quota, period;
    if (!gm_kernel_number(quota_us, &quota) || !gm_kernel_number(period_us, &period))
        return 0;
    return quotient(quota, period);
}

static bool read_in(const char *directory, const char *name, char *text, size_t size)
{
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    text[0] = '\0';
    return length > 0 && (size_t)length < sizeof path && gm_kernel_read(path, text, size);
}

static void take_quota(double quota, tightest *limits)
{
    if (quota > 0 && (limits->quota <= 0 || quota < limits->quota))
        limits->quota = quota;
}

static void visit_cpu_v2(const char *directory, tightest *limits)
{
    char text[64];
    if (read_in(directory, "cpu.max", text, sizeof text))
        take_quota(gm_cgroup_quota_v2(text), limits);
}

static void visit_cpu_v1(const char *directory, tightest *limits)
{
    char quota[32], period[32];
    if (read_in(directory, "cpu.cfs_quota_us", quota, sizeof quota) &&
        read_in(directory, "cpu.cfs_period_us", period, sizeof period))
        take_quota(gm_cgroup_quota_v1(quota, period), limits);
}

/* Bytes of cached file pages, which the kernel can drop: the sum of two fields of memory.stat. */
static uint64_t droppable(const char *directory, const char *active, const char *inactive)
{
    char stat[GM_KERNEL_TEXT];
    uint64_t a = 0, i = 0;
    if (!read_in(directory, "memory.stat", stat, sizeof stat))
        return 0;
    if (!gm_kernel_field_number(stat, active, &a) || !gm_kernel_field_number(stat, inactive, &i))
        return 0;
    return a + i;
}

static void take_memory(const char *directory, const char *limit_name, const char *use_name, uint64_t dropped,
                        tightest *limits)
{
    char limit_text[32], use_text[32];
    uint64_t limit, use;
    if (!read_in(directory, limit_name, limit_text, sizeof limit_text) ||
        !read_in(directory, use_name, use_text, sizeof use_text) || !gm_kernel_number(limit_text, &limit) ||
        !gm_kernel_number(use_text, &use))
        return;
    use -= use > dropped ? dropped : use;
    limits->memory = gm_min(limits->memory, limit > use ? (size_t)(limit - use) : 0);
}

static void visit_memory_v2(const char *directory, tightest *limits)
{
    const uint64_t dropped = droppable(directory, "active_file", "inactive_file");
    take_memory(directory, "memory.max", "memory.current", dropped, limits);
}

static void visit_memory_v1(const char *directory, tightest *limits)
{
    const uint64_t dropped = droppable(directory, "total_active_file", "total_inactive_file");
    take_memory(directory, "memory.limit_in_bytes", "memory.usage_in_bytes", dropped, limits);
}

/* Visits root/path and every directory above it, root last. */
static void walk(const char *root, const char *path, visit *see, tightest *limits)
{
    char directory[PATH_MAX];
    const int length = snprintf(directory, sizeof directory, "%s%s", root, path);
    if (length < 0 || (size_t)length >= sizeof directory)
        return;
    const size_t root_length = strlen(root);
    for (char *end = directory + length; end; end = strrchr(directory + root_length, '/')) {
        *end = '\0';
        see(directory, limits);
    }
}

/* Whether a comma-separated list of controllers has this one. */
static bool lists(const char *controllers, const char *name)
{
    const size_t length = strlen(name);
    for (const char *item = controllers; item; item = strchr(item, ',')) {
        item += *item == ',';
        if (strncmp(item, name, length) == 0 && (item[length] == ',' || item[length] == '\0'))
            return true;
    }
    return false;
}

/* One line "ID:CONTROLLERS:PATH" of the membership; version 2 has the id 0 and no controllers. */
static void visit_line(const char *mount, char *line, const char *controller, visit *v1, visit *v2,
                       tightest *limits)
{
    char root[PATH_MAX / 2];
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
        return;
    *path++ = '\0';
    controllers++;
    if (*controllers == '\0') {
        walk(mount, path, v2, limits);
        snprintf(root, sizeof root, "%s/unified", mount); /* where version 2 is mounted beside version 1 */
        walk(root, path, v2, limits);
    } else if (lists(controllers, controller)) {
        snprintf(root, sizeof root, "%s/%s", mount, controllers);
        walk(root, path, v1, limits);
    }
}

static tightest narrow(const char *mount, const char *membership, const char *controller, visit *v1,
                       visit *v2)
{
    tightest limits = {.quota = 0, .memory = SIZE_MAX};
    for (const char *text = membership; *text;) {
        char line[PATH_MAX / 2];
        gm_kernel_line(line, sizeof line, text);
        visit_line(mount, line, controller, v1, v2, &limits);
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return limits;
}

double gm_cgroup_quota(const char *mount, const char *membership)
{
    return narrow(mount, membership, "cpu", visit_cpu_v1, visit_cpu_v2).quota;
}

size_t gm_cgroup_memory(const char *mount, const char *membership)
{
    return narrow(mount, membership, "memory", visit_memory_v1, visit_memory_v2).memory;
}
