/* Fuzz target: a model file. The first byte says how the rest becomes the file:
 *   0  it is the file
 *   1  it is the file, with the checksum made right
 *   2  up to the first 0 it is the header, the rest the tensors; the length field and the checksum are made
 * so that the fuzzer gets behind both. What loads must save, and load again to the same bytes. */
#include "fuzz.h"
#include "model/checksum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH_FIELD 8
/* Up to the end of the checksum's digits. */
#define SEALED_SIZE (sizeof "{\"__metadata__\":{\"" GM_CHECKSUM_KEY "\":\"" GM_CHECKSUM_NONE - 1)

static void seal(char *file, size_t head_size, size_t size)
{
    if (head_size >= LENGTH_FIELD + SEALED_SIZE && head_size <= size)
        gm_checksum_seal(file, head_size, file + head_size, size - head_size);
}

/* The file as it is, sealed if that is possible. */
static char *make_sealed(fuzz_input input, size_t *size)
{
    uint64_t length = 0;
    char *const file = malloc(input.size + 1);
    FUZZ_REQUIRE(file);
    memcpy(file, input.bytes, input.size);
    *size = input.size;
    if (input.size >= LENGTH_FIELD)
        memcpy(&length, file, sizeof length);
    if (length <= input.size)
        seal(file, LENGTH_FIELD + (size_t)length, input.size);
    return file;
}

/* The file from its header and its tensors. */
static char *make_framed(fuzz_input input, size_t *size)
{
    const fuzz_input header = fuzz_until(&input, '\0');
    const uint64_t length = header.size;
    *size = LENGTH_FIELD + header.size + input.size;
    char *const file = malloc(*size);
    FUZZ_REQUIRE(file);
    memcpy(file, &length, sizeof length);
    memcpy(file + LENGTH_FIELD, header.bytes, header.size);
    memcpy(file + LENGTH_FIELD + header.size, input.bytes, input.size);
    seal(file, LENGTH_FIELD + header.size, *size);
    return file;
}

static gm_status load(gm_model *model, const char *path)
{
    gm_error error = {0};
    const gm_status status = gm_model_load(model, path, &error);
    fuzz_check_status(status, FUZZ_STATUS(GM_BAD_MODEL) | FUZZ_STATUS(GM_IO) | FUZZ_STATUS(GM_LIMIT), &error);
    FUZZ_REQUIRE(status == GM_OK || (!model->network && !model->scaling && !model->classes));
    return status;
}

static void check_model(const gm_model *model)
{
    FUZZ_REQUIRE(model->network);
    for (size_t i = 0; i < gm_network_parameter_count(model->network); i++)
        FUZZ_REQUIRE(isfinite(gm_network_parameter(model->network, i)));
    FUZZ_REQUIRE(!model->scaling || model->scaling->features == gm_network_inputs(model->network));
    for (size_t f = 0; model->scaling && f < model->scaling->features; f++)
        FUZZ_REQUIRE(isfinite(model->scaling->shift[f]) && isfinite(model->scaling->factor[f]));
    FUZZ_REQUIRE(model->columns && model->columns->features == gm_network_inputs(model->network));
    for (size_t f = 0; model->columns->names && f < model->columns->features; f++)
        FUZZ_REQUIRE(model->columns->names[f]);
    for (size_t f = 0; model->columns->means && f < model->columns->features; f++)
        FUZZ_REQUIRE(isfinite(model->columns->means[f]));
    FUZZ_REQUIRE(!model->classes || model->class_count == gm_network_outputs(model->network));
    for (size_t c = 0; c < model->class_count; c++)
        FUZZ_REQUIRE(model->classes[c]);
}

static char *read_whole(const char *path, size_t *size)
{
    FILE *const in = fopen(path, "rb");
    FUZZ_REQUIRE(in && fseek(in, 0, SEEK_END) == 0);
    *size = (size_t)ftell(in);
    rewind(in);
    char *const bytes = malloc(*size);
    FUZZ_REQUIRE(bytes && fread(bytes, 1, *size, in) == *size);
    fclose(in);
    return bytes;
}

/* What is saved; to be freed. */
static char *save(const gm_model *model, const char *path, size_t *size)
{
    gm_error error = {0};
    const gm_status status = gm_model_save(path, model, &error);
    if (status != GM_OK)
        fprintf(stderr, "%s\n", error.message);
    FUZZ_REQUIRE(status == GM_OK);
    return read_whole(path, size);
}

static void check_round_trip(const gm_model *model)
{
    char path[256];
    gm_model again;
    size_t first_size, second_size;
    snprintf(path, sizeof path, "%s/model.safetensors", fuzz_folder());
    char *const first = save(model, path, &first_size);
    FUZZ_REQUIRE(load(&again, path) == GM_OK);
    char *const second = save(&again, path, &second_size);
    FUZZ_REQUIRE(first_size == second_size && memcmp(first, second, first_size) == 0);
    gm_model_clear(&again);
    free(first);
    free(second);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    const unsigned form = fuzz_choice(&input, 3);
    char *content = NULL;
    size_t content_size = input.size;
    gm_model model;
    if (form > 0)
        content = form == 1 ? make_sealed(input, &content_size) : make_framed(input, &content_size);
    fuzz_file file = fuzz_file_make(content ? (const void *)content : input.bytes, content_size);
    free(content);
    if (load(&model, file.path) == GM_OK) {
        check_model(&model);
        check_round_trip(&model);
    }
    gm_model_clear(&model);
    fuzz_file_close(&file);
    return 0;
}
