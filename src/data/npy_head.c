/* Reads the head of an NPY file: a magic word, the version, the length of a text, and the text. The text is a
 * dictionary in the syntax of Python, such as
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (150, 4), }
 *
 * NumPy evaluates it. Here a parser reads these three keys with values of these kinds, and nothing else. */
#include "data/npy_head.h"

#include "base/append.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/csv.h"

#include <string.h>

#define MAGIC        "\x93NUMPY"
#define MAGIC_SIZE   ((size_t)6)
#define FIXED        (MAGIC_SIZE + 2) /* the magic word and the version */
#define LONGEST_TEXT ((size_t)65535)  /* no array of numbers needs more */
#define LONGEST_WORD 64

bool gm_npy_recognise(const gm_source *source)
{
    return source->head_size >= MAGIC_SIZE && memcmp(source->head, MAGIC, MAGIC_SIZE) == 0;
}

/* ---- the text ---- */

/* The text of a head and the position in it. After a mistake, `wrong` says what was expected. */
typedef struct dictionary {
    const char *at, *end;
    const char *wrong;
    gm_npy_head *head;
    char type[LONGEST_WORD]; /* the value of 'descr', without its quotes */
    bool structured;         /* 'descr' is a list */
    unsigned seen;           /* a bit for each key that was read */
} dictionary;

static void skip_blanks(dictionary *d)
{
    while (d->at < d->end && (*d->at == ' ' || *d->at == '\t'))
        d->at++;
}

/* Goes past a character, if it is the next one. */
static bool take(dictionary *d, char c)
{
    skip_blanks(d);
    if (d->at == d->end || *d->at != c)
        return false;
    d->at++;
    return true;
}

static bool fail(dictionary *d, const char *expected)
{
    if (!d->wrong)
        d->wrong = expected;
    return false;
}

static bool expect(dictionary *d, char c, const char *expected)
{
    return take(d, c) || fail(d, expected);
}

/* A text in single or double quotes, without escapes. */
static bool take_text(dictionary *d, char word[LONGEST_WORD], const char *expected)
{
    skip_blanks(d);
    const char quote = d->at < d->end ? *d->at : '\0';
    if (quote != '\'' && quote != '"')
        return fail(d, expected);
    const char *first = d->at + 1;
    const char *stop = memchr(first, quote, (size_t)(d->end - first));
    if (!stop || (size_t)(stop - first) >= LONGEST_WORD || memchr(first, '\\', (size_t)(stop - first)))
        return fail(d, expected);
    memcpy(word, first, (size_t)(stop - first));
    word[stop - first] = '\0';
    d->at = stop + 1;
    return true;
}

/* Goes past a word of letters, if it is the next one. */
static bool take_word(dictionary *d, const char *word)
{
    const size_t length = strlen(word);
    skip_blanks(d);
    if ((size_t)(d->end - d->at) < length || memcmp(d->at, word, length) != 0)
        return false;
    d->at += length;
    return true;
}

static bool read_type(dictionary *d)
{
    skip_blanks(d);
    d->structured = d->at < d->end && (*d->at == '[' || *d->at == '(');
    if (d->structured)
        return fail(d, "a type of numbers");
    return take_text(d, d->type, "a type of numbers, such as '<f4'");
}

static bool read_order(dictionary *d)
{
    d->head->fortran = take_word(d, "True");
    return d->head->fortran || take_word(d, "False") || fail(d, "True or False for 'fortran_order'");
}

static bool is_digit(const dictionary *d)
{
    return d->at < d->end && *d->at >= '0' && *d->at <= '9';
}

static bool read_size(dictionary *d, size_t *size)
{
    skip_blanks(d);
    if (!is_digit(d))
        return fail(d, "whole numbers for 'shape'");
    for (*size = 0; is_digit(d); d->at++)
        if (!gm_mul(*size, 10, size) || !gm_add(*size, (size_t)(*d->at - '0'), size))
            return fail(d, "sizes that a memory can have");
    (void)take(d, 'L'); /* Python 2 wrote long integers so */
    return true;
}

/* A tuple: "()", "(3,)", "(3, 4)". A number in parentheses alone, "(3)", is no tuple. */
static bool read_shape(dictionary *d)
{
    gm_npy_head *head = d->head;
    bool comma = true;
    if (!expect(d, '(', "a tuple of sizes for 'shape'"))
        return false;
    while (!take(d, ')')) {
        if (!comma || head->dimensions == GM_NPY_MOST_DIMENSIONS)
            return fail(d, comma ? "at most 32 dimensions" : "a comma between the sizes of 'shape'");
        if (!read_size(d, &head->sizes[head->dimensions++]))
            return false;
        comma = take(d, ',');
    }
    return comma || head->dimensions > 1 || fail(d, "a tuple of sizes for 'shape'");
}

static const struct {
    const char *name;
    bool (*read)(dictionary *d);
} keys[] = {{"descr", read_type}, {"fortran_order", read_order}, {"shape", read_shape}};
#define KEYS (sizeof keys / sizeof *keys)

