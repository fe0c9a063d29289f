/* Fuzz target: any bytes as an SQLite database. Up to the first 0 the input is the query, or empty for none;
 * the rest is the file. Without SQLite in the build, every database is refused. */
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char query[200];
    fuzz_input input = {bytes, size};
    gm_dataset_options options = gm_dataset_options_default();
    const fuzz_input text = fuzz_until(&input, 0);
    if (text.size >= sizeof query)
        return 0;
    if (text.size > 0)
        memcpy(query, text.bytes, text.size);
    query[text.size] = '\0';
    if (strcasestr(query, "recursive"))
        return 0; /* such a query may go on for ever */
    if (text.size > 0)
        options.query = query;
    options.missing = GM_MISSING_DROP;
    fuzz_file file = fuzz_file_make(input.bytes, input.size);
    (void)fuzz_load_dataset(file.path, &options);
    fuzz_file_close(&file);
    return 0;
}
