/* Opens and reads safetensors files, and makes the header of a new one. header.c reads the JSON in a header.
 */
#include "model/safetensors.h"
#include "base/error.h"
#include "base/foreign.h"
#include "base/memory.h"
#include "model/file.h"
#include "model/json_write.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* The data section is read and written without conversion. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors is little-endian, and so must we be");

/* The error for a file that does not begin like safetensors. If it is a known file of another kind, the
 * message says so. */
static gm_status fail_beginning(const gm_safetensors *file, const char *start, size_t size, const char *what,
                                gm_error *error)
{
    const gm_foreign *found = gm_foreign_find(start, size);
    if (found && found->as_model)
        return gm_fail(error, GM_BAD_MODEL, "%s: %s; expected %s (a safetensors file)%s%s", file->path,
                       found->kind, file->expected, *found->as_model ? "; " : "", found->as_model);
    return gm_fail(error, GM_BAD_MODEL, "%s: %s; expected %s (a safetensors file)", file->path, what,
                   file->expected);
}

/* Reads the length field, and checks it before memory of that size is allocated. */
static gm_status read_length(const gm_safetensors *file, size_t file_size, size_t *length, gm_error *error)
{
    char start[GM_FOREIGN_HEAD];
    const size_t have = gm_min(file_size, sizeof start);
    const gm_status status = gm_file_read(file->fd, file->path, 0, start, have, error);
    if (status != GM_OK)
        return status;
    if (have < GM_HEADER_PREFIX)
        return fail_beginning(file, start, have, have ? "shorter than 8 bytes" : "empty", error);
    uint64_t claimed;
    memcpy(&claimed, start, sizeof claimed);
    if (claimed > GM_HEADER_LIMIT)
        return fail_beginning(file, start, have, "does not begin with the length of a header, at most 16 MiB",
                              error);
    if (have > GM_HEADER_PREFIX && start[GM_HEADER_PREFIX] != '{')
        return fail_beginning(file, start, have, "its header does not begin with '{'", error);
    if (claimed == 0)
        return fail_beginning(file, start, have, "its header is empty", error);
    if (claimed > file_size - GM_HEADER_PREFIX)
        return gm_fail(error, GM_BAD_MODEL,
                       "%s: header cut short; expected %zu bytes, got %zu; the file is truncated", file->path,
                       (size_t)claimed, file_size - GM_HEADER_PREFIX);
    *length = (size_t)claimed;
    return GM_OK;
}

gm_status gm_safetensors_open(gm_safetensors *file, const char *path, const char *expected, gm_error *error)
{
    size_t file_size, length = 0;
    *file = (gm_safetensors){.path = path, .expected = expected};
    gm_status status = gm_file_open(path, &file->fd, &file_size, error);
    if (status == GM_OK)
        status = read_length(file, file_size, &length, error);
    if (status != GM_OK)
        return status;
    file->head_size = GM_HEADER_PREFIX + length;
    file->data_size = file_size - file->head_size;
    file->head = gm_alloc(file->head_size, 1);
    if (!file->head)
        return gm_fail_memory(error, "the header of a model file", file->head_size);
    status = gm_file_read(file->fd, path, 0, file->head, file->head_size, error);
    return status == GM_OK ? gm_safetensors_parse(file, error) : status;
}

void gm_safetensors_close(gm_safetensors *file)
{
    if (file->fd >= 0)
        close(file->fd);
    gm_free(file->head);
    gm_free(file->tensors);
    json_decref(file->json);
    *file = (gm_safetensors){.fd = -1};
}

gm_status gm_safetensors_read_data(const gm_safetensors *file, void *data, gm_error *error)
{
    return gm_file_read(file->fd, file->path, file->head_size, data, file->data_size, error);
}

/* A JSON array of the values. NULL without memory. */
static json_t *integers(const size_t *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count && array; i++) {
        if (json_array_append_new(array, json_integer((json_int_t)values[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

bool gm_safetensors_add(json_t *json, const char *name, const char *dtype, const size_t *shape, size_t rank,
                        size_t begin, size_t end)
{
    const size_t offsets[] = {begin, end};
    json_t *entry = json_object();
    /* The functions of jansson own the new values that they get, and fail if a value is NULL. */
    const bool done = json_object_set_new(entry, "dtype", json_string(dtype)) == 0 &&
                      json_object_set_new(entry, "shape", integers(shape, rank)) == 0 &&
                      json_object_set_new(entry, "data_offsets", integers(offsets, 2)) == 0;
    if (!done) {
        json_decref(entry);
        return false;
    }
    return json_object_set_new(json, name, entry) == 0;
}

static gm_status pack_head(const char *text, char **head, size_t *head_size, gm_error *error)
{
    const size_t length = strlen(text);
    const size_t padded = (length + 7) / 8 * 8; /* so that the data behind it is aligned */
    if (padded > GM_HEADER_LIMIT)
        return gm_fail(error, GM_LIMIT,
                       "the description of this model takes %zu bytes; expected at most 16 MiB", padded);
    *head_size = GM_HEADER_PREFIX + padded;
    *head = gm_alloc(*head_size, 1);
    if (!*head)
        return gm_fail_memory(error, "the header of a model file", *head_size);
    const uint64_t claimed = padded;
    memcpy(*head, &claimed, sizeof claimed);
    memset(*head + GM_HEADER_PREFIX, ' ', padded);
    memcpy(*head + GM_HEADER_PREFIX, text, length);
    return GM_OK;
}

gm_status gm_safetensors_head(const json_t *json, char **head, size_t *head_size, gm_error *error)
{
    char *text = gm_json_write(json, JSON_COMPACT);
    if (!text)
        return gm_fail_memory(error, "the header of a model file", GM_HEADER_LIMIT);
    const gm_status status = pack_head(text, head, head_size, error);
    gm_free(text);
    return status;
}
