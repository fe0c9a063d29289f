/* Fuzz target: two outputs of the benchmarks in JSON, separated by a 0 byte, as `bench gate` compares them.
 */
#include "fuzz.h"
#include "bench/gate/gate.h"

#define GATE (FUZZ_READER | FUZZ_STATUS(GM_CHECK)) /* GM_CHECK: nothing to compare */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    const fuzz_input before = fuzz_until(&input, '\0');
    fuzz_file old_file = fuzz_file_make(before.bytes, before.size);
    fuzz_file new_file = fuzz_file_make(input.bytes, input.size);
    const gm_gate_options options = gm_gate_options_default();
    gm_result result;
    gm_error error = {0};
    size_t regressions;
    const gm_status status =
        gm_gate_compare(&result, old_file.path, new_file.path, &options, &regressions, &error);
    fuzz_check_status(status, GATE, &error);
    FUZZ_REQUIRE(status != GM_OK || (result.row_count > 0 && regressions <= result.row_count));
    gm_result_clear(&result);
    fuzz_file_close(&old_file);
    fuzz_file_close(&new_file);
    return 0;
}
