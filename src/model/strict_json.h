/* Reads JSON from untrusted files: a small part of the language, with bounded time, memory and depth. */
#ifndef GM_MODEL_STRICT_JSON_H
#define GM_MODEL_STRICT_JSON_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stddef.h>

/* More brackets and commas than this are refused: they bound what the parsed form may need, whatever the
 * text. */
#define GM_JSON_PARTS ((size_t)1 << 20)

typedef struct gm_json_reason {
    char text[200]; /* "byte 12: what is wrong" */
} gm_json_reason;

/* Parses one object or array that holds objects, arrays, strings and whole numbers without sign, no deeper
 * than `depth`; no blanks before it, only spaces after it, no key twice. GM_BAD_MODEL and GM_LIMIT come with
 * the reason, and *json is then NULL. */
gm_status gm_strict_json(json_t **json, const char *text, size_t size, size_t depth, gm_json_reason *reason);

#endif
