/* Fuzz target: any bytes as LIBSVM text. One byte chooses the options, the rest is the file. */
#include "fuzz.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    gm_data_column items[] = {{.name = (char[]){"0"}, .replacement = NAN, .first = 0},
                              {.name = (char[]){"1"}, .replacement = NAN, .first = 1},
                              {.name = (char[]){"2"}, .replacement = NAN, .first = 2}};
    const gm_columns columns = {.inputs = 3, .count = 3, .items = items};
    fuzz_input input = {bytes, size};
    gm_dataset_options options = gm_dataset_options_default();
    const unsigned how = fuzz_choice(&input, 64);
    options.regression = how & 1;
    options.ignore_target = how & 2;
    options.columns = how & 4 ? &columns : NULL;
    options.missing = how & 8 ? GM_MISSING_DROP : GM_MISSING_AUTO;
    options.index_base = (int)(how / 16) % 3 - 1;
    fuzz_file file = fuzz_file_make(input.bytes, input.size);
    (void)fuzz_load_dataset(file.path, &options);
    fuzz_file_close(&file);
    return 0;
}
