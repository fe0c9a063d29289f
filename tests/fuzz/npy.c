/* Fuzz target: any bytes as an NPY file, with or without an NPY file of targets beside it. Three bytes choose
 * the options, the next two (low byte first) say how many bytes of the rest are the targets. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const targets[] = {NULL, "1", "-1", "none", "7"};
    fuzz_input input = {bytes, size};
    gm_dataset_options options = gm_dataset_options_default();
    const bool labelled = fuzz_choice(&input, 2) == 1;
    options.target = targets[fuzz_choice(&input, sizeof targets / sizeof *targets)];
    const unsigned how = fuzz_choice(&input, 16);
    options.regression = how & 1;
    options.precision = how & 2 ? GM_F64 : GM_F32;
    options.missing = (gm_missing)(how / 4);
    const fuzz_input length = fuzz_take(&input, 2);
    if (length.size < 2)
        return 0;
    const fuzz_input part = fuzz_take(&input, length.bytes[0] + 256U * length.bytes[1]);
    fuzz_file labels = fuzz_file_make(part.bytes, part.size);
    fuzz_file features = fuzz_file_make(input.bytes, input.size);
    if (labelled)
        options.labels = labels.path;
    (void)fuzz_load_dataset(features.path, &options);
    fuzz_file_close(&labels);
    fuzz_file_close(&features);
    return 0;
}
