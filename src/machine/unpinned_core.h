/* Which kernels OpenBLAS would choose by itself, without OPENBLAS_CORETYPE. */
#ifndef GM_MACHINE_UNPINNED_CORE_H
#define GM_MACHINE_UNPINNED_CORE_H

#include <stddef.h>

/* OpenBLAS reads OPENBLAS_CORETYPE once, when it is loaded. So this starts `gradmill doctor --quick --json`
 * without that variable and reads the answer. Leaves core empty if that fails for any reason. */
void gm_unpinned_core(char *core, size_t size);

#endif
