/* Tests archives of arrays (NPZ): which members are read, and archives that are damaged or mean no good. */
#include "data/zip_bytes.h"
#include "array_files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

TestSuite(data_npz, .init = make_folder, .fini = remove_folder);

static const float six[] = {1, 0, 3, 1, 5, 0};

/* Features of 3 rows, and labels. */
static bytes x_array(void)
{
    return npy_of("<f4", "(3, 2)", six, sizeof six);
}

static bytes y_array(void)
{
    return npy_of("|u1", "(3,)", "\1\0\1", 3);
}

/* An archive with these two. Pieces that are to be wrong are changed in *parts. */
static bytes both(zip_part parts[2])
{
    return zip(parts, 2);
}

#define PARTS(x, y)                                                                                          \
    {                                                                                                        \
        {.name = x ".npy", .data = x_array()},                                                               \
        {                                                                                                    \
            .name = y ".npy", .data = y_array()                                                              \
        }                                                                                                    \
    }

static void expect_three_rows(const bytes *file, const gm_dataset_options *options, size_t targets)
{
    char *path = save_bytes("a.npz", file);
    gm_dataset *d = expect_load(path, options);
    cr_expect_eq(gm_dataset_rows(d), 3);
    cr_expect_eq(gm_dataset_targets(d), targets);
    for (uint32_t i = 0; i < 6; i++)
        cr_expect_eq(stored(d, i / 2, i % 2), (double)six[i]);
    gm_dataset_destroy(d);
    free(path);
}

static void refuse(const bytes *file, const char *line)
{
    char *path = save_bytes("a.npz", file);
    expect_refusal(path, NULL, GM_BAD_DATA, line);
    free(path);
}

Test(data_npz, names_that_are_looked_for)
{
    zip_part parts[][2] = {PARTS("X", "y"), PARTS("x", "y"), PARTS("x_train", "y_train"),
                           PARTS("X_train", "y_train"), PARTS("arr_0", "arr_1")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const bytes file = both(parts[i]);
        expect_three_rows(&file, NULL, 2);
    }
    zip_part test[] = {{.name = "y_test.npy", .data = y_array()}, {.name = "x_test.npy", .data = x_array()}};
    const bytes file = both(test);
    gm_dataset_options options = gm_dataset_options_default();
    refuse(&file, "no array is named X, x, x_train or arr_0; it has: y_test, x_test; say which one with");
    options.test = true;
    expect_three_rows(&file, &options, 2);
}

Test(data_npz, names_that_the_user_gives)
{
    zip_part parts[] = PARTS("emb", "cls");
    const bytes file = both(parts);
    gm_dataset_options options = gm_dataset_options_default();
    options.x_member = "emb";
    expect_three_rows(&file, &options, 0);
    options.y_member = "cls.npy";
    expect_three_rows(&file, &options, 2);
    options.y_member = "none";
    expect_three_rows(&file, &options, 0);
    options.y_member = "y";
    char *path = save_bytes("a.npz", &file);
    expect_refusal(path, &options, GM_BAD_DATA, "a.npz: no array 'y'; it has: emb, cls");
    free(path);
}

Test(data_npz, one_array_needs_no_name)
{
    zip_part part = {.name = "emb.npy", .data = x_array()};
    const bytes file = zip(&part, 1);
    expect_three_rows(&file, NULL, 0);
    char *path = save_bytes("a.npz", &file);
    gm_dataset *d = expect_load(path, NULL);
    cr_expect_str_eq(gm_dataset_remark(d, 0), "the features are the array emb");
    gm_dataset_destroy(d);
    free(path);
}

Test(data_npz, deflated_zip64_and_gzip)
{
    zip_part parts[] = PARTS("X", "y");
    for (int i = 0; i < 2; i++) {
        const bytes plain = parts[i].data;
        parts[i].zip64 = true;
        parts[i].method = 8;
        parts[i].size = plain.size;
        parts[i].crc = (uint32_t)crc32(0, plain.data, (uInt)plain.size);
        parts[i].data = deflated(&plain);
    }
    const bytes file = both(parts);
    expect_three_rows(&file, NULL, 2);
    char *path = write_gzip("a.npz.gz", file.data, file.size); /* has no size: it is read into memory */
    gm_dataset_destroy(expect_load(path, NULL));
    free(path);
}

