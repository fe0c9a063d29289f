/* Lists and ranges of sizes. */
#include "bench/measure/sizes.h"
#include "base/error.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

static gm_status bad(const char *option, const char *text, const char *why, gm_error *error)
{
    return gm_fail(error, GM_USAGE, "--%s %s: %s; expected sizes such as 1,32,128 or 64..8192*2", option,
                   text, why);
}

/* A size of at least 1 that fills text[0 .. length). */
static bool parse_size(const char *text, size_t length, size_t *size)
{
    char copy[24];
    uint64_t value;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!gm_parse_u64(copy, &value) || value == 0)
        return false;
    *size = (size_t)value;
    return true;
}

/* One item: "32", "1..4", "16..64+16", "64..8192*2". */
struct item {
    size_t first, last, step;
    bool multiply;
};

static bool parse_item(const char *text, size_t length, struct item *item)
{
    const char *dots = memmem(text, length, "..", 2);
    *item = (struct item){.step = 1};
    if (!dots) {
        item->last = 0;
        return parse_size(text, length, &item->first) && (item->last = item->first);
    }
    const char *end = text + length, *last = dots + 2;
    const char *sign = last + strcspn(last, "*+,");
    if (sign < end) {
        item->multiply = *sign == '*';
        if (!parse_size(sign + 1, (size_t)(end - sign - 1), &item->step))
            return false;
        end = sign;
    }
    return parse_size(text, (size_t)(dots - text), &item->first) &&
           parse_size(last, (size_t)(end - last), &item->last) && item->first <= item->last &&
           !(item->multiply && item->step < 2);
}

static bool has(const gm_sizes *sizes, size_t size)
{
    for (size_t i = 0; i < sizes->count; i++)
        if (sizes->sizes[i] == size)
            return true;
    return false;
}

/* A size that is there already is not added again: rows of a result have names of their own. */
static bool expand(gm_sizes *sizes, const struct item *item)
{
    for (size_t size = item->first; size <= item->last;) {
        if (!has(sizes, size)) {
            if (sizes->count == GM_MOST_SIZES)
                return false;
            sizes->sizes[sizes->count++] = size;
        }
        const bool more = item->multiply ? !__builtin_mul_overflow(size, item->step, &size)
                                         : !__builtin_add_overflow(size, item->step, &size);
        if (!more)
            break;
    }
    return true;
}

gm_status gm_sizes_parse(gm_sizes *sizes, const char *option, const char *text, gm_error *error)
{
    sizes->count = 0;
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        struct item item;
        if (!parse_item(at, length, &item))
            return bad(option, text, "not a list of sizes", error);
        if (!expand(sizes, &item))
            return bad(option, text, "more than 64 sizes", error);
        at += length;
        if (*at == '\0')
            return GM_OK;
    }
}
