/* Reads members of a zip archive: stored, or compressed by deflate. Sizes, checksums and names are those of
 * the directory at the end of the archive, and everything that it says is checked before it is believed
 * (PKWARE, APPNOTE.TXT, .ZIP File Format Specification). */
#ifndef GM_DATA_ZIP_H
#define GM_DATA_ZIP_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that can be read at any place: a regular file, or memory. */
typedef struct gm_zip_bytes {
    const char *path;      /* in messages */
    const uint8_t *memory; /* NULL: a file */
    int fd;
    size_t base; /* where the archive begins in the file */
    size_t size;
} gm_zip_bytes;

typedef struct gm_zip_entry {
    const char *name; /* as the directory has it */
    unsigned method;
    bool encrypted;
    uint32_t crc;
    size_t packed, size; /* bytes in the archive; bytes when unpacked */
    size_t header;       /* where the member's own header begins */
} gm_zip_entry;

typedef struct gm_zip {
    gm_zip_bytes bytes;
    gm_zip_entry *entries;
    size_t count;
    char *names;      /* one after the other; the entries point into it */
    size_t directory; /* where the directory begins: all members lie before it */
} gm_zip;

/* Reads the directory of an archive. The bytes must live longer. GM_BAD_DATA: damaged, cut short, or with a
 * member whose path leads out of it; GM_IO, GM_LIMIT. Close it even after a failure. */
gm_status gm_zip_open(gm_zip *zip, const gm_zip_bytes *bytes, gm_error *error);
void gm_zip_close(gm_zip *zip);

/* A member that is being read. The archive must live longer. */
typedef struct gm_zip_member gm_zip_member;

/* Begins to read the member of an entry. GM_BAD_DATA: it is encrypted, compressed in another way, or its
 * declared size is impossible. GM_IO, GM_LIMIT. */
gm_status gm_zip_member_open(gm_zip_member **member, const gm_zip *zip, const gm_zip_entry *entry,
                             gm_error *error);
void gm_zip_member_close(gm_zip_member *member); /* NULL is fine */

/* "FILE, member NAME", for messages; it lives as long as the member. */
const char *gm_zip_member_path(const gm_zip_member *member);

/* Reads up to `size` bytes; fewer only at the end of the member, which is at its declared size. Whoever reads
 * to the end knows that the checksum is right. GM_BAD_DATA, GM_IO. */
gm_status gm_zip_member_read(gm_zip_member *member, void *to, size_t size, size_t *got, gm_error *error);

#endif
