/* NPZ archives: NPY files as stored members of a zip archive. Sizes and places are in zip64 fields always, as
 * numpy.savez has them, so that large arrays need no other code than small ones. */
#include "model/export.h"

#include "base/error.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#define MEMBERS      2
#define HEADER_SIZE  128 /* at least the bytes of a header or of an entry of the directory */
#define END_SIZE     (56 + 20 + 22)
#define VERSION      45 /* zip64 */
#define FULL_32      0xFFFFFFFFU
#define FULL_16      0xFFFFU
#define EARLIEST_DAY 0x21 /* 1980-01-01: the same data gives the same bytes on every day */

typedef struct bytes {
    uint8_t data[2 * HEADER_SIZE + END_SIZE];
    size_t size;
} bytes;

static void put(bytes *to, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++, number >>= 8)
        to->data[to->size++] = (uint8_t)number;
}

static void put_text(bytes *to, const char *text)
{
    const size_t length = strlen(text);
    memcpy(to->data + to->size, text, length);
    to->size += length;
}

typedef struct member {
    const char *name;
    gm_array_stream *stream;
    uint32_t crc;
    uint64_t size, offset;
    bytes header;
} member;

/* What is given out next: for each member its header and its array, then the directory. */
typedef struct archive {
    member members[MEMBERS];
    size_t count;
    bytes directory;
    size_t step; /* 2 m: the header of member m; 2 m + 1: its array; 2 count: the directory; then the end */
} archive;

static void write_header(member *m)
{
    bytes *to = &m->header;
    put(to, 0x04034b50, 4);
    put(to, VERSION, 2);
    put(to, 0, 2 + 2 + 2); /* flags, stored, time */
    put(to, EARLIEST_DAY, 2);
    put(to, m->crc, 4);
    put(to, FULL_32, 4);
    put(to, FULL_32, 4);
    put(to, strlen(m->name), 2);
    put(to, 4 + 16, 2);
    put_text(to, m->name);
    put(to, 1, 2); /* the zip64 field */
    put(to, 16, 2);
    put(to, m->size, 8);
    put(to, m->size, 8);
}

static void write_entry(bytes *to, const member *m)
{
    put(to, 0x02014b50, 4);
    put(to, VERSION, 2);
    put(to, VERSION, 2);
    put(to, 0, 2 + 2 + 2);
    put(to, EARLIEST_DAY, 2);
    put(to, m->crc, 4);
    put(to, FULL_32, 4);
    put(to, FULL_32, 4);
    put(to, strlen(m->name), 2);
    put(to, 4 + 24, 2);
    put(to, 0, 2 + 2 + 2 + 4); /* comment, disk, attributes */
    put(to, FULL_32, 4);
    put_text(to, m->name);
    put(to, 1, 2);
    put(to, 24, 2);
    put(to, m->size, 8);
    put(to, m->size, 8);
    put(to, m->offset, 8);
}

static void write_directory(archive *a, uint64_t begin)
{
    bytes *to = &a->directory;
    for (size_t m = 0; m < a->count; m++)
        write_entry(to, &a->members[m]);
    const uint64_t size = to->size;
    put(to, 0x06064b50, 4);
    put(to, 44, 8);
    put(to, VERSION, 2);
    put(to, VERSION, 2);
    put(to, 0, 4 + 4);
    put(to, a->count, 8);
    put(to, a->count, 8);
    put(to, size, 8);
    put(to, begin, 8);
    put(to, 0x07064b50, 4);
    put(to, 0, 4);
    put(to, begin + size, 8);
    put(to, 1, 4);
    put(to, 0x06054b50, 4);
    put(to, 0, 2 + 2);
    put(to, FULL_16, 2);
    put(to, FULL_16, 2);
    put(to, FULL_32, 4);
    put(to, FULL_32, 4);
    put(to, 0, 2);
}

/* The checksum of an array is in front of it, so it is made twice. */
static uint32_t checksum(gm_array_stream *stream)
{
    uint32_t crc = (uint32_t)crc32_z(0, NULL, 0);
    for (gm_buffer part; gm_array_stream_next(stream, &part);)
        crc = (uint32_t)crc32_z(crc, part.data, part.size);
    return crc;
}

static bool next_part(void *context, gm_buffer *part)
{
    archive *a = context;
    while (a->step < 2 * a->count) {
        member *m = &a->members[a->step / 2];
        if (a->step % 2 == 0) {
            a->step++;
            *part = (gm_buffer){m->header.data, m->header.size};
            return true;
        }
        if (gm_array_stream_next(m->stream, part))
            return true;
        a->step++;
    }
    *part = (gm_buffer){a->directory.data, a->directory.size};
    return a->step++ == 2 * a->count;
}

gm_status gm_export_archive(const char *path, gm_array_stream *x, gm_array_stream *y, gm_error *error)
{
    archive a = {.members = {{.name = "X.npy", .stream = x}, {.name = "y.npy", .stream = y}},
                 .count = y ? 2 : 1};
    uint64_t offset = 0;
    for (size_t i = 0; i < a.count; i++) {
        member *m = &a.members[i];
        m->crc = checksum(m->stream);
        m->size = gm_array_stream_size(m->stream);
        m->offset = offset;
        write_header(m);
        offset += m->header.size + m->size;
    }
    write_directory(&a, offset);
    const gm_durable_parts parts = {next_part, &a};
    return gm_durable_write_parts(&gm_durable_system, path, gm_export_kind(GM_EXPORT_NPZ), &parts, error);
}
