/* Fuzz target: any bytes as a worked example. */
#include "fuzz.h"

#include <math.h>

static void check_finite(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        FUZZ_REQUIRE(isfinite(numbers[i]));
}

static void check_example(const gm_example *example)
{
    const gm_network *network = example->network;
    FUZZ_REQUIRE(network && gm_network_precision(network) == GM_F64);
    FUZZ_REQUIRE(example->sample_count > 0);
    FUZZ_REQUIRE(example->rate > 0 && isfinite(example->rate));
    check_finite(example->x, example->sample_count * gm_network_inputs(network));
    check_finite(example->y, example->sample_count * gm_network_outputs(network));
    check_finite(gm_network_parameters_const(network).data, gm_network_parameter_count(network));
    for (size_t i = 0; i < example->note_count; i++)
        FUZZ_REQUIRE(example->notes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    gm_example example;
    gm_error error = {0};
    fuzz_file file = fuzz_file_make(bytes, size);
    const gm_status status = gm_example_load(&example, file.path, &error);
    fuzz_check_status(status, FUZZ_READER, &error);
    FUZZ_REQUIRE(status == GM_OK || (!example.network && !example.x && !example.title));
    if (status == GM_OK)
        check_example(&example);
    gm_example_clear(&example);
    fuzz_file_close(&file);
    return 0;
}
