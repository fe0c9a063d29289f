/* Files of another kind that come in place of a data set. */
#include "data/foreign.h"

#include "base/ascii.h"
#include "base/error.h"

#include <string.h>

static bool is_letter(char c)
{
    return gm_lower(c) >= 'a' && gm_lower(c) <= 'z';
}

/* Whether the text begins with this tag, written in lower case; if it ends in a letter, none follows. */
static bool begins_with(const char *text, size_t size, const char *word)
{
    const size_t length = strlen(word);
    if (size < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (gm_lower(text[i]) != word[i])
            return false;
    }
    return size == length || !is_letter(word[length - 1]) || !is_letter(text[length]);
}

bool gm_is_web_page(const void *head, size_t size)
{
    /* The last one is what cloud storage answers in place of a file. */
    static const char *const beginnings[] = {"<!doctype", "<!--",  "<?xml", "<html",
                                             "<head",     "<body", "<error"};
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const char *text = head;
    size_t skipped = size >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    while (skipped < size && text[skipped] != '\0' && strchr(" \t\r\n", text[skipped]))
        skipped++;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (begins_with(text + skipped, size - skipped, beginnings[i]))
            return true;
    }
    return false;
}

gm_status gm_source_refuse_foreign(const gm_source *source, gm_error *error)
{
    static const struct {
        const char *magic;
        size_t length; /* at most GM_SOURCE_HEAD */
        const char *what;
    } foreign[] = {
        {"\xff\xfe", 2, "UTF-16 text; expected UTF-8; convert it with iconv"},
        {"\xfe\xff", 2, "UTF-16 text; expected UTF-8; convert it with iconv"},
        {"\x93NUMPY", 6, "NPY is not read yet; convert it to CSV or IDX"},
        {"PK\x03\x04", 4, "a zip archive; NPZ unsupported; convert it to CSV or IDX"},
        {"\x1f\x8b", 2, "gzip within gzip; decompress it once"},
        {"\x89HDF", 4, "HDF5 is not read; convert it to CSV or IDX"},
        {"PAR1\x15", 5, "Parquet is not read; convert it to CSV or IDX"},
        {"version https://", 16, "a Git LFS pointer; expected CSV or IDX; fetch the file with git lfs pull"},
    };
    if (gm_is_web_page(source->head, source->head_size))
        return gm_fail(
            error, GM_BAD_DATA,
            "%s: a web page (HTML or XML); expected CSV or IDX; was it downloaded from the right URL?",
            source->path);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (source->head_size >= foreign[i].length &&
            memcmp(source->head, foreign[i].magic, foreign[i].length) == 0)
            return gm_fail(error, GM_BAD_DATA, "%s: %s", source->path, foreign[i].what);
    }
    return GM_OK;
}
