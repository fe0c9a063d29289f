/* Fuzz target: a model file. The first byte says how the rest becomes the file (fuzz_tensors_make). A model
 * that could be loaded can be saved. If that file is loaded and saved again, the bytes are the same. */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static gm_status load(gm_model *model, const char *path)
{
    gm_error error = {0};
    const gm_status status = gm_model_load(model, path, &error);
    fuzz_check_status(status, FUZZ_STATUS(GM_BAD_MODEL) | FUZZ_STATUS(GM_IO) | FUZZ_STATUS(GM_LIMIT), &error);
    FUZZ_REQUIRE(status == GM_OK || (!model->network && !model->scaling && !model->classes));
    return status;
}

static void check_columns(const gm_columns *columns, size_t inputs)
{
    size_t sum = 0;
    FUZZ_REQUIRE(columns && columns->inputs == inputs);
    for (size_t c = 0; c < columns->count; c++) {
        const gm_data_column *column = &columns->items[c];
        FUZZ_REQUIRE(!column->name == !gm_columns_named(columns) && column->first == sum);
        FUZZ_REQUIRE(isnan(column->replacement) || isfinite(column->replacement));
        for (size_t i = 0; i < column->category_count; i++)
            FUZZ_REQUIRE(column->categories[i]);
        if (column->categories && !isnan(column->replacement))
            FUZZ_REQUIRE(column->replacement >= 0 && column->replacement < (double)column->category_count);
        sum += gm_data_column_inputs(column);
    }
    FUZZ_REQUIRE(sum == inputs);
}

static void check_model(const gm_model *model)
{
    FUZZ_REQUIRE(model->network);
    for (size_t i = 0; i < gm_network_parameter_count(model->network); i++)
        FUZZ_REQUIRE(isfinite(gm_network_parameter(model->network, i)));
    FUZZ_REQUIRE(!model->scaling || model->scaling->features == gm_network_inputs(model->network));
    for (size_t f = 0; model->scaling && f < model->scaling->features; f++)
        FUZZ_REQUIRE(isfinite(model->scaling->shift[f]) && isfinite(model->scaling->factor[f]));
    check_columns(model->columns, gm_network_inputs(model->network));
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
    gm_model model;
    fuzz_file file = fuzz_tensors_make(form, input);
    if (load(&model, file.path) == GM_OK) {
        check_model(&model);
        check_round_trip(&model);
    }
    gm_model_clear(&model);
    fuzz_file_close(&file);
    return 0;
}
