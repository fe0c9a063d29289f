/* The limits that control groups (cgroups, versions 1 and 2) set for this process. The limits of all groups
 * above it hold as well, so the functions look at every group from the process's own up to the root. Not
 * public. */
#ifndef GM_BASE_CGROUP_H
#define GM_BASE_CGROUP_H

#include <stddef.h>

#define GM_CGROUP_MOUNT "/sys/fs/cgroup"

/* Both functions take the mount point and the text of /proc/self/cgroup, so that tests can supply their own.
 * In a container the path of a group may not exist below the mount point. Groups whose directory does not
 * exist are ignored. */

/* The smallest quota of all groups, in processors; 0 = no quota. */
double gm_cgroup_quota(const char *mount, const char *membership);

/* The smallest number of bytes that any group may still use; SIZE_MAX = no limit. Cached pages of files do
 * not count as used, because the kernel drops them on demand; otherwise memory would seem full after a large
 * file was read. */
size_t gm_cgroup_memory(const char *mount, const char *membership);

/* Each parses the contents of one kind of file. */
double gm_cgroup_quota_v2(const char *cpu_max); /* "150000 100000" is 1.5, "max ..." is 0 */
double gm_cgroup_quota_v1(const char *quota_us, const char *period_us); /* "-1" is 0 */

#endif
