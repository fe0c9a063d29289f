/* Tests that files of other kinds are recognised by their first bytes, and that tables of text are not
 * mistaken for one of them. */
#include "base/foreign.h"

#include <criterion/criterion.h>
#include <string.h>

/* A file of 512 bytes with these bytes at this place, and 'x' everywhere else. */
static const gm_foreign *find(const char *bytes, size_t size, size_t at)
{
    static char file[GM_FOREIGN_HEAD];
    memset(file, 'x', sizeof file);
    memcpy(file + at, bytes, size);
    return gm_foreign_find(file, sizeof file);
}

#define FIND(bytes, at) find(bytes, sizeof(bytes) - 1, at)

static void expect_kind(const gm_foreign *found, const char *kind)
{
    cr_assert(found, "expected %s", kind);
    cr_expect_str_eq(found->kind, kind);
}

Test(foreign, kinds_are_told_by_their_first_bytes)
{
    expect_kind(FIND("\xff\xfe\0\0", 0), "UTF-32 text");
    expect_kind(FIND("\xff\xfe", 0), "UTF-16 text");
    expect_kind(FIND("\x1f\x8b", 0), "a gzip file");
    expect_kind(FIND("\xfd"
                     "7zXZ\0",
                     0),
                "an xz file");
    expect_kind(FIND("BZh91AY&SY", 0), "a bzip2 file");
    expect_kind(FIND("ustar\0", 257), "a tar archive");
    expect_kind(FIND("[Content_Types].xml", 30), "an Excel or another Office file");
    expect_kind(FIND("PK\x03\x04", 0), "a zip archive");
    expect_kind(FIND("\x93NUMPY\x01\0", 0), "a NumPy array (NPY)");
    expect_kind(FIND("\x80\x04", 0), "a Python pickle");
    expect_kind(FIND("SQLite format 3\0", 0), "an SQLite database");
    expect_kind(FIND("%PDF-1.7", 0), "a PDF file");
    expect_kind(FIND("\x7f"
                     "ELF",
                     0),
                "a program or a library");
    expect_kind(FIND("{\"a\": 1}", 0), "a JSON text");
    expect_kind(FIND("\n <HTML>", 0), "a web page (HTML or XML)");
    expect_kind(FIND("\0\0\x08\x03", 0), "an IDX file");
    expect_kind(FIND("\x02\0\0\0\0\0\0\0{}", 0), "a model or another safetensors file");
}

Test(foreign, what_is_read_has_no_advice_and_everything_else_has_both)
{
    cr_expect_null(FIND("\0\0\x08\x03", 0)->as_data);
    cr_expect_not_null(FIND("\0\0\x08\x03", 0)->as_model);
    cr_expect_null(FIND("\x02\0\0\0\0\0\0\0{}", 0)->as_model);
    cr_expect_not_null(FIND("\x02\0\0\0\0\0\0\0{}", 0)->as_data);
    cr_expect_null(FIND("\x93NUMPY\x01\0", 0)->as_data);
    cr_expect_null(FIND("PK\x03\x04", 0)->as_data);
    cr_expect_not_null(FIND("PK\x03\x04", 0)->as_model);
    cr_expect(FIND("PAR1\x15", 0)->as_data && FIND("PAR1\x15", 0)->as_model);
}

Test(foreign, tables_of_text_are_not_foreign)
{
    static const char *const texts[] = {
        "",       "1",       "a,b,c\n1,2,3\n", "\"a\",\"b\"\n", "<=50K,1\n", "# a,b\n1,2\n",
        "PK,1\n", "GIF,2\n", "[a],b\n1,2\n",   "BZh,1\n",       "ustar,1\n", "@relation x\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_null(gm_foreign_find(texts[i], strlen(texts[i])), "%s", texts[i]);
}

Test(foreign, text_has_no_control_characters)
{
    cr_expect(gm_is_text("a\tb\r\n\xc3\xa9", 7));
    cr_expect(gm_is_text("", 0));
    cr_expect_not(gm_is_text("a\0b", 3));
    cr_expect_not(gm_is_text("\x1b[0m", 4));
}
