/* The safetensors file format: a length, a JSON header, and the bytes of the tensors. What the tensors mean
 * is decided elsewhere (load.c, tensors.h). */
#ifndef GM_MODEL_SAFETENSORS_H
#define GM_MODEL_SAFETENSORS_H

#include <gradmill/status.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define GM_TENSOR_RANK   8                  /* most dimensions of a tensor */
#define GM_HEADER_LIMIT  ((size_t)16 << 20) /* bytes of JSON; the format would allow 100,000,000 */
#define GM_HEADER_PREFIX 8                  /* bytes of the length field before it */

typedef struct gm_dtype {
    const char *name;
    size_t bits; /* of one element */
} gm_dtype;

typedef struct gm_tensor {
    const char *name;
    const gm_dtype *dtype;
    size_t rank, shape[GM_TENSOR_RANK];
    size_t begin, end; /* bytes of the data section */
} gm_tensor;

/* An open file whose header has been read and checked. The tensors are in the order of their data, and fill
 * the data section exactly. */
typedef struct gm_safetensors {
    const char *path, *expected; /* borrowed */
    int fd;
    char *head; /* length field and JSON, as in the file */
    size_t head_size;
    json_t *json;     /* names and metadata point into it */
    json_t *metadata; /* strings only; NULL if there is none */
    gm_tensor *tensors;
    size_t tensor_count;
    size_t data_size;
} gm_safetensors;

/* Opens a file and reads its header. `expected` is for messages: "a model". GM_BAD_MODEL, GM_IO, GM_LIMIT.
 * Close it even after a failure. */
gm_status gm_safetensors_open(gm_safetensors *file, const char *path, const char *expected, gm_error *error);
void gm_safetensors_close(gm_safetensors *file);

/* Reads the whole data section, data_size bytes. */
gm_status gm_safetensors_read_data(const gm_safetensors *file, void *data, gm_error *error);

/* The second half of opening: reads metadata and tensors from the JSON in head. */
gm_status gm_safetensors_parse(gm_safetensors *file, gm_error *error);

/* For a header to be written: adds a tensor whose bytes are [begin, end) of the data section. False: no
 * memory. */
bool gm_safetensors_add(json_t *json, const char *name, const char *dtype, const size_t *shape, size_t rank,
                        size_t begin, size_t end);

/* Makes the head of a file: length field, JSON and spaces as padding. Free it with gm_free. GM_LIMIT: it
 * would be larger than gm_safetensors_open accepts. */
gm_status gm_safetensors_head(const json_t *json, char **head, size_t *head_size, gm_error *error);

#endif
