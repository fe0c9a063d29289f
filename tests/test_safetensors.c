/* Tests the safetensors reader: files with a wrong structure are refused, with limited time and memory. */
#include <gradmill/model.h>

#include "model/safetensors.h"
#include "scratch.h"

#include <stdint.h>

TestSuite(safetensors, .init = scratch_make, .fini = scratch_remove);

/* Writes length field, header and `data_size` zeros. */
static scratch_text write_file(uint64_t length, const char *header, size_t header_size, size_t data_size)
{
    const scratch_text path = scratch_path("file");
    char *all = calloc(8 + header_size + data_size, 1);
    memcpy(all, &length, 8);
    memcpy(all + 8, header, header_size);
    scratch_write(path.text, all, 8 + header_size + data_size);
    free(all);
    return path;
}

static gm_status try_open(const char *path, gm_error *error)
{
    gm_safetensors file;
    *error = (gm_error){0};
    const gm_status status = gm_safetensors_open(&file, path, "a model", error);
    gm_safetensors_close(&file);
    return status;
}

/* A header with its data, and a part of the message that must come; NULL: the file is fine. */
struct header_case {
    const char *header;
    size_t data_size;
    const char *says;
};

static void check_headers(const struct header_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *header = cases[i].header;
        gm_error error;
        const scratch_text path = write_file(strlen(header), header, strlen(header), cases[i].data_size);
        const gm_status status = try_open(path.text, &error);
        cr_expect_eq(status, cases[i].says ? GM_BAD_MODEL : GM_OK, "%.80s: status %d, %s", header,
                     (int)status, error.message);
        cr_expect(!cases[i].says || strstr(error.message, cases[i].says), "%.80s: %s", header, error.message);
        cr_expect(!strchr(error.message, '\n'), "%s", error.message);
    }
}

#define CHECK_HEADERS(cases) check_headers(cases, sizeof(cases) / sizeof *(cases))
#define ENTRY(dtype, shape, offsets)                                                                         \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define TENSOR(dtype, shape, offsets) "{\"a\":" ENTRY(dtype, shape, offsets) "}"

Test(safetensors, takes_what_the_format_allows)
{
    static const struct header_case cases[] = {
        {"{}", 0, NULL},
        {"{}      ", 0, NULL},
        {TENSOR("F32", "[2,3]", "[0,24]"), 24, NULL},
        {TENSOR("F32", "[2, 3]", "[0 , 24]") "    ", 24, NULL},
        {TENSOR("F32", "[]", "[0,4]"), 4, NULL},
        {TENSOR("F64", "[1,1,1,1,1,1,1,2]", "[0,16]"), 16, NULL},
        {TENSOR("F16", "[3]", "[0,6]"), 6, NULL},
        {TENSOR("F4", "[4]", "[0,2]"), 2, NULL},
        {TENSOR("F32", "[0,5]", "[0,0]"), 0, NULL},
        {"{\"b\":" ENTRY("U8", "[2]", "[1,3]") ",\"a\":" ENTRY("U8", "[1]", "[0,1]") "}", 3, NULL},
        {"{\"__metadata__\":{\"k\":\"v\"},\"a\":" ENTRY("U8", "[1]", "[0,1]") "}", 1, NULL},
        {"{\"\\u00e9\\n\":" ENTRY("U8", "[1]", "[0,1]") "}", 1, NULL},
    };
    CHECK_HEADERS(cases);
}

