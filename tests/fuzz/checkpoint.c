/* Fuzz target: a checkpoint. The first byte says how the rest becomes the file (fuzz_tensors_make). If
 * the checkpoint can be loaded, a run of two epochs on four rows goes on from it, or says why it cannot. */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 4, IN = 2, OUT = 2 };

static gm_engine *make_engine(gm_network **network)
{
    const gm_layer_options layers[] = {{3, GM_TANH}, {OUT, GM_SOFTMAX}};
    gm_network_options options = gm_network_options_default();
    gm_engine_options engine_options = gm_engine_options_default();
    gm_engine *engine;
    options.inputs = IN;
    options.layers = layers;
    options.layer_count = sizeof layers / sizeof *layers;
    options.loss = GM_CROSS_ENTROPY;
    engine_options.threads = 1;
    engine_options.batch = 2;
    engine_options.optimizer = gm_optimizer_default(GM_MOMENTUM);
    FUZZ_REQUIRE(gm_network_create(network, &options, NULL) == GM_OK);
    FUZZ_REQUIRE(gm_engine_create(&engine, *network, &engine_options, NULL) == GM_OK);
    return engine;
}

static gm_dataset *make_data(void)
{
    static const float x[ROWS * IN] = {0, 1, 1, 0, 0.5F, -1, -1, 0.25F};
    static const uint32_t labels[ROWS] = {0, 1, 1, 0};
    gm_dataset *data;
    FUZZ_REQUIRE(gm_dataset_from_arrays(&data, gm_array_f32(x, ROWS, IN), gm_array_labels(labels, ROWS), OUT,
                                        NULL) == GM_OK);
    return data;
}

/* Goes on from the checkpoint, and writes one itself. */
static void resume(const gm_checkpoint *checkpoint)
{
    char path[256];
    gm_network *network;
    gm_engine *engine = make_engine(&network);
    gm_dataset *data = make_data();
    gm_train_options options = gm_train_options_default();
    gm_error error = {0};
    snprintf(path, sizeof path, "%s/run.ckpt", fuzz_folder());
    options.epochs = 2;
    options.resume = checkpoint;
    options.checkpoint = path;
    const gm_status status = gm_train(engine, data, data, NULL, &options, NULL, &error);
    fuzz_check_status(status, FUZZ_STATUS(GM_BAD_MODEL) | FUZZ_STATUS(GM_DIVERGED) | FUZZ_STATUS(GM_LIMIT),
                      &error);
    for (size_t i = 0; status == GM_OK && i < gm_network_parameter_count(network); i++)
        FUZZ_REQUIRE(isfinite(gm_network_parameter(network, i)));
    gm_dataset_destroy(data);
    gm_engine_destroy(engine);
    gm_network_destroy(network);
    unlink(path);
}

static void check_info(const gm_checkpoint *checkpoint)
{
    gm_checkpoint_info info = gm_checkpoint_info_init();
    FUZZ_REQUIRE(gm_checkpoint_get_info(checkpoint, &info, NULL) == GM_OK);
    FUZZ_REQUIRE(info.backend && info.kernels && info.version && info.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    const unsigned form = fuzz_choice(&input, 3);
    gm_checkpoint *checkpoint;
    gm_error error = {0};
    fuzz_file file = fuzz_tensors_make(form, input);
    const gm_status status = gm_checkpoint_load(&checkpoint, file.path, &error);
    fuzz_check_status(status, FUZZ_STATUS(GM_BAD_MODEL) | FUZZ_STATUS(GM_IO) | FUZZ_STATUS(GM_LIMIT), &error);
    FUZZ_REQUIRE((status == GM_OK) == (checkpoint != NULL));
    if (checkpoint) {
        check_info(checkpoint);
        resume(checkpoint);
    }
    gm_checkpoint_destroy(checkpoint);
    fuzz_file_close(&file);
    return 0;
}
