/* How much memory this process may still allocate. */
#include "base/cgroup.h"
#include "base/kernel_text.h"
#include "base/memory.h"

#include <gradmill/system.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t page_size(void)
{
    const long size = sysconf(_SC_PAGESIZE);
    return size > 0 ? (size_t)size : 4096;
}

/* Returns a * b, or SIZE_MAX if that overflows. */
static size_t times(uint64_t a, size_t b)
{
    size_t product;
    return gm_mul((size_t)a, b, &product) ? product : SIZE_MAX;
}

/* Bytes that the kernel could give out without swapping. If it does not say, all of the memory. */
static size_t available(void)
{
    char text[GM_KERNEL_TEXT];
    uint64_t kibibytes;
    if (gm_kernel_read("/proc/meminfo", text, sizeof text) &&
        gm_kernel_field_number(text, "MemAvailable", &kibibytes))
        return times(kibibytes, 1024);
    const long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? times((uint64_t)pages, page_size()) : SIZE_MAX;
}

static size_t cgroup_room(void)
{
    char membership[GM_KERNEL_TEXT];
    gm_kernel_read("/proc/self/cgroup", membership, sizeof membership);
    return gm_cgroup_memory(GM_CGROUP_MOUNT, membership);
}

static size_t address_space(void)
{
    struct rlimit limit;
    char text[128];
    uint64_t pages;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    if (!gm_kernel_read("/proc/self/statm", text, sizeof text) || !gm_kernel_number(text, &pages))
        pages = 0;
    const size_t used = times(pages, page_size());
    return limit.rlim_cur > used ? (size_t)limit.rlim_cur - used : 0;
}

size_t gm_system_memory(void)
{
    return gm_min(gm_min(available(), cgroup_room()), address_space());
}
