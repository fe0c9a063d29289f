/* Facts about the processor. */
#ifndef GM_MACHINE_CPU_H
#define GM_MACHINE_CPU_H

#include <stddef.h>

/* Bytes of a core's data cache of level 1, 2 or 3; 0 if the system does not say. */
size_t gm_cpu_cache(int level);

#endif
