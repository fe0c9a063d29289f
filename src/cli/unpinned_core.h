/* Which kernels OpenBLAS would choose by itself. */
#ifndef GM_CLI_UNPINNED_CORE_H
#define GM_CLI_UNPINNED_CORE_H

#include <stddef.h>

/* OpenBLAS reads OPENBLAS_CORETYPE once, when it is loaded. So this starts `gradmill doctor --quick --json`
 * without that variable and reads the answer. Leaves core empty if that fails for any reason. */
void cli_unpinned_core(char *core, size_t size);

#endif
