/* Writes NPY arrays and NPZ archives for tests, byte by byte. */
#ifndef GM_TESTS_ARRAY_FILES_H
#define GM_TESTS_ARRAY_FILES_H

#include "data_files.h"

typedef struct bytes {
    uint8_t data[4096];
    size_t size;
} bytes;

static inline void put(bytes *to, const void *data, size_t size)
{
    cr_assert_leq(to->size + size, sizeof to->data);
    if (size > 0)
        memcpy(to->data + to->size, data, size);
    to->size += size;
}

static inline void put_number(bytes *to, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++, value >>= 8)
        put(to, &(uint8_t){(uint8_t)value}, 1);
}

/* An NPY file of version 1.0 whose head has this text, with a new line at its end. */
static inline bytes npy(const char *text, const void *data, size_t size)
{
    bytes file = {.size = 0};
    put(&file, "\x93NUMPY\x01\0", 8);
    put_number(&file, strlen(text) + 1, 2);
    put(&file, text, strlen(text));
    put(&file, "\n", 1);
    put(&file, data, size);
    return file;
}

static inline bytes npy_of(const char *type, const char *shape, const void *data, size_t size)
{
    char text[200];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    return npy(text, data, size);
}

static inline char *save_bytes(const char *name, const bytes *file)
{
    return write_file(name, file->data, file->size);
}

/* A member of a zip archive, as its directory describes it. Its data is stored as it is. */
typedef struct zip_part {
    const char *name;
    bytes data;
    size_t size;  /* when unpacked; 0: that of the data */
    uint32_t crc; /* when unpacked; 0: that of the data */
    unsigned method, flags;
    uint64_t offset_change;
    bool zip64; /* the directory has its sizes and its place in a zip64 field */
} zip_part;

static inline size_t size_of_part(const zip_part *part)
{
    return part->size ? part->size : part->data.size;
}

static inline void put_header(bytes *to, const zip_part *part)
{
    put(to, "PK\3\4", 4);
    put_number(to, 45, 2);
    put_number(to, part->flags, 2);
    put_number(to, part->method, 2);
    put_number(to, 0, 4 + 4 + 4 + 4);
    put_number(to, strlen(part->name), 2);
    put_number(to, 0, 2);
    put(to, part->name, strlen(part->name));
    put(to, part->data.data, part->data.size);
}

static inline void put_entry(bytes *to, const zip_part *part, size_t offset)
{
    const uint32_t own = (uint32_t)crc32(0, part->data.data, (uInt)part->data.size);
    const size_t full = 0xFFFFFFFF;
    put(to, "PK\1\2", 4);
    put_number(to, 45, 2);
    put_number(to, 45, 2);
    put_number(to, part->flags, 2);
    put_number(to, part->method, 2);
    put_number(to, 0, 4);
    put_number(to, part->crc ? part->crc : own, 4);
    put_number(to, part->zip64 ? full : part->data.size, 4);
    put_number(to, part->zip64 ? full : size_of_part(part), 4);
    put_number(to, strlen(part->name), 2);
    put_number(to, part->zip64 ? 28 : 0, 2);
    put_number(to, 0, 2 + 2 + 2 + 4);
    put_number(to, part->zip64 ? full : offset + part->offset_change, 4);
    put(to, part->name, strlen(part->name));
    if (!part->zip64)
        return;
    put_number(to, 1, 2);
    put_number(to, 24, 2);
    put_number(to, size_of_part(part), 8);
    put_number(to, part->data.size, 8);
    put_number(to, offset + part->offset_change, 8);
}

/* The end of an archive; with zip64, its numbers are in records of their own. */
static inline void put_end(bytes *to, size_t count, size_t directory, bool zip64)
{
    const size_t end = to->size, size = end - directory;
    if (zip64) {
        put(to, "PK\6\6", 4);
        put_number(to, 44, 8);
        put_number(to, 0, 2 + 2 + 4 + 4);
        put_number(to, count, 8);
        put_number(to, count, 8);
        put_number(to, size, 8);
        put_number(to, directory, 8);
        put(to, "PK\6\7", 4);
        put_number(to, 0, 4);
        put_number(to, end, 8);
        put_number(to, 1, 4);
    }
    put(to, "PK\5\6", 4);
    put_number(to, 0, 4);
    put_number(to, zip64 ? 0xFFFF : count, 2);
    put_number(to, zip64 ? 0xFFFF : count, 2);
    put_number(to, zip64 ? 0xFFFFFFFF : size, 4);
    put_number(to, zip64 ? 0xFFFFFFFF : directory, 4);
    put_number(to, 0, 2);
}

static inline bytes zip(const zip_part *parts, size_t count)
{
    bytes file = {.size = 0};
    size_t offsets[8];
    for (size_t i = 0; i < count; i++) {
        offsets[i] = file.size;
        put_header(&file, &parts[i]);
    }
    const size_t directory = file.size;
    for (size_t i = 0; i < count; i++)
        put_entry(&file, &parts[i], offsets[i]);
    put_end(&file, count, directory, parts[0].zip64);
    return file;
}

/* Deflated data, as a zip archive holds it. */
static inline bytes deflated(const bytes *data)
{
    bytes packed = {.size = 0};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)data->data,
                       .avail_in = (uInt)data->size,
                       .next_out = packed.data,
                       .avail_out = sizeof packed.data};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.size = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

#endif
