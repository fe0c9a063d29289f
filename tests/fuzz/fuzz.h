/* Functions that the fuzz targets share: they make files of the fuzzer's bytes, and check rules that must
 * hold for every input.
 *
 * A target is one file with LLVMFuzzerTestOneInput. libFuzzer drives it in a build with -Dfuzzers=true; in
 * every other build replay.c runs it on the files of tests/corpus. A broken rule is printed and then aborts.
 */
#ifndef GM_TESTS_FUZZ_H
#define GM_TESTS_FUZZ_H

#include <gradmill.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Aborts with a line that names the rule. */
#define FUZZ_REQUIRE(condition)                                                                              \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fuzz_stop(__FILE__, __LINE__, #condition);                                                       \
    } while (false)
_Noreturn void fuzz_stop(const char *file, int line, const char *rule);

/* The input, taken from the front piece by piece. */
typedef struct fuzz_input {
    const uint8_t *bytes;
    size_t size;
} fuzz_input;

/* The next byte as a number below `count`: '0' is 0, so that corpus files can be typed. 0 at the end. */
unsigned fuzz_choice(fuzz_input *input, unsigned count);
/* The next bytes up to `end`, which is passed over; without one, all the rest. */
fuzz_input fuzz_until(fuzz_input *input, uint8_t end);
/* The next `size` bytes, or as many as there are. */
fuzz_input fuzz_take(fuzz_input *input, size_t size);

/* A file in memory that has a path. */
typedef struct fuzz_file {
    int fd;
    char path[64];
} fuzz_file;

fuzz_file fuzz_file_make(const void *bytes, size_t size);
void fuzz_file_close(fuzz_file *file);

/* A safetensors file. `form`, below 3, says how the input becomes one:
 *   0  it is the file
 *   1  it is the file, with the checksum made right
 *   2  up to the first 0 it is the header, the rest the tensors; the length field and the checksum are made
 */
fuzz_file fuzz_tensors_make(unsigned form, fuzz_input input);

/* An empty folder, made at the first call and removed at exit; files in it are the caller's to remove. */
const char *fuzz_folder(void);

/* A set of statuses, as bits. */
#define FUZZ_STATUS(status) (1U << (status))
#define FUZZ_READER                                                                                          \
    (FUZZ_STATUS(GM_OK) | FUZZ_STATUS(GM_BAD_DATA) | FUZZ_STATUS(GM_IO) | FUZZ_STATUS(GM_LIMIT))

/* The status is one of `documented`. After a failure the error has it too, with one line of printable UTF-8;
 * after success the error is as it was, empty. */
void fuzz_check_status(gm_status status, unsigned documented, const gm_error *error);

/* Loads a data set and checks all that must hold afterwards, of the outcome and of the data. */
gm_status fuzz_load_dataset(const char *path, const gm_dataset_options *options);
/* As above, and *dataset remains the caller's; NULL after a failure. */
gm_status fuzz_load_kept(gm_dataset **dataset, const char *path, const gm_dataset_options *options);

#endif
