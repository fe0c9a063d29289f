/* Reads the JSON header of a safetensors file, which may be damaged or hostile. Every number is checked
 * before it is used, and the tensors must fill the data section without gaps, overlaps or a rest. */
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "model/printable.h"
#include "model/safetensors.h"
#include "model/strict_json.h"

#include <stdlib.h>
#include <string.h>

#define METADATA     "__metadata__"
#define HEADER_DEPTH 3 /* header, entry, shape */

/* Every type that the format knows. */
static const gm_dtype dtypes[] = {
    {"F32", 32},    {"F64", 64},    {"F16", 16},        {"BF16", 16},       {"BOOL", 8},    {"U8", 8},
    {"I8", 8},      {"U16", 16},    {"I16", 16},        {"U32", 32},        {"I32", 32},    {"U64", 64},
    {"I64", 64},    {"C64", 64},    {"F4", 4},          {"F6_E2M3", 6},     {"F6_E3M2", 6}, {"F8_E5M2", 8},
    {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8},
};

static gm_status fail_tensor(const gm_safetensors *file, const char *name, const char *what, gm_error *error)
{
    return gm_fail(error, GM_BAD_MODEL, "%s: tensor \"%s\": %s", file->path, gm_printable(name).text, what);
}

static const gm_dtype *find_dtype(const char *name)
{
    const size_t index = GM_FIND_ROW(dtypes, name);
    return index < GM_ROWS(dtypes) ? &dtypes[index] : NULL;
}

/* Reads an array of `count` whole numbers. False if it is anything else. */
static bool read_sizes(const json_t *array, size_t *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_integer(item))
            return false;
        sizes[i] = (size_t)json_integer_value(item); /* not negative: strict_json.c refuses signs */
    }
    return json_is_array(array);
}

static gm_status read_shape(const gm_safetensors *file, gm_tensor *tensor, const json_t *shape,
                            gm_error *error)
{
    tensor->rank = json_array_size(shape);
    if (tensor->rank > GM_TENSOR_RANK)
        return gm_fail(error, GM_BAD_MODEL, "%s: tensor \"%s\": rank %zu; expected at most %d", file->path,
                       gm_printable(tensor->name).text, tensor->rank, GM_TENSOR_RANK);
    if (!read_sizes(shape, tensor->shape, tensor->rank))
        return fail_tensor(file, tensor->name, "shape is not an array of whole numbers", error);
    return GM_OK;
}

/* The bytes by shape and type must be as many as the bytes by the offsets. */
static gm_status check_size(const gm_safetensors *file, const gm_tensor *tensor, gm_error *error)
{
    size_t bits = tensor->dtype->bits;
    for (size_t i = 0; i < tensor->rank; i++)
        if (!gm_mul(bits, tensor->shape[i], &bits))
            return fail_tensor(file, tensor->name, "shape is larger than any memory", error);
    if (bits % 8 != 0)
        return fail_tensor(file, tensor->name, "shape does not fill whole bytes", error);
    if (tensor->end < tensor->begin)
        return fail_tensor(file, tensor->name, "data_offsets end before they begin", error);
    if (tensor->end - tensor->begin != bits / 8)
        return gm_fail(error, GM_BAD_MODEL,
                       "%s: tensor \"%s\": data_offsets span %zu bytes; expected %zu by shape and dtype",
                       file->path, gm_printable(tensor->name).text, tensor->end - tensor->begin, bits / 8);
    return GM_OK;
}

static gm_status read_tensor(const gm_safetensors *file, gm_tensor *tensor, const json_t *entry,
                             gm_error *error)
{
    size_t offsets[2];
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *span = json_object_get(entry, "data_offsets");
    if (!dtype || !shape || !span || json_object_size(entry) != 3)
        return fail_tensor(file, tensor->name, "expected exactly dtype, shape and data_offsets", error);
    tensor->dtype = find_dtype(dtype);
    if (!tensor->dtype)
        return gm_fail(error, GM_BAD_MODEL, "%s: tensor \"%s\": unknown dtype \"%s\"", file->path,
                       gm_printable(tensor->name).text, gm_printable(dtype).text);
    const gm_status status = read_shape(file, tensor, shape, error);
    if (status != GM_OK)
        return status;
    if (json_array_size(span) != 2 || !read_sizes(span, offsets, 2))
        return fail_tensor(file, tensor->name, "data_offsets are not two whole numbers", error);
    tensor->begin = offsets[0];
    tensor->end = offsets[1];
    return check_size(file, tensor, error);
}

static gm_status read_metadata(gm_safetensors *file, json_t *metadata, gm_error *error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        return gm_fail(error, GM_BAD_MODEL, "%s: " METADATA " is not an object", file->path);
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return gm_fail(error, GM_BAD_MODEL, "%s: " METADATA " \"%s\" is not a string", file->path,
                           gm_printable(key).text);
    }
    file->metadata = metadata;
    return GM_OK;
}

static gm_status read_entries(gm_safetensors *file, gm_error *error)
{
    const char *key;
    json_t *value;
    gm_status status = GM_OK;
    file->tensors = gm_alloc(json_object_size(file->json), sizeof *file->tensors);
    if (!file->tensors)
        return gm_fail_memory(error, "the table of tensors",
                              json_object_size(file->json) * sizeof *file->tensors);
    json_object_foreach(file->json, key, value)
    {
        if (strcmp(key, METADATA) == 0) {
            status = read_metadata(file, value, error);
        } else {
            gm_tensor *tensor = &file->tensors[file->tensor_count++];
            tensor->name = key;
            status = read_tensor(file, tensor, value, error);
        }
        if (status != GM_OK)
            break;
    }
    return status;
}

static int by_place(const void *left, const void *right)
{
    const gm_tensor *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) -
           (a->end < b->end); /* an empty tensor stands before the tensor that begins at the same byte */
}

static gm_status check_cover(const gm_safetensors *file, gm_error *error)
{
    size_t covered = 0;
    for (size_t i = 0; i < file->tensor_count; i++) {
        const gm_tensor *tensor = &file->tensors[i];
        if (tensor->begin != covered)
            return gm_fail(error, GM_BAD_MODEL,
                           "%s: tensor \"%s\": %s; expected it to begin at byte %zu, got %zu", file->path,
                           gm_printable(tensor->name).text,
                           tensor->begin < covered ? "overlaps another" : "unused bytes before it", covered,
                           tensor->begin);
        covered = tensor->end;
    }
    if (covered > file->data_size)
        return gm_fail(error, GM_BAD_MODEL, "%s: %zu bytes are missing at its end; the file is truncated",
                       file->path, covered - file->data_size);
    if (covered < file->data_size)
        return gm_fail(error, GM_BAD_MODEL,
                       "%s: %zu bytes after the last tensor; expected the end of the file", file->path,
                       file->data_size - covered);
    return GM_OK;
}

gm_status gm_safetensors_parse(gm_safetensors *file, gm_error *error)
{
    gm_json_reason reason = {""};
    gm_status status = gm_strict_json(&file->json, file->head + GM_HEADER_PREFIX,
                                      file->head_size - GM_HEADER_PREFIX, HEADER_DEPTH, &reason);
    if (status != GM_OK)
        return gm_fail(error, status, "%s: header, %s", file->path, reason.text);
    if (!json_is_object(file->json))
        return gm_fail(error, GM_BAD_MODEL, "%s: header is not a JSON object", file->path);
    status = read_entries(file, error);
    if (status != GM_OK)
        return status;
    qsort(file->tensors, file->tensor_count, sizeof *file->tensors, by_place);
    return check_cover(file, error);
}
