/* Reads JSON from untrusted files: a small part of the language, with bounded time, memory and depth. */
#ifndef GM_MODEL_STRICT_JSON_H
#define GM_MODEL_STRICT_JSON_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stddef.h>

/* A text may have at most this many brackets and commas. This limits the memory of the parsed form. */
#define GM_JSON_PARTS ((size_t)1 << 20)

typedef struct gm_json_reason {
    char text[200]; /* "byte 12: what is wrong" */
} gm_json_reason;

/* Parses one object or array, of at most `depth` levels, that contains objects, arrays, strings, and whole
 * numbers without sign. There must be no blanks before it, only spaces after it, and no key twice. On failure
 * (GM_BAD_MODEL, GM_LIMIT) *reason says why, and *json is NULL. */
gm_status gm_strict_json(json_t **json, const char *text, size_t size, size_t depth, gm_json_reason *reason);

#endif
