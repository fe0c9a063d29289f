/* The time that a measurement may take. This is the only place in which tests shorten it. */
#include "machine/budget.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

double gm_bench_budget(double seconds)
{
    const char *text = getenv("GM_BENCH_TIME_SCALE");
    double scale;
    if (!text || !gm_parse_double(text, strlen(text), &scale) || !(scale > 0 && scale <= 1))
        return seconds;
    return seconds * scale;
}
