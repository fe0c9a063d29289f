/* Functions that the fuzz targets share; fuzz.h describes them. */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_stop(const char *file, int line, const char *rule)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, rule);
    abort();
}

unsigned fuzz_choice(fuzz_input *input, unsigned count)
{
    const fuzz_input byte = fuzz_take(input, 1);
    return byte.size == 0 ? 0 : (uint8_t)(byte.bytes[0] - '0') % count;
}

fuzz_input fuzz_take(fuzz_input *input, size_t size)
{
    const fuzz_input part = {input->bytes, size < input->size ? size : input->size};
    input->bytes += part.size;
    input->size -= part.size;
    return part;
}

fuzz_input fuzz_until(fuzz_input *input, uint8_t end)
{
    const uint8_t *const found = input->size > 0 ? memchr(input->bytes, end, input->size) : NULL;
    const fuzz_input part = fuzz_take(input, found ? (size_t)(found - input->bytes) : input->size);
    (void)fuzz_take(input, 1);
    return part;
}

fuzz_file fuzz_file_make(const void *bytes, size_t size)
{
    fuzz_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
    FUZZ_REQUIRE(file.fd >= 0);
    FUZZ_REQUIRE(size == 0 || write(file.fd, bytes, size) == (ssize_t)size);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

void fuzz_file_close(fuzz_file *file)
{
    close(file->fd);
}

static char folder[] = "/dev/shm/gradmill-fuzz-XXXXXX";

static void remove_folder(void)
{
    rmdir(folder);
}

const char *fuzz_folder(void)
{
    static bool made;
    if (!made) {
        FUZZ_REQUIRE(mkdtemp(folder));
        atexit(remove_folder);
        made = true;
    }
    return folder;
}

/* The length of the UTF-8 character at `text`. 0 if there is none, or it is a control character. */
static size_t printable_character(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        unsigned least;
    } forms[] = {{0x80, 0, 0x20}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t extra = 0; extra < sizeof forms / sizeof *forms; extra++) {
        if ((text[0] & forms[extra].mask) != forms[extra].lead)
            continue;
        unsigned code = text[0] & (unsigned char)~forms[extra].mask;
        for (size_t i = 1; i <= extra; i++) {
            if ((text[i] & 0xC0) != 0x80)
                return 0;
            code = code << 6 | (text[i] & 0x3F);
        }
        const bool good = code >= forms[extra].least && code <= 0x10FFFF &&
                          (code < 0xD800 || code > 0xDFFF) && code != 0x7F && (code < 0x80 || code > 0x9F);
        return good ? extra + 1 : 0;
    }
    return 0;
}

static bool is_one_printable_line(const char *text)
{
    while (*text) {
        const size_t length = printable_character((const unsigned char *)text);
        if (length == 0)
            return false;
        text += length;
    }
    return true;
}

