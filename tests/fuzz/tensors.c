/* Makes safetensors files, so that a fuzzer gets behind the length field and the checksum. */
#include "fuzz.h"
#include "model/checksum.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH_FIELD 8
/* Bytes from the beginning of the header to the end of the checksum, which is its first entry. */
#define SEALED_SIZE (sizeof GM_CHECKSUM_OPENING GM_CHECKSUM_NONE - 1)

static void seal(char *file, size_t head_size, size_t size)
{
    if (head_size >= LENGTH_FIELD + SEALED_SIZE && head_size <= size)
        gm_checksum_seal(file, head_size, file + head_size, size - head_size);
}

/* The input itself is the file. If it has room for a checksum, this becomes one that fits. */
static char *make_sealed(fuzz_input input, size_t *size)
{
    uint64_t length = 0;
    char *const file = malloc(input.size + 1);
    FUZZ_REQUIRE(file);
    memcpy(file, input.bytes, input.size);
    *size = input.size;
    if (input.size >= LENGTH_FIELD)
        memcpy(&length, file, sizeof length);
    if (length <= input.size)
        seal(file, LENGTH_FIELD + (size_t)length, input.size);
    return file;
}

/* The input is the header and, after a 0, the tensors. The length field is made to fit. */
static char *make_framed(fuzz_input input, size_t *size)
{
    const fuzz_input header = fuzz_until(&input, '\0');
    const uint64_t length = header.size;
    *size = LENGTH_FIELD + header.size + input.size;
    char *const file = malloc(*size);
    FUZZ_REQUIRE(file);
    memcpy(file, &length, sizeof length);
    memcpy(file + LENGTH_FIELD, header.bytes, header.size);
    memcpy(file + LENGTH_FIELD + header.size, input.bytes, input.size);
    seal(file, LENGTH_FIELD + header.size, *size);
    return file;
}

fuzz_file fuzz_tensors_make(unsigned form, fuzz_input input)
{
    size_t size = input.size;
    char *const content = form == 0   ? NULL
                          : form == 1 ? make_sealed(input, &size)
                                      : make_framed(input, &size);
    const fuzz_file file = fuzz_file_make(content ? (const void *)content : input.bytes, size);
    free(content);
    return file;
}
