/* Recognises the kinds of files that gradmill writes. */
#include "model/file_kind.h"
#include "base/error.h"
#include "base/foreign.h"
#include "model/checksum.h"
#include "model/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Both are safetensors files. The metadata of a checkpoint say so behind the digits of the checksum. */
static bool is_checkpoint(const char *head, size_t size)
{
    static const char before[] = GM_CHECKSUM_OPENING, behind[] = "\",\"" GM_KEY_CHECKPOINT "\":";
    const size_t first = GM_HEADER_PREFIX + sizeof before - 1 + sizeof GM_CHECKSUM_NONE - 1;
    return size >= first + sizeof behind - 1 &&
           memcmp(head + GM_HEADER_PREFIX, before, sizeof before - 1) == 0 &&
           memcmp(head + first, behind, sizeof behind - 1) == 0;
}

static bool is_model(const char *head, size_t size)
{
    return gm_is_safetensors(head, size) && !is_checkpoint(head, size);
}

const gm_file_kind gm_kind_model = {"a model", is_model};
const gm_file_kind gm_kind_checkpoint = {"a checkpoint", is_checkpoint};

/* The kind of a file, with its article: "a gzip file". */
static const char *describe(const char *head, size_t size)
{
    const gm_foreign *found = gm_foreign_find(head, size);
    if (is_checkpoint(head, size))
        return "a checkpoint of a training run";
    if (found)
        return found->kind;
    return gm_is_text(head, size) ? "a text file" : "a file of another kind";
}

/* Up to `size` bytes from the beginning of a file; -1 on failure. */
static ssize_t read_head(int folder, const char *name, char *head, size_t size)
{
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    size_t have = 0;
    ssize_t got = fd < 0 ? -1 : 0;
    while (fd >= 0 && have < size) {
        got = pread(fd, head + have, size - have, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    const int reason = errno;
    if (fd >= 0)
        close(fd);
    errno = reason;
    return got < 0 ? -1 : (ssize_t)have;
}

gm_status gm_kind_check(const gm_file_kind *kind, int folder, const char *name, const char *path,
                        gm_error *error)
{
    char head[GM_KIND_HEAD];
    const ssize_t size = read_head(folder, name, head, sizeof head);
    if (size < 0)
        return gm_fail(error, GM_IO, "%s: cannot be written: cannot see what is there already: %s", path,
                       strerror(errno));
    if (size == 0 || kind->recognise(head, (size_t)size))
        return GM_OK;
    return gm_fail(error, GM_USAGE,
                   "%s: is %s; only %s or an empty file may be replaced here; it was left as it is; "
                   "give another name, or remove it first",
                   path, describe(head, (size_t)size), kind->name);
}
