/* Kinds of files by their first bytes. */
#include "model/file_kind.h"
#include "base/error.h"
#include "model/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAFETENSORS_LIMIT 100000000 /* bytes of a header, by the format's own definition */

static bool is_safetensors(const char *head, size_t size)
{
    uint64_t length;
    if (size <= sizeof length)
        return false;
    memcpy(&length, head, sizeof length);
    return length <= SAFETENSORS_LIMIT && head[sizeof length] == '{';
}

const gm_file_kind gm_kind_model = {"a model", is_safetensors};

static bool is_idx(const char *head, size_t size)
{
    return size >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 0x08 && head[2] <= 0x0E;
}

static bool is_text(const char *head, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)head[i] < ' ' && !(head[i] >= '\t' && head[i] <= '\r'))
            return false;
    return true;
}

typedef struct description {
    char text[80];
} description;

/* What a file is, with an article and without advice: "a gzip file". */
static description describe(const char *head, size_t size)
{
    description what;
    const char *kind = gm_foreign_kind(head, size);
    if (is_safetensors(head, size))
        kind = "a model (safetensors)";
    else if (size >= 4 && memcmp(head,
                                 "\x7f"
                                 "ELF",
                                 4) == 0)
        kind = "a program or a library";
    else if (!kind && is_idx(head, size))
        kind = "an IDX file";
    else if (!kind)
        kind = size > 0 && is_text(head, size) ? "a text file" : "a file of another kind";
    snprintf(what.text, sizeof what.text, "%.*s", (int)strcspn(kind, ",;"), kind);
    return what;
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
                   path, describe(head, (size_t)size).text, kind->name);
}
