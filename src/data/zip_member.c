/* Reads one member of a zip archive, stored or compressed by deflate. Inflation stops at the declared size,
 * and a size that deflate could not reach is refused at once: it cannot compress better than GM_GZIP_RATIO.
 */
#include "data/zip.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/csv.h"
#include "data/gunzip.h"
#include "data/zip_bytes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define HEADER_SIGNATURE 0x04034b50U
#define HEADER_SIZE      30
#define STORED           0
#define DEFLATED         8
#define BUFFER           ((size_t)1 << 18)
#define LARGEST_TURN     ((size_t)1 << 30) /* bytes that zlib and the system are asked for at a time */

struct gm_zip_member {
    const gm_zip *zip;
    const gm_zip_entry *entry;
    char *path;
    size_t at, stop; /* the compressed bytes that are still to be read */
    size_t left;     /* bytes that are still to be returned */
    uint32_t crc;    /* of those that were returned */
    bool inflating;
    bool ended; /* the end of the compressed data was met */
    z_stream stream;
    uint8_t *buffer;
};

gm_status gm_zip_read_at(const gm_zip_bytes *bytes, size_t at, void *to, size_t size, gm_error *error)
{
    uint8_t *next = to;
    if (bytes->memory) {
        memcpy(to, bytes->memory + at, size);
        return GM_OK;
    }
    while (size > 0) {
        const ssize_t got = pread(bytes->fd, next, gm_min(size, LARGEST_TURN), (off_t)(bytes->base + at));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gm_fail(error, GM_IO, "%s: cannot read: %s", bytes->path, strerror(errno));
        if (got == 0)
            return gm_fail(error, GM_BAD_DATA, "%s: the file has become shorter while it was read",
                           bytes->path);
        next += got;
        at += (size_t)got;
        size -= (size_t)got;
    }
    return GM_OK;
}

const char *gm_zip_member_path(const gm_zip_member *member)
{
    return member->path;
}

static gm_status fail(const gm_zip_member *member, const char *what, gm_error *error)
{
    return gm_fail(error, GM_BAD_DATA, "%s: %s", member->path, what);
}

static gm_status check_entry(const gm_zip_member *member, gm_error *error)
{
    const gm_zip_entry *entry = member->entry;
    size_t most;
    if (entry->encrypted)
        return fail(member, "it is encrypted, which is not read: save it without a password", error);
    if (entry->method != STORED && entry->method != DEFLATED)
        return gm_fail(error, GM_BAD_DATA,
                       "%s: compressed by method %u; expected none or deflate, as numpy.savez and "
                       "numpy.savez_compressed write",
                       member->path, entry->method);
    if (entry->method == STORED && entry->packed != entry->size)
        return fail(member, "its two sizes differ, though it is not compressed", error);
    if (!gm_mul(entry->packed, GM_GZIP_RATIO, &most))
        most = SIZE_MAX;
    if (entry->method == DEFLATED && entry->size > most)
        return gm_fail(error, GM_BAD_DATA, "%s: %zu bytes cannot be compressed to %zu, as it declares",
                       member->path, entry->size, entry->packed);
    return GM_OK;
}

/* Finds the data behind the member's own header, which may have a longer extra field than the directory. */
static gm_status find_data(gm_zip_member *member, gm_error *error)
{
    const gm_zip *zip = member->zip;
    const gm_zip_entry *entry = member->entry;
    uint8_t header[HEADER_SIZE];
    if (entry->header > zip->directory || zip->directory - entry->header < HEADER_SIZE)
        return fail(member, "it is not where the directory of the archive says", error);
    const gm_status status = gm_zip_read_at(&zip->bytes, entry->header, header, HEADER_SIZE, error);
    if (status)
        return status;
    if (gm_zip_number(header, 4) != HEADER_SIGNATURE || gm_zip_number(header + 8, 2) != entry->method)
        return fail(member, "it is not what the directory of the archive says", error);
    member->at = entry->header + HEADER_SIZE + (size_t)gm_zip_number(header + 26, 2) +
                 (size_t)gm_zip_number(header + 28, 2);
    if (gm_zip_number(header + 26, 2) != strlen(entry->name))
        return fail(member, "its name is not that of the directory of the archive", error);
    if (member->at > zip->directory || entry->packed > zip->directory - member->at)
        return fail(member, "it is longer than the archive", error);
    member->stop = member->at + entry->packed;
    return GM_OK;
}

static gm_status prepare(gm_zip_member *member, gm_error *error)
{
    gm_status status = check_entry(member, error);
    if (!status)
        status = find_data(member, error);
    if (status || member->entry->method == STORED)
        return status;
    member->buffer = gm_alloc(BUFFER, 1);
    member->inflating = member->buffer && inflateInit2(&member->stream, -MAX_WBITS) == Z_OK;
    return member->inflating ? GM_OK : gm_fail_memory(error, "decompression", BUFFER);
}