void fuzz_check_status(gm_status status, unsigned documented, const gm_error *error)
{
    if (status == GM_OK) {
        FUZZ_REQUIRE(error->message[0] == '\0');
        return;
    }
    if (!(documented & FUZZ_STATUS(status)) || !is_one_printable_line(error->message))
        fprintf(stderr, "status %d: %s\n", (int)status, error->message);
    FUZZ_REQUIRE(documented & FUZZ_STATUS(status));
    FUZZ_REQUIRE(error->status == status);
    FUZZ_REQUIRE(error->message[0] != '\0');
    FUZZ_REQUIRE(is_one_printable_line(error->message));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Checks that no two classes have the same name. */
static void check_classes(const gm_dataset *dataset)
{
    const size_t count = gm_dataset_targets(dataset);
    const char **const names = calloc(count, sizeof *names);
    FUZZ_REQUIRE(names);
    for (size_t c = 0; c < count; c++) {
        names[c] = gm_dataset_class_name(dataset, c);
        FUZZ_REQUIRE(names[c]);
    }
    FUZZ_REQUIRE(!gm_dataset_class_name(dataset, count));
    qsort(names, count, sizeof *names, compare_names);
    for (size_t c = 1; c < count; c++)
        FUZZ_REQUIRE(strcmp(names[c - 1], names[c]) != 0);
    free(names);
    for (size_t row = 0; row < gm_dataset_rows(dataset); row++)
        FUZZ_REQUIRE(gm_dataset_label(dataset, row) < count);
}

static void check_finite(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        FUZZ_REQUIRE(isfinite(numbers[i]));
}

/* Gathers every row as training does, and checks its numbers. */
static void check_rows(const gm_dataset *dataset, const gm_scaling *scaling)
{
    const size_t features = gm_dataset_features(dataset), targets = gm_dataset_targets(dataset);
    double *const x = calloc(features, sizeof *x), *const y = calloc(targets + 1, sizeof *y);
    FUZZ_REQUIRE(x && y);
    for (uint32_t row = 0; row < gm_dataset_rows(dataset); row++) {
        FUZZ_REQUIRE(gm_dataset_gather(dataset, scaling, &row, 1, gm_mutable_f64(x, 1, features),
                                       targets > 0 ? gm_mutable_f64(y, 1, targets) : gm_no_array(),
                                       NULL) == GM_OK);
        check_finite(x, features);
        check_finite(y, targets);
    }
    free(x);
    free(y);
}

static void check_scaled(const gm_dataset *dataset)
{
    gm_scaling *scaling;
    gm_error error = {0};
    if (gm_dataset_rows(dataset) == 0)
        return;
    const gm_status status = gm_scaling_fit(&scaling, GM_SCALING_STANDARD, dataset, &error);
    fuzz_check_status(status, FUZZ_READER, &error);
    if (status != GM_OK)
        return;
    check_rows(dataset, scaling);
    gm_scaling_destroy(scaling);
}

static void check_parts(const gm_dataset *dataset)
{
    gm_dataset *train, *valid;
    gm_error error = {0};
    FUZZ_REQUIRE(gm_dataset_split(dataset, 0.3, 1, &train, &valid, &error) == GM_OK);
    FUZZ_REQUIRE(gm_dataset_rows(train) + gm_dataset_rows(valid) == gm_dataset_rows(dataset));
    check_scaled(train);
    check_scaled(valid);
    gm_dataset_destroy(train);
    gm_dataset_destroy(valid);
}

/* The texts that the command prints. */
static void check_texts(const gm_dataset *dataset)
{
    for (size_t i = 0; gm_dataset_remark(dataset, i); i++) {
        if (!is_one_printable_line(gm_dataset_remark(dataset, i)))
            fprintf(stderr, "remark: %s\n", gm_dataset_remark(dataset, i));
        FUZZ_REQUIRE(is_one_printable_line(gm_dataset_remark(dataset, i)));
    }
    const bool named = gm_dataset_feature_name(dataset, 0) != NULL;
    for (size_t f = 0; f < gm_dataset_features(dataset); f++)
        FUZZ_REQUIRE((gm_dataset_feature_name(dataset, f) != NULL) == named);
}

/* Makes inputs of texts and missing values, by all rows, as training does. */
static gm_status fill_missing(gm_dataset *dataset)
{
    gm_columns *columns;
    gm_error error = {0};
    const gm_status status = gm_columns_fit(&columns, dataset, NULL, &error);
    fuzz_check_status(status, FUZZ_READER, &error);
    FUZZ_REQUIRE((status == GM_OK) == (columns != NULL));
    if (status == GM_OK)
        FUZZ_REQUIRE(gm_dataset_encode(dataset, columns, &error) == GM_OK);
    FUZZ_REQUIRE(status != GM_OK || gm_dataset_missing(dataset) + gm_dataset_categorical(dataset) == 0);
    gm_columns_destroy(columns);
    return status;
}

gm_status fuzz_load_kept(gm_dataset **dataset, const char *path, const gm_dataset_options *options)
{
    gm_error error = {0};
    const gm_status status = gm_dataset_load(dataset, path, options, &error);
    const unsigned misuse = options->labels && !options->idx ? FUZZ_STATUS(GM_USAGE) : 0;
    fuzz_check_status(status, FUZZ_READER | misuse, &error);
    FUZZ_REQUIRE((status == GM_OK) == (*dataset != NULL));
    if (status != GM_OK)
        return status;
    FUZZ_REQUIRE(gm_dataset_rows(*dataset) > 0 && gm_dataset_features(*dataset) > 0);
    if (gm_dataset_has_labels(*dataset))
        check_classes(*dataset);
    check_texts(*dataset);
    if (!options->columns && fill_missing(*dataset) != GM_OK)
        return status; /* a column without any value */
    check_rows(*dataset, NULL);
    check_parts(*dataset);
    return status;
}

gm_status fuzz_load_dataset(const char *path, const gm_dataset_options *options)
{
    gm_dataset *dataset;
    const gm_status status = fuzz_load_kept(&dataset, path, options);
    gm_dataset_destroy(dataset);
    return status;
}
