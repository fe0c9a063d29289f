/* Lists and ranges of sizes: "1,32,128", "64..8192*2" (64, 128, ... 8192), "1..4" (1, 2, 3, 4), "16..64+16".
 */
#ifndef GM_BENCH_MEASURE_SIZES_H
#define GM_BENCH_MEASURE_SIZES_H

#include <gradmill/status.h>
#include <stddef.h>

#define GM_MOST_SIZES 64

typedef struct gm_sizes {
    size_t sizes[GM_MOST_SIZES];
    size_t count;
} gm_sizes;

/* option names the option in the error line. GM_USAGE: malformed, a size of 0, more than GM_MOST_SIZES sizes.
 */
gm_status gm_sizes_parse(gm_sizes *sizes, const char *option, const char *text, gm_error *error);

#endif
