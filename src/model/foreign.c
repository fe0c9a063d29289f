/* Files of another kind that come in place of a model: a download page, a pointer, a pickle. */
#include "model/foreign.h"
#include "data/foreign.h"

#include <string.h>

#define PICKLE "a Python pickle, which is never read; save it with safetensors"

static const struct {
    const char *magic;
    size_t size;
    const char *kind;
} kinds[] = {
    {"\x1f\x8b", 2, "a gzip file; unpack it first"},
    {"\x28\xb5\x2f\xfd", 4, "a Zstandard file; unpack it first"},
    {"PK\x03\x04", 4, "a zip file, perhaps a PyTorch .pt; save it with safetensors"},
    {"\x80\x02", 2, PICKLE},
    {"\x80\x03", 2, PICKLE},
    {"\x80\x04", 2, PICKLE},
    {"\x80\x05", 2, PICKLE},
    {"version https://git-lfs", 23, "a Git LFS pointer, not the file itself; fetch it with git lfs pull"},
    {"\x93NUMPY", 6, "a NumPy array"},
    {"\x89HDF\r\n", 6, "an HDF5 file"},
    {"GGUF", 4, "a GGUF file"},
    {"{\"", 2, "a JSON text"},
    {"{\n", 2, "a JSON text"},
    {"{ ", 2, "a JSON text"},
};

const char *gm_foreign_kind(const void *head, size_t size)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (size >= kinds[i].size && memcmp(head, kinds[i].magic, kinds[i].size) == 0)
            return kinds[i].kind;
    return gm_is_web_page(head, size) ? "a web page (HTML or XML), not the file itself; download it again"
                                      : NULL;
}