static bool name(gm_zip_member *member, const char *archive, const char *entry)
{
    char shown[GM_CSV_SHOWN];
    const size_t size = strlen(archive) + sizeof ", member " + GM_CSV_SHOWN;
    member->path = gm_alloc(size, 1);
    if (member->path)
        gm_append(member->path, size, 0, "%s, member %s", archive, gm_csv_show_text(entry, shown));
    return member->path != NULL;
}

gm_status gm_zip_member_open(gm_zip_member **member, const gm_zip *zip, const gm_zip_entry *entry,
                             gm_error *error)
{
    *member = NULL;
    gm_zip_member *made = gm_alloc(1, sizeof *made);
    if (!made || !name(made, zip->bytes.path, entry->name)) {
        gm_free(made);
        return gm_fail_memory(error, "a member of a zip archive", sizeof *made);
    }
    made->zip = zip;
    made->entry = entry;
    made->left = entry->size;
    made->crc = (uint32_t)crc32_z(0, NULL, 0);
    const gm_status status = prepare(made, error);
    if (status) {
        gm_zip_member_close(made);
        return status;
    }
    *member = made;
    return GM_OK;
}

void gm_zip_member_close(gm_zip_member *member)
{
    if (!member)
        return;
    if (member->inflating)
        (void)inflateEnd(&member->stream);
    gm_free(member->buffer);
    gm_free(member->path);
    gm_free(member);
}

/* Reads more compressed bytes, if all have been used. */
static gm_status refill(gm_zip_member *member, gm_error *error)
{
    const size_t size = gm_min(BUFFER, member->stop - member->at);
    if (member->stream.avail_in > 0 || size == 0)
        return GM_OK;
    const gm_status status = gm_zip_read_at(&member->zip->bytes, member->at, member->buffer, size, error);
    member->at += status ? 0 : size;
    member->stream.next_in = member->buffer;
    member->stream.avail_in = status ? 0 : (uInt)size;
    return status;
}

/* Inflates up to `size` bytes. *got is smaller only at the end of the compressed data. */
static gm_status inflate_some(gm_zip_member *member, uint8_t *to, size_t size, size_t *got, gm_error *error)
{
    z_stream *stream = &member->stream;
    *got = 0;
    while (*got < size && !member->ended) {
        const gm_status status = refill(member, error);
        if (status)
            return status;
        const size_t room = gm_min(size - *got, LARGEST_TURN);
        const uInt before = stream->avail_in;
        stream->next_out = to + *got;
        stream->avail_out = (uInt)room;
        const int outcome = inflate(stream, Z_NO_FLUSH);
        const size_t made = room - stream->avail_out;
        *got += made;
        member->ended = outcome == Z_STREAM_END;
        if (outcome == Z_MEM_ERROR)
            return gm_fail_memory(error, "decompression", BUFFER);
        if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR)
            return fail(member, "its compressed data is damaged", error);
        if (!member->ended && made == 0 && before == stream->avail_in)
            return fail(member, "its compressed data is cut short", error);
    }
    return GM_OK;
}

/* At the declared size: the compressed data ends here as well, and the checksum is right. */
static gm_status check_end(gm_zip_member *member, gm_error *error)
{
    uint8_t excess;
    size_t got = 0;
    if (member->inflating && !member->ended) {
        const gm_status status = inflate_some(member, &excess, 1, &got, error);
        if (status)
            return status;
    }
    if (got > 0)
        return fail(member, "it goes on behind its declared size", error);
    if (member->inflating && (member->stream.avail_in > 0 || member->at < member->stop))
        return fail(member, "something follows its compressed data", error);
    if (member->crc != member->entry->crc)
        return fail(member, "its checksum (CRC-32) is wrong: the file is damaged", error);
    return GM_OK;
}

gm_status gm_zip_member_read(gm_zip_member *member, void *to, size_t size, size_t *got, gm_error *error)
{
    gm_status status = GM_OK;
    const bool to_end = size > member->left;
    *got = 0;
    size = gm_min(size, member->left);
    if (size > 0 && member->inflating) {
        status = inflate_some(member, to, size, got, error);
        if (!status && *got < size)
            status = fail(member, "it ends before its declared size", error);
    } else if (size > 0) {
        status = gm_zip_read_at(&member->zip->bytes, member->at, to, size, error);
        *got = size;
        member->at += size;
    }
    if (status)
        return status;
    member->crc = (uint32_t)crc32_z(member->crc, to, size);
    member->left -= size;
    return to_end ? check_end(member, error) : GM_OK;
}