static bool read_pair(dictionary *d)
{
    char name[LONGEST_WORD];
    size_t key = 0;
    if (!take_text(d, name, "a key in quotes"))
        return false;
    while (key < KEYS && strcmp(keys[key].name, name) != 0)
        key++;
    if (key == KEYS)
        return fail(d, "no keys but 'descr', 'fortran_order' and 'shape'");
    if (d->seen & 1U << key)
        return fail(d, "each key once");
    d->seen |= 1U << key;
    return expect(d, ':', "a colon behind a key") && keys[key].read(d);
}

static bool read_dictionary(dictionary *d)
{
    bool comma = true;
    if (!expect(d, '{', "a dictionary"))
        return false;
    while (!take(d, '}')) {
        if (!comma)
            return fail(d, "a comma between the keys");
        if (!read_pair(d))
            return false;
        comma = take(d, ',');
    }
    if (d->seen != (1U << KEYS) - 1)
        return fail(d, "the keys 'descr', 'fortran_order' and 'shape'");
    skip_blanks(d);
    return d->at == d->end || fail(d, "nothing behind the dictionary");
}

/* ---- the type ---- */

static const struct {
    char kind, width;
    gm_npy_type type;
} types[] = {
    {'b', 1, GM_NPY_BOOL}, {'u', 1, GM_NPY_U8},  {'u', 2, GM_NPY_U16}, {'u', 4, GM_NPY_U32},
    {'u', 8, GM_NPY_U64},  {'i', 1, GM_NPY_I8},  {'i', 2, GM_NPY_I16}, {'i', 4, GM_NPY_I32},
    {'i', 8, GM_NPY_I64},  {'f', 2, GM_NPY_F16}, {'f', 4, GM_NPY_F32}, {'f', 8, GM_NPY_F64},
};

/* What is in an array that is not of numbers, and what can be done about it. */
static const struct {
    char kind;
    const char *what, *advice;
} refused[] = {
    {'O', "Python objects, which are a pickle", "pickles are never read: save it with .astype('f4')"},
    {'U', "texts", "give texts numbers, as numpy.unique(a, return_inverse=True) does, or save them as CSV"},
    {'S', "texts", "give texts numbers, as numpy.unique(a, return_inverse=True) does, or save them as CSV"},
    {'a', "texts", "give texts numbers, as numpy.unique(a, return_inverse=True) does, or save them as CSV"},
    {'V', "records", "save the columns as one array of numbers"},
    {'c', "complex numbers", "save real and imaginary parts as columns"},
    {'M', "dates", "save them as numbers, such as days since the first one"},
    {'m', "durations", "save them as numbers with .astype('f4')"},
    {'f', "numbers of a width that is not read", "save it with .astype('f8')"},
};

static gm_status fail_type(const dictionary *d, gm_error *error)
{
    const char *what = "something that is not read", *advice = "expected numbers, such as '<f4' or '|u1'";
    const char kind = d->structured ? 'V' : d->type[strspn(d->type, "<>=|")];
    char shown[GM_CSV_SHOWN];
    for (size_t i = 0; kind && i < sizeof refused / sizeof *refused; i++) {
        if (refused[i].kind == kind) {
            what = refused[i].what;
            advice = refused[i].advice;
        }
    }
    return gm_fail(error, GM_BAD_DATA, "%s: its array holds %s%s%s%s; %s", d->head->path, what,
                   d->structured ? "" : " (dtype '", d->structured ? "" : gm_csv_show_text(d->type, shown),
                   d->structured ? "" : "')", advice);
}

static gm_status find_type(const dictionary *d, gm_error *error)
{
    static const union {
        uint16_t number;
        uint8_t first;
    } one = {1};
    const char *type = d->type;
    const char order = *type && strchr("<>=|", *type) ? *type++ : '=';
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (type[0] != types[i].kind || type[1] != types[i].width + '0' || type[2])
            continue;
        d->head->type = types[i].type;
        d->head->width = (size_t)types[i].width;
        d->head->swapped = (order == '<' && one.first == 0) || (order == '>' && one.first == 1);
        return GM_OK;
    }
    return fail_type(d, error);
}

/* ---- the shape ---- */

const char *gm_npy_shape(const gm_npy_head *head, char buffer[GM_NPY_SHAPE])
{
    size_t used = gm_append(buffer, GM_NPY_SHAPE, 0, "%s", head->dimensions == 0 ? "a single number" : "");
    for (size_t i = 0; i < head->dimensions; i++)
        used = gm_append(buffer, GM_NPY_SHAPE, used, "%s%zu", i > 0 ? " x " : "", head->sizes[i]);
    return buffer;
}

