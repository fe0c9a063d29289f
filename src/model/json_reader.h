/* JSON that a person wrote, read so that an error names the line, or the path of the key: "layers[1].biases".
 */
#ifndef GM_MODEL_JSON_READER_H
#define GM_MODEL_JSON_READER_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stddef.h>

/* What every reader needs: the file as its errors name it, where they go, and the status for a wrong content.
 */
typedef struct gm_json_source {
    const char *path;
    gm_status bad;
    gm_error *error;
} gm_json_source;

/* The path of a value within the file. */
typedef struct gm_json_path {
    char text[120];
} gm_json_path;

gm_json_path gm_json_at(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Parses a whole text. *root is NULL on failure. */
gm_status gm_json_parse(const gm_json_source *from, const char *text, size_t size, json_t **root);

/* The line for a value that is not what it should be: "expected a number, got a string". */
gm_status gm_json_expect(const gm_json_source *from, const char *place, const char *expected,
                         const json_t *value);

/* An object with no other keys than those of `known`, which ends with NULL. */
gm_status gm_json_keys(const gm_json_source *from, const char *place, json_t *object,
                       const char *const *known);

/* An array of `count` items, or of any number but 0 if count is 0; `items` is their name. */
gm_status gm_json_array(const gm_json_source *from, const char *place, const json_t *array, size_t count,
                        const char *items);

gm_status gm_json_number(const gm_json_source *from, const char *place, const json_t *value, double *number);
gm_status gm_json_numbers(const gm_json_source *from, const char *place, const json_t *array, size_t count,
                          double *numbers);

/* A string, borrowed from the value. */
gm_status gm_json_name(const gm_json_source *from, const char *place, const json_t *value, const char **name);

/* A copy of a string, to be freed with gm_free; *text is untouched if there is no value. */
gm_status gm_json_text(const gm_json_source *from, const char *place, const json_t *value, char **text);

#endif
