/* Builds JSON and prints it to stdout. */
#include "cli/json_out.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>

json_t *cli_json_push(json_t *array, json_t *value)
{
    if (array && json_array_append_new(array, value) == 0) /* jansson releases the value if it fails */
        return array;
    if (!array)
        json_decref(value);
    json_decref(array);
    return NULL;
}

json_t *cli_json_put(json_t *object, const char *key, json_t *value)
{
    if (object && json_object_set_new(object, key, value) == 0)
        return object;
    if (!object)
        json_decref(value);
    json_decref(object);
    return NULL;
}

gm_status cli_json_print(json_t *root, size_t digits, gm_error *error)
{
    char *text = root ? gm_json_write(root, JSON_INDENT(2) | JSON_REAL_PRECISION(digits)) : NULL;
    json_decref(root);
    if (!text)
        return gm_fail(error, GM_LIMIT, "no memory for the JSON output");
    puts(text);
    gm_free(text);
    return GM_OK;
}
