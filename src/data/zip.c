/* Reads the directory of a zip archive. It is at the end of the file: a record of fixed size, found by its
 * signature, says where the directory begins and how many members there are. If a number is too large for its
 * field, the field is full of ones, and a zip64 record has it. */
#include "data/zip.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/csv.h"
#include "data/zip_bytes.h"

#include <string.h>

#define END_SIGNATURE     0x06054b50U
#define END_SIZE          ((size_t)22)
#define LONGEST_COMMENT   ((size_t)65535)
#define LOCATOR_SIGNATURE 0x07064b50U
#define LOCATOR_SIZE      ((size_t)20)
#define END64_SIGNATURE   0x06064b50U
#define END64_SIZE        ((size_t)56)
#define ENTRY_SIGNATURE   0x02014b50U
#define ENTRY_SIZE        ((size_t)46)
#define ZIP64_FIELD       1 /* among the extra fields of an entry */
#define FULL_32           0xFFFFFFFFU
#define FULL_16           0xFFFFU
#define LARGEST_DIRECTORY ((size_t)64 << 20)

static gm_status fail_damaged(const gm_zip *zip, const char *what, gm_error *error)
{
    return gm_fail(error, GM_BAD_DATA, "%s: the zip archive is damaged or cut short: %s", zip->bytes.path,
                   what);
}

/* Where the directory is. */
typedef struct directory_place {
    uint64_t offset, size, count;
} directory_place;

/* Reads the zip64 records that lie before the end record. */
static gm_status read_end64(const gm_zip *zip, size_t end, directory_place *place, gm_error *error)
{
    uint8_t locator[LOCATOR_SIZE], record[END64_SIZE];
    if (end < LOCATOR_SIZE + END64_SIZE)
        return fail_damaged(zip, "it has no room for its zip64 records", error);
    gm_status status = gm_zip_read_at(&zip->bytes, end - LOCATOR_SIZE, locator, sizeof locator, error);
    if (status)
        return status;
    const uint64_t at = gm_zip_number(locator + 8, 8);
    if (gm_zip_number(locator, 4) != LOCATOR_SIGNATURE || at > end - LOCATOR_SIZE - END64_SIZE)
        return fail_damaged(zip, "its zip64 records are not where they should be", error);
    status = gm_zip_read_at(&zip->bytes, (size_t)at, record, sizeof record, error);
    if (status)
        return status;
    if (gm_zip_number(record, 4) != END64_SIGNATURE)
        return fail_damaged(zip, "its zip64 records are not where they should be", error);
    place->count = gm_zip_number(record + 32, 8);
    place->size = gm_zip_number(record + 40, 8);
    place->offset = gm_zip_number(record + 48, 8);
    return GM_OK;
}

/* Finds the end record: the last signature whose comment reaches exactly to the end of the file. Sets *end to
 * its place. */
static bool find_end(const uint8_t *tail, size_t size, size_t *end)
{
    for (size_t at = size - END_SIZE + 1; at-- > 0;) {
        if (gm_zip_number(tail + at, 4) == END_SIGNATURE &&
            gm_zip_number(tail + at + 20, 2) == size - at - END_SIZE) {
            *end = at;
            return true;
        }
    }
    return false;
}

static gm_status read_end(const gm_zip *zip, const uint8_t *tail, size_t size, directory_place *place,
                          gm_error *error)
{
    size_t at = 0;
    if (size < END_SIZE || !find_end(tail, size, &at))
        return fail_damaged(zip, "it has no directory at its end; is it a partial download?", error);
    const uint8_t *record = tail + at;
    const size_t end = zip->bytes.size - size + at;
    if (gm_zip_number(record + 4, 2) != gm_zip_number(record + 6, 2))
        return gm_fail(error, GM_BAD_DATA, "%s: a zip archive in several parts, which is not read",
                       zip->bytes.path);
    place->count = gm_zip_number(record + 10, 2);
    place->size = gm_zip_number(record + 12, 4);
    place->offset = gm_zip_number(record + 16, 4);
    if (place->count == FULL_16 || place->size == FULL_32 || place->offset == FULL_32) {
        const gm_status status = read_end64(zip, end, place, error);
        if (status)
            return status;
    }
    if (place->offset > end || place->size > end - place->offset)
        return fail_damaged(zip, "its directory is not where it should be", error);
    if (place->size > LARGEST_DIRECTORY || place->count > place->size / ENTRY_SIZE)
        return fail_damaged(zip, "its directory declares more members than it can have", error);
    return GM_OK;
}

static gm_status find_directory(const gm_zip *zip, directory_place *place, gm_error *error)
{
    const size_t size = gm_min(zip->bytes.size, END_SIZE + LONGEST_COMMENT);
    uint8_t *tail = gm_alloc(size, 1);
    if (!tail)
        return gm_fail_memory(error, "the end of a zip archive", size);
    gm_status status = gm_zip_read_at(&zip->bytes, zip->bytes.size - size, tail, size, error);
    if (!status)
        status = read_end(zip, tail, size, place, error);
    gm_free(tail);
    return status;
}

/* Takes the sizes and the place of a member from the zip64 field, if the fields of 32 bits are full. False:
 * they are not there. */
