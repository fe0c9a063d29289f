/* Fuzz target: any bytes as an IDX file, with or without a file of labels beside it. The first byte says
 * whether there are labels, the next two (low byte first) how many bytes of the rest are theirs. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    gm_dataset_options options = gm_dataset_options_default();
    const bool labelled = fuzz_choice(&input, 2) == 1;
    const fuzz_input length = fuzz_take(&input, 2);
    if (length.size < 2)
        return 0;
    const fuzz_input part = fuzz_take(&input, length.bytes[0] + 256U * length.bytes[1]);
    fuzz_file labels = fuzz_file_make(part.bytes, part.size);
    fuzz_file images = fuzz_file_make(input.bytes, input.size);
    if (labelled)
        options.labels = labels.path;
    (void)fuzz_load_dataset(images.path, &options);
    fuzz_file_close(&labels);
    fuzz_file_close(&images);
    return 0;
}