/* Sets the sizes of the table. A product that overflows is larger than any file. */
static gm_status find_shape(gm_npy_head *head, gm_error *error)
{
    char shape[GM_NPY_SHAPE];
    bool fits = true;
    if (head->dimensions == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: its array is a single number; expected rows", head->path);
    head->rows = head->sizes[0];
    head->columns = 1;
    for (size_t i = 1; i < head->dimensions; i++)
        fits = fits && gm_mul(head->columns, head->sizes[i], &head->columns);
    fits = fits && gm_mul(head->rows, head->columns, &head->bytes) &&
           gm_mul(head->bytes, head->width, &head->bytes);
    if (!fits)
        return gm_fail(error, GM_BAD_DATA, "%s: an array of %s numbers is larger than any file", head->path,
                       gm_npy_shape(head, shape));
    if (head->bytes == 0)
        return gm_fail(error, GM_BAD_DATA, "%s: no rows or no columns; its array is %s", head->path,
                       gm_npy_shape(head, shape));
    return GM_OK;
}

/* Compares the numbers that are declared with the size of the file, before memory is allocated for them. */
static gm_status check_size(const gm_npy_head *head, const gm_source *source, size_t taken, gm_error *error)
{
    char shape[GM_NPY_SHAPE];
    if (source->most == SIZE_MAX)
        return GM_OK;
    const size_t left = source->most > taken ? source->most - taken : 0;
    if (head->bytes <= left && (source->gunzip || head->bytes == left))
        return GM_OK;
    if (source->gunzip)
        return gm_fail(error, GM_BAD_DATA, "%s: an array of %s numbers cannot be in a file of this size",
                       head->path, gm_npy_shape(head, shape));
    return gm_fail(error, GM_BAD_DATA, "%s: %zu bytes of numbers; expected %zu for an array of %s%s",
                   head->path, left, head->bytes, gm_npy_shape(head, shape),
                   head->bytes > left ? "; is it a partial download?" : "");
}

/* ---- the file ---- */

static gm_status fail_short(const char *path, gm_error *error)
{
    return gm_fail(error, GM_BAD_DATA, "%s: the NPY file ends within its head; is it a partial download?",
                   path);
}

static size_t little_endian(const uint8_t *bytes, size_t width)
{
    size_t value = 0;
    while (width-- > 0)
        value = value << 8 | bytes[width];
    return value;
}

/* Reads what comes before the text, and sets *length to the length of the text. */
static gm_status read_fixed(gm_source *source, size_t *length, size_t *taken, gm_error *error)
{
    uint8_t bytes[FIXED + 4];
    size_t got, more;
    gm_status status = gm_source_read(source, bytes, FIXED, &got, error);
    if (status)
        return status;
    if (memcmp(bytes, MAGIC, gm_min(got, MAGIC_SIZE)) != 0)
        return gm_fail(error, GM_BAD_DATA, "%s: not an NPY file; expected what numpy.save writes",
                       source->path);
    if (got < FIXED)
        return fail_short(source->path, error);
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)
        return gm_fail(error, GM_BAD_DATA, "%s: NPY version %u.%u; expected 1.0, 2.0 or 3.0", source->path,
                       (unsigned)bytes[6], (unsigned)bytes[7]);
    const size_t width = bytes[6] == 1 ? 2 : 4;
    status = gm_source_read(source, bytes + FIXED, width, &more, error);
    if (status)
        return status;
    if (more < width)
        return fail_short(source->path, error);
    *length = little_endian(bytes + FIXED, width);
    *taken = FIXED + width;
    return GM_OK;
}

static gm_status check_length(const gm_source *source, size_t length, size_t taken, gm_error *error)
{
    if (source->most < SIZE_MAX && (source->most < taken || length > source->most - taken))
        return gm_fail(error, GM_BAD_DATA,
                       "%s: its head declares a text of %zu bytes, more than the file has", source->path,
                       length);
    if (length > LONGEST_TEXT)
        return gm_fail(error, GM_BAD_DATA, "%s: its head has a text of %zu bytes; expected at most %zu",
                       source->path, length, LONGEST_TEXT);
    return GM_OK;
}

static gm_status parse(gm_npy_head *head, const char *text, size_t length, gm_error *error)
{
    if (length == 0 || text[length - 1] != '\n')
        return gm_fail(error, GM_BAD_DATA, "%s: the text of its head does not end with a new line",
                       head->path);
    dictionary d = {.at = text, .end = text + length - 1, .head = head};
    if (!read_dictionary(&d) && !d.structured)
        return gm_fail(error, GM_BAD_DATA, "%s: byte %zu of the text of its head: expected %s", head->path,
                       (size_t)(d.at - text) + 1, d.wrong);
    const gm_status status = d.structured ? fail_type(&d, error) : find_type(&d, error);
    return status ? status : find_shape(head, error);
}

gm_status gm_npy_head_read(gm_npy_head *head, gm_source *source, gm_error *error)
{
    size_t length = 0, taken = 0, got;
    *head = (gm_npy_head){.path = source->path};
    gm_status status = read_fixed(source, &length, &taken, error);
    if (!status)
        status = check_length(source, length, taken, error);
    if (status)
        return status;
    char *text = gm_alloc(length + 1, 1);
    if (!text)
        return gm_fail_memory(error, "the head of an NPY file", length + 1);
    status = gm_source_read(source, text, length, &got, error);
    if (!status && got < length)
        status = fail_short(source->path, error);
    if (!status)
        status = parse(head, text, length, error);
    gm_free(text);
    return status ? status : check_size(head, source, taken + length, error);
}