Test(safetensors, refuses_bad_json)
{
    static const struct header_case cases[] = {
        {"\xff", 0, "does not begin with '{'"},
        {"{\"\xff\":\"\"}", 0, "header, byte"},
        {"{\"\xc0\xaf\":\"\"}", 0, "header, byte"},
        {"{\"\\ud800\":\"\"}", 0, "header, byte"},
        {"{\"a\\u0000b\":\"\"}", 0, "header, byte"},
        {"{", 0, "ends before its last bracket"},
        {"{\"a", 0, "ends before its last bracket"},
        {"{\"a\\", 0, "ends before its last bracket"},
        {"{]", 0, "header, byte"},
        {"[]", 0, "does not begin with '{'"},
        {"null", 0, "does not begin with '{'"},
        {"{}x", 0, "nothing but spaces"},
        {"{}\n", 0, "nothing but spaces"},
        {"{}{}", 0, "nothing but spaces"},
        {" {}", 0, "does not begin with '{'"},
        {"\t{}", 0, "does not begin with '{'"},
        {"\n{}", 0, "does not begin with '{'"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate"},
        {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "duplicate"},
        {"{\"a\":[[[[]]]]}", 0, "nested too deep"},
        {"{\"a\":true}", 0, "expected a string, a bracket"},
    };
    CHECK_HEADERS(cases);
}

Test(safetensors, refuses_metadata_that_is_not_text)
{
    static const struct header_case cases[] = {
        {"{\"__metadata__\":{\"k\":0}}", 0, "\"k\" is not a string"},
        {"{\"__metadata__\":{\"k\":{}}}", 0, "\"k\" is not a string"},
        {"{\"__metadata__\":{\"k\":[\"v\"]}}", 0, "\"k\" is not a string"},
        {"{\"__metadata__\":{\"k\":null}}", 0, "expected a string, a bracket"},
        {"{\"__metadata__\":\"v\"}", 0, "is not an object"},
        {"{\"__metadata__\":[]}", 0, "is not an object"},
    };
    CHECK_HEADERS(cases);
}

Test(safetensors, refuses_numbers_that_are_not_whole)
{
    static const struct header_case cases[] = {
        {TENSOR("U8", "[1]", "[0,-1]"), 1, "whole number without sign"},
        {TENSOR("U8", "[1]", "[-0,1]"), 1, "whole number without sign"},
        {TENSOR("U8", "[1e3]", "[0,1000]"), 1000, "whole number without sign"},
        {TENSOR("U8", "[1.0]", "[0,1]"), 1, "whole number without sign"},
        {TENSOR("U8", "[+1]", "[0,1]"), 1, "whole number without sign"},
        {TENSOR("U8", "[01]", "[0,1]"), 1, "header, byte"},
        {TENSOR("U8", "[1]", "[\"0\",1]"), 1, "not two whole numbers"},
        {TENSOR("U8", "[\"1\"]", "[0,1]"), 1, "not an array of whole numbers"},
        {TENSOR("U8", "1", "[0,1]"), 1, "not an array of whole numbers"},
        {TENSOR("U8", "[1]", "1"), 1, "not two whole numbers"},
        {TENSOR("U8", "[1]", "[0,1,2]"), 1, "not two whole numbers"},
        {TENSOR("U8", "[1]", "[0,18446744073709551616]"), 1, "header, byte"},
        {TENSOR("U8", "[2,18446744073709551614]", "[0,16]"), 16, "header, byte"},
    };
    CHECK_HEADERS(cases);
}

Test(safetensors, refuses_shapes_and_types_that_do_not_fit)
{
    static const struct header_case cases[] = {
        {TENSOR("F32", "[4194305,4194305,211106198978564]", "[0,16]"), 16, "larger than any memory"},
        {TENSOR("F32", "[2,9223372036854775807]", "[0,16]"), 16, "larger than any memory"},
        {TENSOR("F32", "[1000000]", "[0,4]"), 4, "span 4 bytes; expected 4000000"},
        {TENSOR("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "rank 9; expected at most 8"},
        {TENSOR("f32", "[1]", "[0,4]"), 4, "unknown dtype \"f32\""},
        {TENSOR("F33", "[1]", "[0,4]"), 4, "unknown dtype \"F33\""},
        {TENSOR("F4", "[3]", "[0,2]"), 2, "does not fill whole bytes"},
        {TENSOR("F32", "[1]", "[4,0]"), 4, "end before they begin"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "exactly dtype, shape and data_offsets"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}", 1, "exactly dtype"},
        {"{\"a\":[]}", 0, "exactly dtype"},
    };
    CHECK_HEADERS(cases);
}

Test(safetensors, refuses_holes_overlaps_and_rests)
{
    static const struct header_case cases[] = {
        {TENSOR("U8", "[4]", "[4,8]"), 8, "unused bytes before it; expected it to begin at byte 0, got 4"},
        {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"b\":" ENTRY("U8", "[3]", "[5,8]") "}", 8, "unused bytes"},
        {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"b\":" ENTRY("U8", "[4]", "[0,4]") "}", 4,
         "\"b\": overlaps"},
        {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"b\":" ENTRY("U8", "[4]", "[3,7]") "}", 7, "overlaps"},
        {TENSOR("U8", "[4]", "[0,4]"), 5, "1 bytes after the last tensor"},
        {TENSOR("U8", "[4]", "[0,4]"), 2, "2 bytes are missing at its end; the file is truncated"},
        {"{}", 4, "4 bytes after the last tensor"},
        {TENSOR("U8", "[9000000000000000000]", "[0,9000000000000000000]"), 8, "larger than any memory"},
        {TENSOR("U8", "[1000000000000000000]", "[0,1000000000000000000]"), 8, "truncated"},
    };
    CHECK_HEADERS(cases);
}

Test(safetensors, checks_the_length_before_it_allocates)
{
    static const struct {
        uint64_t length;
        size_t have;
        const char *says;
    } cases[] = {
        {0, 0, "its header is empty"},
        {UINT64_MAX, 8, "at most 16 MiB"},
        {(uint64_t)1 << 63, 8, "at most 16 MiB"},
        {100000001, 8, "at most 16 MiB"},
        {9, 8, "expected 9 bytes, got 8; the file is truncated"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_error error;
        const scratch_text path = write_file(cases[i].length, "{      }", cases[i].have, 0);
        cr_expect_eq(try_open(path.text, &error), GM_BAD_MODEL);
        cr_expect(strstr(error.message, cases[i].says), "%s", error.message);
    }
}

Test(safetensors, names_files_of_another_kind)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"", 0, "empty"},
        {"1234567", 7, "shorter than 8 bytes"},
        {"\x1f\x8b\x08\0\0\0\0\0\0\x03rest", 14, "gzip"},
        {"PK\x03\x04\x14\0\0\0\x08\0rest", 14, "zip"},
        {"\x80\x02\x8a\nl\xfc\x9c\x46\xf9 rest", 14, "pickle"},
        {"\x80\x04\x95\x10\0\0\0\0\0\0\0rest", 15, "pickle"},
        {"<!DOCTYPE html><html>", 21, "web page"},
        {"version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS pointer"},
        {"\x93NUMPY\x01\0v\0{'descr'", 18, "NumPy"},
        {"{\"title\": \"x\"}", 14, "JSON"},
        {"int main(void)", 14, "expected a model (a safetensors file)"},
    };
    const scratch_text path = scratch_path("file");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gm_error error;
        scratch_write(path.text, cases[i].bytes, cases[i].size);
        cr_expect_eq(try_open(path.text, &error), GM_BAD_MODEL);
        cr_expect(strstr(error.message, cases[i].says), "%s", error.message);
    }
}