static bool read_zip64(gm_zip_entry *entry, const uint8_t *extra, size_t length)
{
    size_t *const full[] = {&entry->size, &entry->packed, &entry->header};
    while (length >= 4) {
        const size_t id = (size_t)gm_zip_number(extra, 2), size = (size_t)gm_zip_number(extra + 2, 2);
        if (size > length - 4)
            return false;
        const uint8_t *at = extra + 4, *stop = at + size;
        for (size_t i = 0; id == ZIP64_FIELD && i < sizeof full / sizeof *full; i++) {
            if (*full[i] != FULL_32)
                continue;
            if (stop - at < 8)
                return false;
            *full[i] = (size_t)gm_zip_number(at, 8);
            at += 8;
        }
        extra = stop;
        length -= 4 + size;
    }
    return entry->size != FULL_32 && entry->packed != FULL_32 && entry->header != FULL_32;
}

/* Whether a path would lead out of the folder into which an archive is unpacked. Nothing is unpacked here;
 * but who writes such a path means no good. */
static bool leads_out(const char *name)
{
    if (*name == '/' || *name == '\\' || (*name && name[1] == ':'))
        return true;
    for (const char *part = name; part;) {
        const size_t length = strcspn(part, "/\\");
        if (length == 2 && part[0] == '.' && part[1] == '.')
            return true;
        part = part[length] ? part + length + 1 : NULL;
    }
    return false;
}

static gm_status check_name(const gm_zip *zip, const char *name, size_t length, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    if (strlen(name) != length)
        return fail_damaged(zip, "the name of a member has a byte 0", error);
    if (leads_out(name))
        return gm_fail(error, GM_BAD_DATA,
                       "%s: member '%s' has a path that leads out of the archive; do not trust this file",
                       zip->bytes.path, gm_csv_show_text(name, shown));
    return GM_OK;
}

/* Reads the entry at *at, and moves *at behind it; *name is where its name is copied to. */
static gm_status read_entry(gm_zip *zip, const uint8_t **at, const uint8_t *stop, char **name,
                            gm_error *error)
{
    const uint8_t *e = *at;
    gm_zip_entry *entry = &zip->entries[zip->count];
    if ((size_t)(stop - e) < ENTRY_SIZE || gm_zip_number(e, 4) != ENTRY_SIGNATURE)
        return fail_damaged(zip, "its directory ends too early", error);
    const size_t length = (size_t)gm_zip_number(e + 28, 2), extra = (size_t)gm_zip_number(e + 30, 2);
    const size_t all = ENTRY_SIZE + length + extra + (size_t)gm_zip_number(e + 32, 2);
    if ((size_t)(stop - e) < all)
        return fail_damaged(zip, "its directory ends too early", error);
    *entry = (gm_zip_entry){.name = *name,
                            .encrypted = (e[8] & 1) != 0,
                            .method = (unsigned)gm_zip_number(e + 10, 2),
                            .crc = (uint32_t)gm_zip_number(e + 16, 4),
                            .packed = (size_t)gm_zip_number(e + 20, 4),
                            .size = (size_t)gm_zip_number(e + 24, 4),
                            .header = (size_t)gm_zip_number(e + 42, 4)};
    memcpy(*name, e + ENTRY_SIZE, length);
    (*name)[length] = '\0';
    const gm_status status = check_name(zip, *name, length, error);
    if (status)
        return status;
    if (!read_zip64(entry, e + ENTRY_SIZE + length, extra))
        return fail_damaged(zip, "the zip64 sizes of a member are missing", error);
    zip->count++;
    *name += length + 1;
    *at += all;
    return GM_OK;
}

static gm_status read_entries(gm_zip *zip, const uint8_t *directory, const directory_place *place,
                              gm_error *error)
{
    const uint8_t *at = directory, *stop = directory + place->size;
    gm_status status = GM_OK;
    zip->entries = gm_alloc((size_t)place->count, sizeof *zip->entries);
    /* The names, each with a '\0', take less than the entries that they are in. */
    char *name = zip->names = gm_alloc((size_t)place->size, 1);
    if (!zip->entries || !zip->names)
        return gm_fail_memory(error, "the directory of a zip archive", (size_t)place->size);
    for (uint64_t i = 0; !status && i < place->count; i++)
        status = read_entry(zip, &at, stop, &name, error);
    if (!status && at != stop)
        return fail_damaged(zip, "its directory goes on behind its last member", error);
    return status;
}

gm_status gm_zip_open(gm_zip *zip, const gm_zip_bytes *bytes, gm_error *error)
{
    directory_place place = {0};
    *zip = (gm_zip){.bytes = *bytes};
    gm_status status = find_directory(zip, &place, error);
    if (status)
        return status;
    zip->directory = (size_t)place.offset;
    uint8_t *directory = gm_alloc((size_t)place.size, 1);
    if (!directory)
        return gm_fail_memory(error, "the directory of a zip archive", (size_t)place.size);
    status = gm_zip_read_at(&zip->bytes, zip->directory, directory, (size_t)place.size, error);
    if (!status)
        status = read_entries(zip, directory, &place, error);
    gm_free(directory);
    return status;
}

void gm_zip_close(gm_zip *zip)
{
    gm_free(zip->entries);
    gm_free(zip->names);
    *zip = (gm_zip){0};
}
