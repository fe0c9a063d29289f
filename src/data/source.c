/* The bytes of a data file, plain or gzip; zlib tells them apart by content.
 *
 * Files are read, never mapped: a mapped file that somebody truncates kills the process with SIGBUS. */
#include "data/source.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP_BUFFER  (1U << 18)
#define GZIP_RATIO   1032 /* deflate cannot do better (zlib's technical notes) */
#define LARGEST_READ (1U << 30)
#define FIRST_TEXT   ((size_t)1 << 16)
#define TEXT_LIMIT   ((size_t)16 << 30)

static gm_status fail_errno(const gm_source *source, const char *what, gm_error *error)
{
    return gm_fail(error, GM_IO, "%s: %s: %s", source->path, what, strerror(errno));
}

/* What went wrong in zlib's last read. */
static gm_status fail_read(const gm_source *source, gm_error *error)
{
    int code;
    const char *text = gzerror(source->file, &code);
    if (code == Z_ERRNO)
        return fail_errno(source, "cannot read", error);
    if (code == Z_MEM_ERROR)
        return gm_fail_memory(error, "decompression", GZIP_BUFFER);
    if (code == Z_BUF_ERROR)
        return gm_fail(error, GM_BAD_DATA, "%s: the gzip file is cut short; is it a partial download?",
                       source->path);
    return gm_fail(error, GM_BAD_DATA, "%s: the gzip file is damaged: %s", source->path, text);
}

/* Fills source->most. A pipe has no size to judge by. */
static gm_status measure(gm_source *source, int fd, gm_error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fail_errno(source, "cannot look at the file", error);
    if (S_ISDIR(status.st_mode))
        return gm_fail(error, GM_IO, "%s: is a directory; expected a file", source->path);
    source->most = SIZE_MAX;
    if (S_ISREG(status.st_mode))
        source->most = (size_t)status.st_size;
    return GM_OK;
}

gm_status gm_source_open(gm_source *source, const char *path, gm_error *error)
{
    *source = (gm_source){.path = path};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gm_fail_open(error, path);
    gm_status status = measure(source, fd, error);
    if (!status && !(source->file = gzdopen(fd, "rb")))
        status = gm_fail_memory(error, "reading a file", GZIP_BUFFER);
    if (status) {
        close(fd);
        return status;
    }
    (void)gzbuffer(source->file, GZIP_BUFFER); /* a wish: refusal costs speed only */
    size_t got;
    status = gm_source_read(source, source->head, GM_SOURCE_HEAD, &got, error);
    source->head_size = status ? 0 : got;
    if (!gzdirect(source->file) && !gm_mul(source->most, GZIP_RATIO, &source->most))
        source->most = SIZE_MAX;
    return status;
}

void gm_source_close(gm_source *source)
{
    if (source->file)
        (void)gzclose_r(source->file); /* of a file that was only read */
    source->file = NULL;
}

gm_status gm_source_read(gm_source *source, void *to, size_t size, size_t *got, gm_error *error)
{
    *got = gm_min(size, source->head_size - source->head_taken);
    memcpy(to, source->head + source->head_taken, *got);
    source->head_taken += *got;
    while (*got < size) {
        const size_t wanted = gm_min(size - *got, LARGEST_READ);
        const int count = gzread(source->file, (char *)to + *got, (unsigned)wanted);
        if (count > 0)
            *got += (size_t)count;
        if (count < 0 || (size_t)count < wanted) {
            int code;
            (void)gzerror(source->file, &code);
            return code == Z_OK || code == Z_STREAM_END ? GM_OK : fail_read(source, error);
        }
    }
    return GM_OK;
}

static gm_status fail_large(const gm_source *source, gm_error *error)
{
    char limit[32];
    return gm_fail(error, GM_LIMIT, "%s: the text is too large; expected at most %s", source->path,
                   gm_format_bytes(limit, sizeof limit, TEXT_LIMIT));
}

/* Doubles the room of a text. */
static gm_status enlarge(char **text, size_t used, size_t *room, gm_error *error)
{
    char *larger = gm_alloc(*room, 2);
    if (!larger)
        return gm_fail_memory(error, "the text of a file", 2 * *room);
    memcpy(larger, *text, used);
    gm_free(*text);
    *text = larger;
    *room *= 2;
    return GM_OK;
}

static gm_status read_growing(gm_source *source, char **text, size_t *size, size_t room, gm_error *error)
{
    for (;;) {
        size_t got;
        gm_status status = gm_source_read(source, *text + *size, room - 1 - *size, &got, error);
        if (status)
            return status;
        *size += got;
        if (*size < room - 1)
            break;
        if (*size > TEXT_LIMIT)
            return fail_large(source, error);
        status = enlarge(text, *size, &room, error);
        if (status)
            return status;
    }
    (*text)[*size] = '\0';
    return GM_OK;
}

gm_status gm_source_read_all(gm_source *source, char **text, size_t *size, gm_error *error)
{
    *text = NULL;
    *size = 0;
    const bool known = gzdirect(source->file) && source->most < SIZE_MAX;
    if (known && source->most > TEXT_LIMIT)
        return fail_large(source, error);
    /* One byte for the '\0', one by which the end is seen without enlarging. */
    const size_t room = known ? source->most + 2 : FIRST_TEXT;
    *text = gm_alloc(room, 1);
    if (!*text)
        return gm_fail_memory(error, "the text of a file", room);
    const gm_status status = read_growing(source, text, size, room, error);
    if (status) {
        gm_free(*text);
        *text = NULL;
    }
    return status;
}
