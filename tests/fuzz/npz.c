/* Fuzz target: any bytes as an NPZ file. One byte chooses the options, the rest is the file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const names[] = {NULL, "a", "y.npy", "none"};
    fuzz_input input = {bytes, size};
    gm_dataset_options options = gm_dataset_options_default();
    const unsigned how = fuzz_choice(&input, 64);
    options.regression = how & 1;
    options.test = how & 2;
    options.x_member = how & 4 ? names[1] : NULL;
    options.y_member = names[how / 8 % 4];
    options.missing = how & 32 ? GM_MISSING_DROP : GM_MISSING_AUTO;
    fuzz_file file = fuzz_file_make(input.bytes, input.size);
    (void)fuzz_load_dataset(file.path, &options);
    fuzz_file_close(&file);
    return 0;
}
