/* Any bytes as a model file and as an example: refused or read, never a crash, a leak or a hang. For
 * libFuzzer: clang -fsanitize=fuzzer,address,undefined ... tests/fuzz_model.c */
#include <gradmill/model.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    gm_model model;
    gm_example example;
    gm_error error;
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    (void)gm_model_load(&model, path, &error);
    gm_model_clear(&model);
    (void)gm_example_load(&example, path, &error);
    gm_example_clear(&example);
    close(fd);
    return 0;
}
