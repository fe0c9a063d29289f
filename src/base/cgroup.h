/* The limits that control groups (cgroups, versions 1 and 2) set for this process. The limits of all
 * ancestors hold as well, so each question is asked from the process's own group up to the root. Not public.
 */
#ifndef GM_BASE_CGROUP_H
#define GM_BASE_CGROUP_H

#include <stddef.h>

#define GM_CGROUP_MOUNT "/sys/fs/cgroup"

/* Both take the mount point and the text of /proc/self/cgroup, so that tests can bring their own. Inside a
 * container the group's path may not exist below the mount; the walk then meets the files that do. */

/* The least quota in processors; 0 = no quota. */
double gm_cgroup_quota(const char *mount, const char *membership);

/* The least room below a memory limit in bytes; SIZE_MAX = no limit. File pages that the kernel drops on
 * demand do not count as used: otherwise having read a large file would look like a full memory. */
size_t gm_cgroup_memory(const char *mount, const char *membership);

/* The parsers of one file, each. */
double gm_cgroup_quota_v2(const char *cpu_max); /* "150000 100000" is 1.5, "max ..." is 0 */
double gm_cgroup_quota_v1(const char *quota_us, const char *period_us); /* "-1" is 0 */

#endif
