/* Reads a data file, plain or compressed with gzip; its first two bytes decide which.
 *
 * Files are read, not mapped into memory: if another program truncates a mapped file, this process is killed
 * by SIGBUS. */
#include "data/source.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define GZIP_MEMORY ((size_t)1 << 16)
#define FIRST_TEXT  ((size_t)1 << 16)
#define TEXT_LIMIT  ((size_t)16 << 30)

/* Makes a decompressor if the file begins as gzip does, and reads the head. */
static gm_status begin(gm_source *source, gm_error *error)
{
    if (!gm_bytes_fill(&source->bytes, 2))
        return gm_fail(error, GM_IO, "%s: cannot read: %s", source->path, strerror(errno));
    const gm_bytes *bytes = &source->bytes;
    if (gm_gzip_recognise(bytes->at, (size_t)(bytes->stop - bytes->at))) {
        source->gunzip = gm_gunzip_create(&source->bytes);
        if (!source->gunzip)
            return gm_fail_memory(error, "decompression", GZIP_MEMORY);
        if (!gm_mul(source->most, GM_GZIP_RATIO, &source->most))
            source->most = SIZE_MAX;
    }
    size_t got;
    const gm_status status = gm_source_read(source, source->head, GM_SOURCE_HEAD, &got, error);
    source->head_size = status ? 0 : got;
    return status;
}

gm_status gm_source_open(gm_source *source, const char *path, gm_error *error)
{
    *source = (gm_source){.path = gm_bytes_name(path)};
    const gm_status status = gm_bytes_open(&source->bytes, path, &source->most, error);
    return status ? status : begin(source, error);
}

gm_status gm_source_open_member(gm_source *source, const gm_zip *zip, const gm_zip_entry *entry,
                                gm_error *error)
{
    *source = (gm_source){.path = zip->bytes.path, .bytes = {.fd = -1}, .most = entry->size};
    gm_status status = gm_zip_member_open(&source->member, zip, entry, error);
    if (status)
        return status;
    source->path = gm_zip_member_path(source->member);
    size_t got;
    status = gm_source_read(source, source->head, GM_SOURCE_HEAD, &got, error);
    source->head_size = status ? 0 : got;
    return status;
}

gm_status gm_source_as_bytes(gm_source *source, gm_zip_bytes *bytes, char **text, gm_error *error)
{
    *text = NULL;
    *bytes = (gm_zip_bytes){.path = source->path, .fd = source->bytes.fd, .size = source->most};
    if (source->gunzip || source->most == SIZE_MAX) {
        const gm_status status = gm_source_read_all(source, text, &bytes->size, error);
        bytes->memory = (const uint8_t *)*text;
        return status;
    }
    /* Standard input may be a file that another program has read from. It begins where our reading began. */
    const off_t at = lseek(source->bytes.fd, 0, SEEK_CUR);
    if (at < 0)
        return gm_fail(error, GM_IO, "%s: cannot read: %s", source->path, strerror(errno));
    bytes->base = (size_t)at - source->head_size - (size_t)(source->bytes.stop - source->bytes.at);
    return GM_OK;
}

void gm_source_close(gm_source *source)
{
    gm_zip_member_close(source->member);
    source->member = NULL;
    gm_gunzip_destroy(source->gunzip);
    source->gunzip = NULL;
    gm_bytes_close(&source->bytes);
}

gm_status gm_source_refuse_foreign(const gm_source *source, gm_error *error)
{
    const gm_foreign *found = gm_foreign_find(source->head, source->head_size);
    if (!found || !found->as_data)
        return GM_OK;
    return gm_fail(error, GM_BAD_DATA, "%s: %s; expected CSV, LIBSVM, NPY, NPZ or IDX%s%s", source->path,
                   found->kind, *found->as_data ? "; " : "", found->as_data);
}

gm_status gm_source_read(gm_source *source, void *to, size_t size, size_t *got, gm_error *error)
{
    size_t more;
    gm_status status = GM_OK;
    *got = gm_min(size, source->head_size - source->head_taken);
    memcpy(to, source->head + source->head_taken, *got);
    source->head_taken += *got;
    void *rest = (char *)to + *got;
    if (source->member)
        status = gm_zip_member_read(source->member, rest, size - *got, &more, error);
    else if (source->gunzip)
        status = gm_gunzip_read(source->gunzip, rest, size - *got, &more, source->path, error);
    else if (!gm_bytes_read(&source->bytes, rest, size - *got, &more))
        status = gm_fail(error, GM_IO, "%s: cannot read: %s", source->path, strerror(errno));
    *got += more;
    return status;
}

static gm_status fail_large(const gm_source *source, gm_error *error)
{
    char limit[32];
    return gm_fail(error, GM_LIMIT, "%s: the text is too large; expected at most %s", source->path,
                   gm_format_bytes(limit, sizeof limit, TEXT_LIMIT));
}

static gm_status fail_memory(const gm_source *source, size_t needed, gm_error *error)
{
    char size[32];
    return gm_fail(error, GM_LIMIT, "%s: no memory for its text; needed %s", source->path,
                   gm_format_bytes(size, sizeof size, needed));
}

/* Doubles the memory of a text. */
static gm_status enlarge(const gm_source *source, char **text, size_t used, size_t *room, gm_error *error)
{
    char *larger = gm_alloc(*room, 2);
    if (!larger)
        return fail_memory(source, 2 * *room, error);
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
        status = enlarge(source, text, *size, &room, error);
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
    const bool known = !source->gunzip && source->most < SIZE_MAX;
    if (known && source->most > TEXT_LIMIT)
        return fail_large(source, error);
    /* Two bytes more than the file has: one for the '\0', and one so that the end of the file is noticed
     * before the memory is full. */
    const size_t room = known ? source->most + 2 : FIRST_TEXT;
    *text = gm_alloc(room, 1);
    if (!*text)
        return fail_memory(source, room, error);
    const gm_status status = read_growing(source, text, size, room, error);
    if (status) {
        gm_free(*text);
        *text = NULL;
    }
    return status;
}

/* Reads a file that follows another one. */
static gm_status read_following(const char *path, gm_source_text *text, gm_error *error)
{
    gm_source source;
    gm_status status = gm_source_open(&source, path, error);
    text->path = source.path;
    if (!status)
        status = gm_source_refuse_foreign(&source, error);
    if (!status)
        status = gm_source_read_all(&source, &text->text, &text->size, error);
    gm_source_close(&source);
    return status;
}

gm_status gm_source_read_texts(gm_source *source, gm_source_texts *texts, gm_error *error)
{
    const size_t more = source->more_count;
    *texts = (gm_source_texts){.items = gm_alloc(more + 1, sizeof *texts->items)};
    if (!texts->items)
        return gm_fail_memory(error, "the names of files", (more + 1) * sizeof *texts->items);
    texts->count = more + 1;
    texts->items[0].path = source->path;
    gm_append(texts->name, sizeof texts->name, 0, "%s", source->path);
    if (more > 0)
        gm_append(texts->name, sizeof texts->name, 0, "%.160s and %zu more file%s", source->path, more,
                  gm_plural(more));
    gm_status status = gm_source_read_all(source, &texts->items[0].text, &texts->items[0].size, error);
    for (size_t i = 0; !status && i < more; i++)
        status = read_following(source->more[i], &texts->items[i + 1], error);
    return status;
}

void gm_source_texts_clear(gm_source_texts *texts)
{
    for (size_t i = 0; texts->items && i < texts->count; i++)
        gm_free(texts->items[i].text);
    gm_free(texts->items);
    *texts = (gm_source_texts){0};
}