Test(data_npz, members_that_are_refused)
{
    const struct {
        zip_part x;
        const char *line;
    } cases[] = {
        {{.name = "X.npy", .flags = 1}, "a.npz, member X.npy: it is encrypted, which is not read"},
        {{.name = "X.npy", .method = 14}, "member X.npy: compressed by method 14; expected none or deflate"},
        {{.name = "X.npy", .crc = 1}, "member X.npy: its checksum (CRC-32) is wrong: the file is damaged"},
        {{.name = "X.npy", .size = 7}, "member X.npy: its two sizes differ, though it is not compressed"},
        {{.name = "X.npy", .offset_change = 3},
         "member X.npy: it is not what the directory of the archive says"},
        {{.name = "X.npy", .offset_change = 9999},
         "member X.npy: it is not where the directory of the archive"},
        {{.name = "../X.npy"}, "member '../X.npy' has a path that leads out of the archive; do not trust"},
        {{.name = "/X.npy"}, "member '/X.npy' has a path that leads out of the archive"},
        {{.name = "a\\..\\X.npy"}, "has a path that leads out of the archive"},
        {{.name = "c:X.npy"}, "has a path that leads out of the archive"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        zip_part parts[] = {cases[i].x, {.name = "y.npy", .data = y_array()}};
        parts[0].data = x_array();
        const bytes file = both(parts);
        refuse(&file, cases[i].line);
    }
}

Test(data_npz, names_that_are_not_unique)
{
    zip_part parts[] = {{.name = "X.npy", .data = x_array()}, {.name = "X.npy", .data = y_array()}};
    const bytes file = both(parts);
    refuse(&file, "two members are named 'X'; expected one");
}

/* The unwanted members are not even opened: one may be a pickle. */
Test(data_npz, pickles_that_nobody_wants)
{
    zip_part parts[] = PARTS("X", "extra");
    parts[1].data = npy_of("|O", "(3,)", "\x80\x04.", 3);
    bytes file = both(parts);
    expect_three_rows(&file, NULL, 0);
    parts[1].name = "y.npy";
    file = both(parts);
    refuse(&file, "member y.npy: its array holds Python objects, which are a pickle");
}

/* A deflated member whose real size differs from the declared one: the array's head agrees with what is
 * declared, so that only inflation can find it. */
Test(data_npz, inflation_stops_at_the_declared_size)
{
    static const struct {
        int change;
        const char *line;
    } cases[] = {{-4, "it ends before its declared size"}, {4, "it goes on behind its declared size"}};
    for (size_t i = 0; i < 2; i++) {
        bytes plain = x_array();
        const size_t declared = plain.size;
        plain.size += (size_t)cases[i].change;
        zip_part part = {.name = "X.npy", .method = 8, .size = declared, .data = deflated(&plain)};
        const bytes file = zip(&part, 1);
        refuse(&file, cases[i].line);
    }
}

Test(data_npz, bombs)
{
    bytes plain = npy_of("<f4", "(1000000000, 1000)", six, sizeof six);
    zip_part part = {.name = "X.npy", .method = 8, .data = deflated(&plain)};
    part.size = 4000000128;
    bytes file = zip(&part, 1);
    refuse(&file, "member X.npy: 4000000128 bytes cannot be compressed to");
    part.size = plain.size; /* but the array declares more */
    part.crc = (uint32_t)crc32(0, plain.data, (uInt)plain.size);
    file = zip(&part, 1);
    refuse(&file,
           "member X.npy: 24 bytes of numbers; expected 4000000000000 for an array of 1000000000 x 1000");
}

Test(data_npz, compressed_data_that_is_damaged)
{
    const bytes plain = x_array();
    zip_part part = {.name = "X.npy", .method = 8, .size = plain.size, .data = deflated(&plain)};
    part.data.data[part.data.size / 2] ^= 0x55;
    bytes file = zip(&part, 1);
    refuse(&file, "member X.npy: ");
    part.data = deflated(&plain);
    part.data.size -= 3;
    file = zip(&part, 1);
    refuse(&file, "member X.npy: it");
    part.data = deflated(&plain);
    put(&part.data, "xyz", 3);
    part.crc = (uint32_t)crc32(0, plain.data, (uInt)plain.size);
    file = zip(&part, 1);
    refuse(&file, "member X.npy: something follows its compressed data");
}

Test(data_npz, archives_of_other_programs)
{
    static const struct {
        const char *name, *line;
    } cases[] = {
        {"readme.txt", "a zip archive, but no NPZ: it has no member *.npy; unpack it first"},
        {"xl/workbook.xml", "it is an Excel file: save it as CSV"},
        {"model/data.pkl", "it is a PyTorch file: pickles are never read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        zip_part part = {.name = cases[i].name, .data = x_array()};
        const bytes file = zip(&part, 1);
        refuse(&file, cases[i].line);
    }
}

Test(data_npz, every_prefix_is_refused)
{
    zip_part parts[] = PARTS("X", "y");
    const bytes file = both(parts);
    for (size_t size = 4; size < file.size; size++) {
        gm_dataset *d;
        gm_error error = {0};
        char *path = write_file("a.npz", file.data, size);
        cr_expect_eq(gm_dataset_load(&d, path, NULL, &error), GM_BAD_DATA, "%zu bytes", size);
        free(path);
    }
}

/* With a byte changed anywhere, the archive is refused, or it gives what it would have given. */
Test(data_npz, every_changed_byte_is_noticed_or_harmless)
{
    zip_part parts[] = PARTS("X", "y");
    const bytes whole = both(parts);
    for (size_t at = 4; at < whole.size; at++) {
        bytes file = whole;
        gm_dataset *d;
        file.data[at] ^= 0x11;
        char *path = save_bytes("a.npz", &file);
        if (gm_dataset_load(&d, path, NULL, NULL) == GM_OK) {
            if (gm_dataset_features(d) ==
                1) /* the name of X is no longer one of an array: y is the only one */
                cr_expect(has_remark(d, "the features are the array y"), "byte %zu", at);
            for (uint32_t i = 0; gm_dataset_features(d) == 2 && i < 6; i++)
                cr_expect_eq(stored(d, i / 2, i % 2), (double)six[i], "byte %zu", at);
            if (gm_dataset_has_labels(d))
                cr_expect_eq(gm_dataset_label(d, 1), 0, "byte %zu", at);
            gm_dataset_destroy(d);
        }
        free(path);
    }
}

Test(data_npz, labels_in_a_file_of_their_own)
{
    zip_part parts[] = PARTS("X", "y");
    const bytes file = both(parts);
    char *path = save_bytes("a.npz", &file);
    gm_dataset_options options = gm_dataset_options_default();
    options.labels = path;
    expect_refusal(
        path, &options, GM_USAGE,
        "a.npz: a file of labels has no effect with an NPZ file, whose targets are an array in it");
    free(path);
}

/* A descriptor that cannot be read is an error, and not waited for; so is the end of the file. */
Test(data_npz, reading_that_fails_ends, .timeout = 20)
{
    char text[8];
    gm_error error = {0};
    gm_zip_bytes archive = {.fd = -1, .path = "file"};
    cr_expect_eq(gm_zip_read_at(&archive, 0, text, sizeof text, &error), GM_IO);
    archive.fd = open("/dev/null", O_RDONLY);
    errno = EINTR;
    cr_expect_eq(gm_zip_read_at(&archive, 0, text, sizeof text, &error), GM_BAD_DATA);
    close(archive.fd);
}
