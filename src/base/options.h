/* Option structs that can grow without breaking programs that were compiled earlier.
 *
 * Each begins with `size_t size`, the size that the caller's compiler gave it. The caller's struct may be
 * shorter than the library's (the program is older) or longer (the library is older). A reader therefore
 * makes a struct of its own size, with its defaults, and reads the caller's into it. A new field goes to the
 * end of its struct, but not into the padding there, which an older program counts as part of it. Not public.
 */
#ifndef GM_BASE_OPTIONS_H
#define GM_BASE_OPTIONS_H

#include <gradmill/status.h>
#include <stddef.h>

/* No option struct is larger than this. If `size` is larger, the caller has not initialised the struct. */
#define GM_OPTIONS_LARGEST 4096

/* Fills the caller's struct of `size` bytes: with the library's defaults for the fields that both have, with
 * zeros behind them, and with its size at the beginning. */
void gm_options_fill(void *options, size_t size, const void *defaults, size_t known);

/* Reads the caller's struct over *own, which holds the defaults and is `known` bytes long. options may be
 * NULL: then *own stays as it is. GM_USAGE: a size that no struct of this kind has, or fields behind the
 * known ones that are not zero. `name` is that of the type. */
gm_status gm_options_read(void *own, size_t known, const void *options, const char *name, gm_error *error);

#endif
