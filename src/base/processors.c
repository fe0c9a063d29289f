/* How many threads this process can use: processors of the machine, its affinity mask, and the quota of its
 * control group. */
#include "base/cgroup.h"
#include "base/kernel_text.h"
#include "base/memory.h"

#include <gradmill/system.h>
#include <errno.h>
#include <sched.h>
#include <unistd.h>

/* No kernel is built for more processors. If a set of this size is refused, a larger one will be, too. */
#define MOST_PROCESSORS ((size_t)1 << 20)

/* Processors in the affinity mask; 0 if the kernel does not say. The kernel refuses a set smaller than its
 * own. Memory is allocated only if the usual size is refused, so that the mask of nearly all machines is
 * known when memory is short, too. */
static size_t affinity_count(void)
{
    cpu_set_t usual;
    if (sched_getaffinity(0, sizeof usual, &usual) == 0)
        return (size_t)CPU_COUNT(&usual);
    for (size_t room = 2 * CPU_SETSIZE; room <= MOST_PROCESSORS; room *= 2) {
        cpu_set_t *set = CPU_ALLOC(room);
        if (!set)
            return 0;
        const size_t size = CPU_ALLOC_SIZE(room);
        const bool done = sched_getaffinity(0, size, set) == 0;
        const bool small = !done && errno == EINVAL;
        const int count = done ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (!small)
            return (size_t)count;
    }
    return 0;
}

static double quota_now(void)
{
    char membership[GM_KERNEL_TEXT];
    gm_kernel_read("/proc/self/cgroup", membership, sizeof membership);
    return gm_cgroup_quota(GM_CGROUP_MOUNT, membership);
}

gm_threads gm_system_threads(void)
{
    gm_threads threads = {0};
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    threads.online = online > 0 ? (size_t)online : 1;
    threads.affinity = affinity_count();
    if (threads.affinity == 0)
        threads.affinity = threads.online;
    threads.quota = quota_now();
    threads.usable = threads.affinity;
    if (threads.quota > 0 && threads.quota < (double)threads.affinity)
        threads.usable = (size_t)threads.quota;
    threads.usable = gm_max(threads.usable, 1);
    return threads;
}
