/* Tests IDX files, plain and compressed, and files that look like IDX files. */
#include "data_files.h"

#include <float.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/stat.h>

TestSuite(data_idx, .init = make_folder, .fini = remove_folder);

/* An IDX file in memory. */
typedef struct idx {
    uint8_t bytes[512];
    size_t size;
} idx;

static void put32(idx *file, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        file->bytes[file->size++] = (uint8_t)(value >> shift);
}

static idx begin(uint8_t type, size_t dimensions, const uint32_t *sizes)
{
    idx file = {.bytes = {0, 0, type, (uint8_t)dimensions}, .size = 4};
    for (size_t i = 0; i < dimensions; i++)
        put32(&file, sizes[i]);
    return file;
}

/* 3 images of 2 x 2: 0, 1, 2, ... 11. */
static idx three_images(void)
{
    idx file = begin(0x08, 3, (const uint32_t[]){3, 2, 2});
    for (uint8_t i = 0; i < 12; i++)
        file.bytes[file.size++] = i;
    return file;
}

static idx labels_of(const uint8_t *labels, uint32_t count)
{
    idx file = begin(0x08, 1, &count);
    memcpy(file.bytes + file.size, labels, count);
    file.size += count;
    return file;
}

static char *save(const char *name, const idx *file)
{
    return write_file(name, file->bytes, file->size);
}

static char *save_gzip(const char *name, const idx *file)
{
    return write_gzip(name, file->bytes, file->size);
}

static void expect_three_images(const char *images, const char *labels)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.labels = labels;
    gm_dataset *d = expect_load(images, &options);
    cr_expect_eq(gm_dataset_type(d), GM_TYPE_U8);
    cr_expect_eq(gm_dataset_rows(d), 3);
    cr_expect_eq(gm_dataset_features(d), 4);
    cr_expect_eq(gm_dataset_targets(d), 3);
    cr_expect_null(gm_dataset_feature_name(d, 0));
    cr_expect_str_eq(gm_dataset_class_name(d, 2), "2");
    cr_expect_eq(gm_dataset_label(d, 0), 2);
    cr_expect_eq(feature(d, 2, 3), 11);
    gm_dataset_destroy(d);
}

Test(data_idx, images_and_labels_plain_or_gzip_whatever_their_names)
{
    const idx images = three_images(), labels = labels_of((const uint8_t[]){2, 0, 1}, 3);
    char *paths[] = {save("images", &images), save_gzip("images.gz", &images), save("labels.gz", &labels),
                     save_gzip("labels", &labels)};
    for (int i = 0; i < 2; i++) {
        for (int l = 2; l < 4; l++)
            expect_three_images(paths[i], paths[l]);
    }
    gm_dataset *d = expect_load(paths[0], NULL);
    cr_expect_eq(gm_dataset_targets(d), 0);
    cr_expect_not(gm_dataset_has_labels(d));
    gm_dataset_destroy(d);
    for (int i = 0; i < 4; i++)
        free(paths[i]);
}

