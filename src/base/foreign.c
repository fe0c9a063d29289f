/* The list of kinds of files, and their first bytes. Everything that reads or replaces files uses this list.
 */
#include "base/foreign.h"
#include "base/ascii.h"

#include <stdint.h>
#include <string.h>

#define CONVERT "export its table as CSV"
#define UNPACK  "unpack it first"
#define SAVE    "save the weights as safetensors"
#define PICKLE                                                                                               \
    "a Python pickle", "pickles are never read: save the data as CSV", "pickles are never read: " SAVE
#define SAVE_AS_CSV  "save it as CSV"
#define TO_UTF8(set) "convert it with iconv -f " set " -t utf8"
#define JSON         "a JSON text", CONVERT, ""

static const gm_foreign web_page = {.kind = "a web page (HTML or XML)",
                                    .as_data = "was it downloaded from the right URL?",
                                    .as_model = "was it downloaded from the right URL?"};

static const gm_foreign safetensors = {.kind = "a model or another safetensors file",
                                       .as_data = "a model is given with --model",
                                       .as_model = NULL};

/* The first row that matches is used, so a special kind stands before a general one. */
static const gm_foreign kinds[] = {
    {"\xff\xfe\0\0", 4, 0, "UTF-32 text", TO_UTF8("utf32"), ""},
    {"\xff\xfe", 2, 0, "UTF-16 text", TO_UTF8("utf16"), ""},
    {"\xfe\xff", 2, 0, "UTF-16 text", TO_UTF8("utf16"), ""},
    {"version https://git-lfs", 23, 0, "a Git LFS pointer", "fetch the file itself with git lfs pull",
     "fetch the file itself with git lfs pull"},
    {"\x1f\x8b", 2, 0, "a gzip file", "gzip within gzip is not read: unpack it once", UNPACK},
    {"\x28\xb5\x2f\xfd", 4, 0, "a Zstandard file", UNPACK, UNPACK},
    {"\xfd"
     "7zXZ\0",
     6, 0, "an xz file", UNPACK, UNPACK},
    {"BZh91AY&SY", 10, 0, "a bzip2 file", UNPACK, UNPACK},
    {"7z\xbc\xaf\x27\x1c", 6, 0, "a 7-Zip archive", UNPACK, UNPACK},
    {"Rar!\x1a\x07", 6, 0, "a RAR archive", UNPACK, UNPACK},
    {"ustar\0", 6, 257, "a tar archive", UNPACK, UNPACK},
    {"ustar  ", 7, 257, "a tar archive", UNPACK, UNPACK},
    {"[Content_Types].xml", 19, 30, "an Excel or another Office file", SAVE_AS_CSV, SAVE},
    {"PK\x03\x04", 4, 0, "a zip archive", NULL, "perhaps a PyTorch .pt: " SAVE},
    {"PK\x05\x06", 4, 0, "an empty zip archive", "it has no arrays", ""},
    {"\xd0\xcf\x11\xe0", 4, 0, "an old Excel or another Office file", SAVE_AS_CSV, SAVE},
    {"\x80\x02", 2, 0, PICKLE},
    {"\x80\x03", 2, 0, PICKLE},
    {"\x80\x04", 2, 0, PICKLE},
    {"\x80\x05", 2, 0, PICKLE},
    {"\x93NUMPY", 6, 0, "a NumPy array (NPY)", NULL, SAVE},
    {"\x89HDF\r\n", 6, 0, "an HDF5 file", CONVERT, SAVE},
    {"MATLAB 5.0 MAT-file", 19, 0, "a MATLAB file", CONVERT, SAVE},
    {"PAR1\x15", 5, 0, "a Parquet file", CONVERT, ""},
    {"ARROW1\0\0", 8, 0, "an Arrow or Feather file", CONVERT, ""},
    {"SQLite format 3\0", 16, 0, "an SQLite database", NULL, ""},
    {"GGUF", 4, 0, "a GGUF file", "", SAVE},
    {"%PDF-", 5, 0, "a PDF file", "", ""},
    {"\x89PNG\r\n", 6, 0, "a PNG image", "images are read from IDX files only", ""},
    {"\xff\xd8\xff", 3, 0, "a JPEG image", "images are read from IDX files only", ""},
    {"\x7f"
     "ELF",
     4, 0, "a program or a library", "", ""},
    {"{\"", 2, 0, JSON},
    {"{\n", 2, 0, JSON},
    {"{\r", 2, 0, JSON},
    {"{ ", 2, 0, JSON},
    {"[{", 2, 0, JSON},
    {"[[", 2, 0, JSON},
    {"[\n", 2, 0, JSON},
};

static const gm_foreign idx = {.kind = "an IDX file", .as_data = NULL, .as_model = ""};

static bool is_letter(char c)
{
    return gm_lower(c) >= 'a' && gm_lower(c) <= 'z';
}

/* Whether the text begins with `word`, which is given in lower case; the text may be in upper case. If the
 * word ends in a letter, the text must not go on with another letter: "<header" does not begin with "<head".
 */
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

/* Whether this is HTML or XML. Upper and lower case are the same; blanks and a byte order mark may stand
 * before it. */
static bool is_web_page(const char *text, size_t size)
{
    /* "<error" begins the XML text that cloud storage sends if a file does not exist. */
    static const char *const beginnings[] = {"<!doctype", "<!--",  "<?xml", "<html",
                                             "<head",     "<body", "<error"};
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t skipped = size >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    while (skipped < size && text[skipped] != '\0' && strchr(" \t\r\n", text[skipped]))
        skipped++;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (begins_with(text + skipped, size - skipped, beginnings[i]))
            return true;
    }
    return false;
}

bool gm_is_safetensors(const char *head, size_t size)
{
    uint64_t length;
    if (size <= sizeof length)
        return false;
    memcpy(&length, head, sizeof length);
    return length > 0 && length <= GM_SAFETENSORS_LIMIT && head[sizeof length] == '{';
}

/* An IDX file begins with two bytes that are 0, the type of its numbers, and its number of dimensions. */
static bool is_idx(const char *head, size_t size)
{
    return size >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 0x08 && head[2] <= 0x0E;
}

bool gm_is_text(const void *head, size_t size)
{
    const unsigned char *text = head;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < ' ' && !(text[i] >= '\t' && text[i] <= '\r'))
            return false;
    }
    return true;
}

const gm_foreign *gm_foreign_find(const void *head, size_t size)
{
    const char *bytes = head;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const gm_foreign *kind = &kinds[i];
        if (size >= kind->at + kind->size && memcmp(bytes + kind->at, kind->magic, kind->size) == 0)
            return kind;
    }
    if (gm_is_safetensors(bytes, size))
        return &safetensors;
    if (is_idx(bytes, size))
        return &idx;
    return is_web_page(bytes, size) ? &web_page : NULL;
}
