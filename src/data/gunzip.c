/* Decompression of gzip files with zlib. A gzip file consists of one or more members; zlib compares the
 * checksum and the length at the end of each. */
#include "data/gunzip.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#define GZIP_WINDOW                                                                                          \
    (16 + MAX_WBITS) /* the largest window; 16 tells zlib to expect the header and trailer of gzip */
#define WINDOW_MEMORY ((size_t)1 << 16)

struct gm_gunzip {
    gm_bytes *bytes;
    z_stream stream;
    bool within;  /* the position is within a member */
    bool follows; /* at least one member has ended */
};

bool gm_gzip_recognise(const uint8_t *head, size_t size)
{
    return size >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

gm_gunzip *gm_gunzip_create(gm_bytes *bytes)
{
    gm_gunzip *gunzip = gm_alloc(1, sizeof *gunzip);
    if (!gunzip)
        return NULL;
    gunzip->bytes = bytes;
    if (inflateInit2(&gunzip->stream, GZIP_WINDOW) == Z_OK)
        return gunzip;
    gm_free(gunzip);
    return NULL;
}

void gm_gunzip_destroy(gm_gunzip *gunzip)
{
    if (!gunzip)
        return;
    (void)inflateEnd(&gunzip->stream);
    gm_free(gunzip);
}

/* Begins the next member, unless the position is within one. *done: the file ends here, behind a complete
 * member. */
static gm_status begin(gm_gunzip *gunzip, bool *done, const char *path, gm_error *error)
{
    gm_bytes *bytes = gunzip->bytes;
    if (!gm_bytes_fill(bytes, 1))
        return gm_fail(error, GM_IO, "%s: cannot read: %s", path, strerror(errno));
    const bool ended = bytes->at == bytes->stop;
    *done = ended && !gunzip->within;
    if (ended && gunzip->within)
        return gm_fail(error, GM_BAD_DATA, "%s: the gzip file is cut short; is it a partial download?", path);
    if (ended || gunzip->within)
        return GM_OK;
    if (gunzip->follows && *bytes->at != 0x1f)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: the gzip file goes on behind its end with something that is not gzip; "
                       "expected nothing or another gzip file",
                       path);
    gunzip->within = inflateReset(&gunzip->stream) == Z_OK;
    return GM_OK;
}

/* Decompresses the bytes in the buffer into the rest of `to`. */
static gm_status advance(gm_gunzip *gunzip, void *to, size_t size, size_t *got, const char *path,
                         gm_error *error)
{
    gm_bytes *bytes = gunzip->bytes;
    z_stream *stream = &gunzip->stream;
    const size_t room = gm_min(size - *got, (size_t)1 << 30);
    stream->next_in = bytes->at;
    stream->avail_in = (uInt)(bytes->stop - bytes->at);
    stream->next_out = (uint8_t *)to + *got;
    stream->avail_out = (uInt)room;
    const int outcome = inflate(stream, Z_NO_FLUSH);
    bytes->at = bytes->stop - stream->avail_in;
    *got += room - stream->avail_out;
    if (outcome == Z_STREAM_END) {
        gunzip->within = false;
        gunzip->follows = true;
    }
    if (outcome == Z_OK || outcome == Z_STREAM_END ||
        outcome == Z_BUF_ERROR) /* Z_BUF_ERROR: more input is needed */
        return GM_OK;
    if (outcome == Z_MEM_ERROR)
        return gm_fail_memory(error, "decompression", WINDOW_MEMORY);
    return gm_fail(error, GM_BAD_DATA, "%s: the gzip file is damaged: %s", path,
                   stream->msg ? stream->msg : "it needs a dictionary");
}

gm_status gm_gunzip_read(gm_gunzip *gunzip, void *to, size_t size, size_t *got, const char *path,
                         gm_error *error)
{
    bool done = false;
    gm_status status = GM_OK;
    *got = 0;
    while (*got < size && status == GM_OK) {
        status = begin(gunzip, &done, path, error);
        if (done)
            break;
        if (status == GM_OK)
            status = advance(gunzip, to, size, got, path, error);
    }
    return status;
}