Test(data_idx, every_type_of_number)
{
    static const struct {
        uint8_t type, size;
        uint8_t bytes[2][8];
        double numbers[2];
    } cases[] = {
        {0x08, 1, {{0xff}, {0x00}}, {255, 0}},
        {0x09, 1, {{0xff}, {0x7f}}, {-1, 127}},
        {0x0B, 2, {{0xff, 0xfe}, {0x01, 0x00}}, {-2, 256}},
        {0x0C, 4, {{0xff, 0xff, 0xff, 0xfd}, {0x00, 0x01, 0x00, 0x00}}, {-3, 65536}},
        {0x0D, 4, {{0xc0, 0x49, 0x0f, 0xdb}, {0x00, 0x00, 0x00, 0x01}}, {-0x1.921fb6p1, 0x1p-149}},
        {0x0E, 8, {{0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a}, {0xc0}}, {(double)0.1F, -2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        idx file = begin(cases[i].type, 2, (const uint32_t[]){1, 2});
        for (int n = 0; n < 2; n++) {
            memcpy(file.bytes + file.size, cases[i].bytes[n], cases[i].size);
            file.size += cases[i].size;
        }
        char *path = save("numbers", &file);
        gm_dataset *d = expect_load(path, NULL);
        cr_expect_eq(gm_dataset_type(d), i == 0 ? GM_TYPE_U8 : GM_TYPE_F32);
        for (size_t n = 0; n < 2; n++)
            cr_expect_eq(stored(d, 0, n), cases[i].numbers[n], "type %02x", (unsigned)cases[i].type);
        gm_dataset_destroy(d);
        free(path);
    }
}

Test(data_idx, numbers_that_no_float_holds)
{
    static const uint8_t numbers[][8] = {
        {0x7f, 0xf8}, {0x7f, 0xf0}, {0xff, 0xf0}, {0x7f, 0xe0}}; /* NaN, inf, -inf, 9e307 */
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        idx file = begin(0x0E, 2, (const uint32_t[]){2, 2});
        memcpy(file.bytes + file.size + 16, numbers[i], 8);
        file.size += 32;
        char *path = save("numbers", &file);
        expect_refusal(path, NULL, GM_BAD_DATA, "numbers: row 2, number 1: not a number or too large");
        free(path);
    }
}

/* Heads of files that end where their bytes end. */
Test(data_idx, heads_that_are_wrong)
{
    static const struct {
        uint8_t bytes[24];
        size_t size;
        const char *line;
    } cases[] = {
        {{0}, 0, "the file is empty"},
        {{0, 0}, 2, "expected at least 4 bytes, got 2"},
        {{0, 0, 0x0A, 1, 0, 0, 0, 1, 7},
         9,
         "byte 3: unknown IDX type; expected 08, 09, 0b, 0c, 0d or 0e, got 0a"},
        {{0, 0, 0x08, 0, 0, 0, 0, 1, 7}, 9, "byte 4: number of dimensions; expected 1 to 8, got 0"},
        {{0, 0, 0x08, 255, 0, 0, 0, 1, 7}, 9, "byte 4: number of dimensions; expected 1 to 8, got 255"},
        {{0, 0, 0x08, 2, 0, 0, 0, 1, 0, 0}, 10, "ends within its head; expected 2 sizes, got 1"},
        {{0, 0, 0x08, 2, 0, 0, 0, 0, 0, 0, 0, 1}, 12, "no rows or no features"},
        {{0, 0, 0x08, 2, 0, 0, 0, 1, 0, 0, 0, 0}, 12, "no rows or no features"},
        {{0, 0, 0x08, 4, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
         20,
         "declares more data than the file can hold"},
        {{0, 0, 0x08, 2, 2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6}, 18, "sizes are in little-endian order"},
        {{2, 8, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6}, 18, "its bytes are in little-endian order"},
        {{3, 8, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}, 17, "its bytes are in little-endian order"},
        {{0, 0, 0x08, 1, 0, 0, 0, 1, 7}, 9, "a file of labels; expected images"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = write_file("data.csv", cases[i].bytes, cases[i].size);
        expect_refusal(path, NULL, GM_BAD_DATA, cases[i].line);
        free(path);
    }
}

Test(data_idx, images_that_are_no_idx_are_said_so_when_labels_come_along)
{
    const idx labels = labels_of((const uint8_t[]){2, 0, 1}, 3);
    gm_dataset_options options = gm_dataset_options_default();
    char *label_path = save("labels", &labels), *path = write_file("images", "1,2,3\n", 6);
    options.labels = label_path;
    expect_refusal(path, &options, GM_USAGE,
                   "images: a file of labels has no effect with a CSV file, whose labels are a column");
    free(path);
    path = write_file("images", "\1\2\3\4\5", 5);
    expect_refusal(path, &options, GM_BAD_DATA,
                   "images: not an IDX file; expected 00 00 at its start, got 01 02");
    free(path);
    free(label_path);
}

Test(data_idx, data_too_short_or_too_long_by_one_byte)
{
    idx file = three_images();
    file.size--;
    char *path = save("images", &file);
    expect_refusal(path, NULL, GM_BAD_DATA, "images: ");
    free(path);
    path = save_gzip("images", &file);
    expect_refusal(path, NULL, GM_BAD_DATA, "images: the file is cut short; expected 3 rows of 4 numbers");
    free(path);
    file.size += 2;
    path = save("images", &file);
    expect_refusal(path, NULL, GM_BAD_DATA, "images: more data than declared; expected 3 rows of 4 numbers");
    free(path);
}

Test(data_idx, labels_that_do_not_fit_the_images)
{
    const idx images = three_images(), fewer = labels_of((const uint8_t[]){1, 0}, 2),
              more = labels_of((const uint8_t[]){1, 0, 1, 0}, 4),
              zeros = labels_of((const uint8_t[]){0, 0, 0}, 3);
    idx floats = begin(0x0D, 1, (const uint32_t[]){3});
    floats.size += 12;
    idx negative = begin(0x09, 1, (const uint32_t[]){3});
    memcpy(negative.bytes + negative.size, "\x01\x00\xff", 3);
    negative.size += 3;
    idx huge = begin(0x0C, 1, (const uint32_t[]){3});
    memcpy(huge.bytes + huge.size, "\0\0\0\1\0\1\0\0\0\0\0\1", 12);
    huge.size += 12;
    const struct {
        const idx *labels;
        const char *line;
    } cases[] = {
        {&fewer, "labels: 2 labels; expected 3, one for each row of /"},
        {&more, "labels: 4 labels; expected 3, one for each row of /"},
        {&images,
         "labels: not a file of labels; expected 1 dimension of whole numbers, got 3 dimensions (3 x 2 x 2)"},
        {&floats,
         "labels: not a file of labels; expected 1 dimension of whole numbers, got 1 dimension of floats (3)"},
        {&negative, "labels: label of row 3; expected 0 to 65535, got -1"},
        {&huge, "labels: label of row 2; expected 0 to 65535, got 65536"},
        {&zeros, "labels: only one class"},
    };
    char *path = save("images", &images);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        char *labels = save("labels", cases[i].labels);
        options.labels = labels;
        expect_refusal(path, &options, GM_BAD_DATA, cases[i].line);
        free(labels);
    }
    free(path);
}

/* QMNIST has 8 numbers in a row, and the first is the class. Other matrices are refused, because the meaning
 * of their columns is unknown. */
Test(data_idx, labels_in_a_matrix)
{
    const idx images = three_images();
    idx qmnist = begin(0x0C, 2, (const uint32_t[]){3, 8}), column = begin(0x08, 2, (const uint32_t[]){3, 1}),
        one_hot = begin(0x08, 2, (const uint32_t[]){3, 8});
    for (uint32_t i = 0; i < 24; i++)
        put32(&qmnist, i % 8 == 0 ? 2 - i / 8 : 100000);
    memcpy(column.bytes + column.size, "\2\1\0", 3);
    column.size += 3;
    one_hot.size += 24;
    char *path = save("images", &images);
    const idx *files[] = {&qmnist, &column};
    for (size_t i = 0; i < 2; i++) {
        gm_dataset_options options = gm_dataset_options_default();
        char *labels = save("labels", files[i]);
        options.labels = labels;
        gm_dataset *d = expect_load(path, &options);
        cr_expect_eq(gm_dataset_targets(d), 3);
        for (uint32_t r = 0; r < 3; r++)
            cr_expect_eq(gm_dataset_label(d, r), 2 - r);
        cr_expect_eq(
            has_remark(d, "labels: 8 numbers in each row, as in QMNIST; the first is taken for the class"),
            i == 0);
        gm_dataset_destroy(d);
        free(labels);
    }
    gm_dataset_options options = gm_dataset_options_default();
    char *labels = save("labels", &one_hot);
    options.labels = labels;
    expect_refusal(
        path, &options, GM_BAD_DATA,
        "labels: not a file of labels; expected 1 dimension of whole numbers, got 2 dimensions (3 x 8)");
    free(labels);
    free(path);
}

/* EMNIST's letters are labelled 1 to 26: these are 26 classes, and bear these names. */
Test(data_idx, labels_that_begin_at_1)
{
    const idx images = three_images(), labels = labels_of((const uint8_t[]){26, 24, 25}, 3);
    char *path = save("images", &images), *label_path = save("labels", &labels);
    gm_dataset_options options = gm_dataset_options_default();
    options.labels = label_path;
    gm_dataset *d = expect_load(path, &options);
    cr_assert_eq(gm_dataset_targets(d), 3);
    cr_expect_str_eq(gm_dataset_class_name(d, 0), "24");
    cr_expect_str_eq(gm_dataset_class_name(d, gm_dataset_label(d, 0)), "26");
    cr_expect_str_eq(gm_dataset_class_name(d, gm_dataset_label(d, 1)), "24");
    cr_expect(has_remark(d, "labels begin at 24: 3 classes, 24 to 26"));
    gm_dataset_destroy(d);
    free(path);
    free(label_path);
}

/* HTML and XML as servers send them in place of a file. */
Test(data_idx, web_pages)
{
    static const char *const pages[] = {
        "<!DOCTYPE html>",
        "<!doctype html>",
        "\n\n \t\r\n<!DocType HTML>",
        "<HTML><head>",
        "<?xml version=\"1.0\"?>",
        "\xef\xbb\xbf\n<Error><Code>NoSuchKey</Code>",
        "<!-- gone --><html>",
        "<body>",
    };
    const idx images = three_images();
    gm_dataset_options options = gm_dataset_options_default();
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char *page = write_file("page", pages[i], strlen(pages[i])), *path = save("images", &images);
        expect_refusal(page, NULL, GM_BAD_DATA, "page: a web page");
        options.labels = page;
        expect_refusal(path, &options, GM_BAD_DATA, "page: a web page");
        free(page);
        free(path);
    }
    gm_dataset_options with_header = gm_dataset_options_default();
    with_header.header = 1;
    gm_dataset *d = load_text("<NA>,<=50K\n1,<header\n2,<=50K\n", &with_header);
    cr_expect_eq(gm_dataset_rows(d), 2);
    gm_dataset_destroy(d);
}

Test(data_idx, images_and_labels_exchanged)
{
    const idx images = three_images(), labels = labels_of((const uint8_t[]){2, 0, 1}, 3);
    char *image_path = save("images", &images), *label_path = save("labels", &labels);
    gm_dataset_options options = gm_dataset_options_default();
    options.labels = image_path;
    expect_refusal(label_path, &options, GM_BAD_DATA, "are images and labels exchanged?");
    options.labels = label_path; /* the labels twice: nothing was exchanged */
    gm_error error = {0};
    gm_dataset *d = NULL;
    cr_expect_eq(gm_dataset_load(&d, label_path, &options, &error), GM_BAD_DATA);
    cr_expect_null(strstr(error.message, "exchanged"), "%s", error.message);
    options.labels = "/nonexistent/labels";
    expect_refusal(image_path, &options, GM_IO, "/nonexistent/labels: cannot open");
    free(image_path);
    free(label_path);
}

Test(data_idx, labels_are_mapped_to_the_classes_of_a_model)
{
    static const char *const classes[] = {"3", "1", "7"};
    const idx images = three_images(), known = labels_of((const uint8_t[]){7, 3, 7}, 3),
              unknown = labels_of((const uint8_t[]){7, 10, 3}, 3);
    gm_dataset_options options = gm_dataset_options_default();
    options.classes = classes;
    options.class_count = 3;
    char *path = save("images", &images), *labels = save("labels", &known);
    options.labels = labels;
    gm_dataset *d = expect_load(path, &options);
    cr_expect_eq(gm_dataset_targets(d), 3);
    cr_expect_eq(gm_dataset_label(d, 0), 2);
    cr_expect_eq(gm_dataset_label(d, 1), 0);
    cr_expect_str_eq(gm_dataset_class_name(d, 2), "7");
    gm_dataset_destroy(d);
    free(labels);
    options.labels = labels = save("labels", &unknown);
    expect_refusal(path, &options, GM_BAD_DATA,
                   "labels: label of row 2; expected one of the model's 3 classes, got 10; "
                   "the model knows '3', '1', '7'");
    free(labels);
    free(path);
}

Test(data_idx, classes_without_a_row_are_remarked)
{
    const idx images = three_images(), labels = labels_of((const uint8_t[]){0, 9, 9}, 3);
    char *path = save("images", &images), *label_path = save("labels", &labels);
    gm_dataset_options options = gm_dataset_options_default();
    options.labels = label_path;
    gm_dataset *d = expect_load(path, &options);
    cr_expect_eq(gm_dataset_targets(d), 10);
    cr_expect(has_remark(d, "labels go up to 9, but only 2 different ones occur"));
    gm_dataset_destroy(d);
    free(path);
    free(label_path);
}

/* Cut anywhere, a gzip file is refused; damaged anywhere in its checksum, too. */
Test(data_idx, gzip_cut_short_or_damaged)
{
    const idx file = three_images();
    char *path = save_gzip("images", &file);
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    for (off_t size = status.st_size - 1; size > 2; size--) {
        cr_assert_eq(truncate(path, size), 0);
        expect_refusal(path, NULL, GM_BAD_DATA, "images: the gzip file is cut short");
    }
    free(path);
    path = save_gzip("images", &file);
    FILE *stream = fopen(path, "r+b");
    fseek(stream, -8, SEEK_END); /* CRC-32 */
    const int byte = fgetc(stream);
    fseek(stream, -8, SEEK_END);
    fputc(byte ^ 1, stream);
    fclose(stream);
    expect_refusal(path, NULL, GM_BAD_DATA, "images: the gzip file is damaged");
    free(path);
}

/* A head that declares 12 bytes, and 256 MiB of data behind it: refused after one byte more, with little
 * memory. */
Test(data_idx, gzip_bomb)
{
    const idx file = three_images();
    char *path = path_of("bomb.gz");
    static const char zeros[1 << 20];
    gzFile bomb = gzopen(path, "wb1");
    gzwrite(bomb, file.bytes, (unsigned)file.size);
    for (int i = 0; i < 256; i++)
        gzwrite(bomb, zeros, sizeof zeros);
    gzclose(bomb);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    expect_refusal(path, NULL, GM_BAD_DATA, "bomb.gz: more data than declared");
    getrusage(RUSAGE_SELF, &after);
    cr_expect_lt(after.ru_maxrss - before.ru_maxrss, 64 << 10, "kilobytes: %ld", after.ru_maxrss);
    free(path);
}

/* A small gzip file cannot contain as much as its head declares. It is refused before memory is allocated. */
Test(data_idx, gzip_with_a_head_that_promises_too_much)
{
    idx file = begin(0x08, 2, (const uint32_t[]){1U << 30, 64});
    file.size += 20;
    char *path = save_gzip("images", &file);
    expect_refusal(path, NULL, GM_BAD_DATA, "declares more data than the file can hold");
    free(path);
}

Test(data_idx, files_of_other_kinds)
{
    static const struct {
        const char *bytes, *line;
    } cases[] = {
        {"PK\x05\x06", "an empty zip archive; expected CSV, LIBSVM, NPY, NPZ or IDX; it has no arrays"},
        {"\x89HDF\r\n\x1a\n", "an HDF5 file; expected CSV, LIBSVM, NPY, NPZ or IDX"},
        {"PAR1\x15\x04", "a Parquet file; expected CSV, LIBSVM, NPY, NPZ or IDX; export its table as CSV"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = write_file("data", cases[i].bytes, strlen(cases[i].bytes));
        expect_refusal(path, NULL, GM_BAD_DATA, cases[i].line);
        free(path);
        path = write_gzip("data", cases[i].bytes, strlen(cases[i].bytes));
        expect_refusal(path, NULL, GM_BAD_DATA, cases[i].line);
        free(path);
    }
}

Test(data_idx, gzip_within_gzip)
{
    const idx file = three_images();
    char *path = save_gzip("inner", &file);
    uint8_t bytes[512];
    FILE *stream = fopen(path, "rb");
    const size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    free(path);
    path = write_gzip("outer", bytes, size);
    expect_refusal(path, NULL, GM_BAD_DATA, "gzip within gzip");
    free(path);
}

Test(data_idx, files_that_cannot_be_opened)
{
    expect_refusal("/nonexistent/data.csv", NULL, GM_IO, "/nonexistent/data.csv: cannot open: ");
    expect_refusal(folder, NULL, GM_IO, "is a directory; expected a file");
}