/* Many copies of a pattern between a beginning and an end, as a header. */
static void check_flood(const char *begin, const char *pattern, size_t count, const char *end,
                        const char *says)
{
    const size_t part = strlen(pattern), size = strlen(begin) + count * part + strlen(end);
    char *header = malloc(size + 1);
    char *to = stpcpy(header, begin);
    for (size_t i = 0; i < count; i++, to += part)
        memcpy(to, pattern, part);
    strcpy(to, end);
    gm_error error;
    const scratch_text path = write_file(size, header, size, 16);
    cr_expect_eq(try_open(path.text, &error), GM_BAD_MODEL);
    cr_expect(strstr(error.message, says), "%s", error.message);
    free(header);
}

Test(safetensors, stays_bounded_against_floods, .timeout = 60)
{
    check_flood("{\"a\":", "[", 100000, "", "nested too deep");
    check_flood("{\"a\":", "{\"a\":", 100000, "", "nested too deep");
    check_flood("{\"a\":[0", ",0", 100000, "]}", "exactly dtype");
    check_flood("{\"a\":{\"dtype\":\"U8\",\"shape\":[1", ",1", 100000, "],\"data_offsets\":[0,1]}}",
                "rank 100001");
    check_flood("{\"a\":[{}", ",{}", 5000000, "]}", "too many entries");
    check_flood("{\"a\":\"", "x", 99000000, "\"}", "at most 16 MiB");
}

