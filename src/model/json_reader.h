/* Reads JSON that a person wrote. An error message names the line, or the path of the key:
 * "layers[1].biases". */
#ifndef GM_MODEL_JSON_READER_H
#define GM_MODEL_JSON_READER_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stddef.h>

/* What every reader needs for its error messages: the name of the file, the error, and the status for wrong
 * contents. */
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

/* Writes the error line for a value of the wrong type: "expected a number, got a string". */
gm_status gm_json_expect(const gm_json_source *from, const char *place, const char *expected,
                         const json_t *value);

/* Checks that the value is an object with no other keys than those of `known`, a list that ends with NULL. */
gm_status gm_json_keys(const gm_json_source *from, const char *place, json_t *object,
                       const char *const *known);

/* Checks that the value is an array of `count` items; if count is 0, of one or more. `items` is their name in
 * messages. */
gm_status gm_json_array(const gm_json_source *from, const char *place, const json_t *array, size_t count,
                        const char *items);

gm_status gm_json_number(const gm_json_source *from, const char *place, const json_t *value, double *number);
gm_status gm_json_numbers(const gm_json_source *from, const char *place, const json_t *array, size_t count,
                          double *numbers);

/* Reads a string. *name points into the value. */
gm_status gm_json_name(const gm_json_source *from, const char *place, const json_t *value, const char **name);

/* Copies a string in which unprintable characters are replaced, because it is shown to people. Free it with
 * gm_free. *text is not changed if there is no value. */
gm_status gm_json_text(const gm_json_source *from, const char *place, const json_t *value, char **text);

#endif