Test(safetensors, refuses_ten_tensors_in_one_place_and_a_million_anywhere, .timeout = 60)
{
    static const size_t counts[] = {10, 100000, 1000000};
    static const char *const says[] = {"overlaps", "overlaps", "16 MiB"};
    for (size_t c = 0; c < 3; c++) {
        char *header = malloc(counts[c] * 80 + 8);
        char *to = stpcpy(header, "{");
        for (size_t i = 0; i < counts[c]; i++)
            to += sprintf(to, "%s\"t%zu\":" ENTRY("F32", "[2,2]", "[0,16]"), i > 0 ? "," : "", i);
        strcpy(to, "}");
        gm_error error;
        const scratch_text path = write_file(strlen(header), header, strlen(header), 16);
        cr_expect_eq(try_open(path.text, &error), GM_BAD_MODEL);
        cr_expect(strstr(error.message, says[c]), "%s", error.message);
        free(header);
    }
}

Test(safetensors, hostile_names_stay_on_one_line)
{
    gm_error error;
    char header[600] = "{\"\\u001b[2J\\n";
    memset(header + strlen(header), 'n', 500);
    strcat(header, "\":[]}");
    const scratch_text path = write_file(strlen(header), header, strlen(header), 0);
    cr_expect_eq(try_open(path.text, &error), GM_BAD_MODEL);
    cr_expect(strstr(error.message, "\"?[2J?nnn") && strstr(error.message, "nnn...\""), "%s", error.message);
}

Test(safetensors, a_file_that_shrinks_is_an_error_and_no_signal)
{
    static const char header[] = TENSOR("U8", "[5000]", "[0,5000]");
    static char data[5000];
    gm_error error = {0};
    gm_safetensors file;
    const scratch_text path = write_file(sizeof header - 1, header, sizeof header - 1, sizeof data);
    cr_assert_eq(gm_safetensors_open(&file, path.text, "a model", &error), GM_OK, "%s", error.message);
    cr_assert_eq(truncate(path.text, 200), 0);
    cr_expect_eq(gm_safetensors_read_data(&file, data, &error), GM_IO);
    cr_expect(strstr(error.message, "cut while being read"), "%s", error.message);
    gm_safetensors_close(&file);
}

Test(safetensors, folders_pipes_and_missing_files_are_io_errors)
{
    gm_error error;
    const scratch_text pipe = scratch_path("pipe"), missing = scratch_path("missing");
    cr_assert_eq(mkfifo(pipe.text, 0600), 0);
    cr_expect_eq(try_open(scratch, &error), GM_IO);
    cr_expect(strstr(error.message, "is a directory"), "%s", error.message);
    cr_expect_eq(try_open(pipe.text, &error), GM_IO);
    cr_expect(strstr(error.message, "regular file"), "%s", error.message);
    cr_expect_eq(try_open("/dev/null", &error), GM_IO);
    cr_expect(strstr(error.message, "regular file"), "%s", error.message);
    cr_expect_eq(try_open(missing.text, &error), GM_IO);
    cr_expect(strstr(error.message, "No such file"), "%s", error.message);
}

Test(safetensors, a_file_without_tensors_is_no_model)
{
    gm_model model;
    gm_error error = {0};
    const scratch_text path = write_file(2, "{}", 2, 0);
    cr_expect_eq(gm_model_load(&model, path.text, &error), GM_BAD_MODEL);
    cr_expect(strstr(error.message, "holds no tensors"), "%s", error.message);
}
