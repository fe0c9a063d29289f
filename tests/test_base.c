/* Tests src/base: random numbers against an independent implementation (fixtures/make_init_fixture.py) and by
 * their statistics; numbers as text; aligned memory. */
#include <criterion/criterion.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/number.h"
#include "base/random.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/write.h"
#include "scratch.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first outputs from the state 1 2 3 4 are those of the authors' own code. */
Test(base, xoshiro_reference_outputs)
{
    static const uint64_t expected[] = {
        41943041U,           58720359U, 3588806011781223U, 3591011842654386U, 9228616714210784205U,
        9973669472204895162U};
    gm_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_expect_eq(gm_random_next(&random), expected[i], "output %zu", i);
}

Test(base, seeded_numbers)
{
    static const uint64_t expected[] = {8595381518002021294U, 4147127447636792916U, 1170913208685902323U,
                                        15254176426057273731U};
    static const double uniforms[] = {0.46595656575797717, 0.2248162294151037, 0.06347533223246138};
    static const double normals[] = {-0.18854359068068843, 0.16326758036101988, 0.072207650669862};
    gm_random next = gm_random_seed(42, GM_STREAM_WEIGHTS), uniform = next, normal = next;
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(gm_random_next(&next), expected[i]);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(gm_random_uniform(&uniform), uniforms[i]);
        cr_expect_lt(fabs(gm_random_normal(&normal) - normals[i]), 1e-15); /* another library's logarithm */
    }
}

Test(base, seeds_and_streams_differ)
{
    const uint64_t seeds[] = {0, 1, 2, UINT64_MAX};
    uint64_t seen[16];
    size_t count = 0;
    for (size_t s = 0; s < 4; s++) {
        for (uint64_t stream = 1; stream <= 4; stream++) {
            gm_random random = gm_random_seed(seeds[s], stream);
            seen[count++] = gm_random_next(&random);
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            cr_expect_neq(seen[i], seen[j]);
    }
}

/* Chi squared with 9 degrees of freedom: above 33.7 once in 10,000 times. */
Test(base, below_is_even)
{
    enum { DRAWS = 100000 };
    size_t hits[10] = {0};
    gm_random random = gm_random_seed(3, 1);
    for (int i = 0; i < DRAWS; i++) {
        const uint64_t x = gm_random_below(&random, 10);
        cr_assert_lt(x, 10);
        hits[x]++;
    }
    double chi2 = 0;
    for (size_t i = 0; i < 10; i++)
        chi2 += pow((double)hits[i] - DRAWS / 10.0, 2) / (DRAWS / 10.0);
    cr_expect_lt(chi2, 33.7);
    cr_expect_eq(gm_random_below(&random, 1), 0);
    for (int i = 0; i < 100; i++) /* half of all numbers are drawn again here */
        cr_expect_lt(gm_random_below(&random, (UINT64_C(1) << 63) + 1), (UINT64_C(1) << 63) + 1);
}

/* Mean and variance of 200,000 draws, within five deviations of each. */
Test(base, moments)
{
    enum { DRAWS = 200000 };
    gm_random random = gm_random_seed(5, 1);
    double u1 = 0, u2 = 0, n1 = 0, n2 = 0, n4 = 0;
    for (int i = 0; i < DRAWS; i++) {
        const double u = gm_random_uniform(&random), n = gm_random_normal(&random);
        cr_assert(u >= 0 && u < 1);
        u1 += u / DRAWS;
        u2 += (u - 0.5) * (u - 0.5) / DRAWS;
        n1 += n / DRAWS;
        n2 += n * n / DRAWS;
        n4 += n * n * n * n / DRAWS;
    }
    const double root = sqrt(DRAWS);
    cr_expect_float_eq(u1, 0.5, 5 * sqrt(1 / 12.0) / root);
    cr_expect_float_eq(u2, 1 / 12.0, 5 * sqrt(1 / 180.0) / root);
    cr_expect_float_eq(n1, 0, 5 / root);
    cr_expect_float_eq(n2, 1, 5 * sqrt(2) / root);
    cr_expect_float_eq(n4, 3, 5 * sqrt(96) / root);
}

/* Every permutation of four comes equally often: chi squared with 23 degrees of freedom. */
Test(base, shuffle_is_even)
{
    enum { DRAWS = 48000 };
    size_t hits[256] = {0};
    gm_random random = gm_random_seed(9, GM_STREAM_SHUFFLE);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t items[] = {0, 1, 2, 3};
        gm_random_shuffle(&random, items, 4);
        cr_assert_eq((1U << items[0]) + (1U << items[1]) + (1U << items[2]) + (1U << items[3]), 15);
        hits[items[0] * 64 + items[1] * 16 + items[2] * 4 + items[3]]++;
    }
    double chi2 = 0;
    size_t kinds = 0;
    for (size_t i = 0; i < 256; i++) {
        kinds += hits[i] > 0;
        chi2 += hits[i] ? pow((double)hits[i] - DRAWS / 24.0, 2) / (DRAWS / 24.0) : 0;
    }
    cr_expect_eq(kinds, 24);
    cr_expect_lt(chi2, 56);
    gm_random_shuffle(&random, NULL, 0);
}

Test(base, numbers_that_are_read)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0", 0},
        {"-0", -0.0},
        {"1", 1},
        {"+1", 1},
        {"-1.5", -1.5},
        {".5", .5},
        {"5.", 5},
        {"1e3", 1e3},
        {"1E-3", 1e-3},
        {"1e-400", 0},
        {"4.9e-324", 4.9406564584124654e-324},
        {"0.1", 0.1},
        {"00012", 12},
        {"1.7976931348623157e308", 1.7976931348623157e308},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = NAN;
        cr_expect(gm_parse_double(rows[i].text, strlen(rows[i].text), &value), "%s", rows[i].text);
        cr_expect_eq(value, rows[i].value, "%s", rows[i].text);
    }
    double value;
    cr_expect(gm_parse_double("12,5", 2, &value) && value == 12, "the length counts, not the terminator");
}

Test(base, numbers_that_are_refused)
{
    static const char *const rows[] = {"",         " ",     " 1",    "1 ",  "nan", "NaN", "inf", "-inf",
                                       "infinity", "0x10",  "1e400", "1_0", "1,5", "1e",  "e5",  "--1",
                                       "1.2.3",    "1e5.5", "+",     ".",   "-",   "1f"};
    double value;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_not(gm_parse_double(rows[i], strlen(rows[i]), &value), "'%s'", rows[i]);
    char longest[500];
    memset(longest, '1', sizeof longest);
    cr_expect_not(gm_parse_double(longest, sizeof longest, &value), "500 digits");
    cr_expect_not(gm_parse_double("1\0", 2, &value), "a NUL byte");
}

Test(base, whole_numbers)
{
    uint64_t value = 0;
    cr_expect(gm_parse_u64("0", &value) && value == 0);
    cr_expect(gm_parse_u64("18446744073709551615", &value) && value == UINT64_MAX);
    static const char *const refused[] = {
        "", "-1", "+1", " 1", "1 ", "18446744073709551616", "99999999999999999999", "0x1", "1e3", "abc"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_expect_not(gm_parse_u64(refused[i], &value), "'%s'", refused[i]);
}

Test(base, numbers_go_to_text_and_back)
{
    gm_random random = gm_random_seed(1, GM_STREAM_CHECK);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = gm_random_next(&random);
        double value, again = 0;
        char text[64];
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        gm_format_shortest(text, sizeof text, value);
        cr_expect(gm_parse_double(text, strlen(text), &again) && again == value, "%s", text);
    }
}

Test(base, formats)
{
    char text[64];
    cr_expect_str_eq(gm_format_shortest(text, sizeof text, 0.05), "0.05");
    cr_expect_str_eq(gm_format_shortest(text, sizeof text, 0.39249999999999996), "0.39249999999999996");
    cr_expect_str_eq(gm_format_double(text, sizeof text, 1.0 / 3, 4), "0.3333");
    static const struct {
        size_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 B"},
        {640, "640 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1572864, "1.5 MiB"},
        {10240, "10 KiB"},
        {(size_t)31 << 30, "31 GiB"},
        {SIZE_MAX, "16 EiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(gm_format_bytes(text, sizeof text, rows[i].bytes), rows[i].text);
}

Test(base, grouped_numbers)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } rows[] = {
        {0, 0, "0"},
        {9999, 0, "9999"},
        {10000, 0, "10,000"},
        {-1234567.891, 2, "-1,234,567.89"},
        {1234.5, 2, "1234.50"},
        {NAN, 1, ""},
        {1e15, 0, "1e+15"},
        {INFINITY, 0, "inf"},
        {999999999999999, 0, "999,999,999,999,999"},
    };
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(gm_format_grouped(text, sizeof text, rows[i].value, rows[i].decimals), rows[i].text);
}

static size_t count_of(const char *bytes, size_t size, char wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += bytes[i] == wanted;
    return count;
}

/* Nothing is written beyond the end of a buffer, however small it is; what is in it has an end. */
Test(base, numbers_in_small_buffers)
{
    static const double values[] = {0, -1234567.891, 0.1, 1e300, -1e-300, NAN, INFINITY, 999999999999999};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (size_t size = 1; size < 24; size++) {
            char text[64];
            for (int kind = 0; kind < 4; kind++) {
                memset(text, '#', sizeof text);
                if (kind == 0)
                    gm_format_grouped(text, size, values[i], 3);
                else if (kind == 1)
                    gm_format_grouped(text, size, values[i], 0);
                else if (kind == 2)
                    gm_format_double(text, size, values[i], 17);
                else
                    gm_format_bytes(text, size, (size_t)(1000 << i));
                cr_expect_not_null(memchr(text, '\0', size), "kind %d of %g in %zu bytes", kind, values[i],
                                   size);
                cr_expect_eq(count_of(text + size, sizeof text - size, '#'), sizeof text - size,
                             "kind %d of %g in %zu bytes", kind, values[i], size);
            }
        }
    }
}

Test(base, short_numbers)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"}, {0.012345, "0.0123"}, {1.5, "1.5"}, {98.76, "98.8"}, {999.6, "1000"}, {12345.6, "12,346"},
    };
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(gm_format_short(text, sizeof text, rows[i].value), rows[i].text);
}

Test(base, numbers_in_a_locale_with_a_decimal_comma)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        cr_skip("no locale with a decimal comma is installed");
    char text[64];
    double value = 0;
    cr_expect(gm_parse_double("1.5", 3, &value) && value == 1.5);
    cr_expect_not(gm_parse_double("1,5", 3, &value));
    cr_expect_str_eq(gm_format_double(text, sizeof text, 1.5, 17), "1.5");
    cr_expect_str_eq(gm_format_bytes(text, sizeof text, 1572864), "1.5 MiB");
    cr_expect_str_eq(gm_format_grouped(text, sizeof text, 12345.5, 1), "12,345.5");
}

Test(base, memory_is_aligned_and_zero)
{
    static const size_t sizes[] = {
        0, 1, 63, 64, 65, 4096, ((size_t)4 << 20) - 1, (size_t)4 << 20, ((size_t)5 << 20) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *memory = gm_alloc(sizes[i], 1);
        cr_assert_not_null(memory, "%zu bytes", sizes[i]);
        cr_expect_eq((uintptr_t)memory % GM_ALIGNMENT, 0);
        size_t set = 0;
        for (size_t b = 0; b < sizes[i]; b++)
            set += memory[b] != 0;
        cr_expect_eq(set, 0, "%zu bytes: %zu are not 0", sizes[i], set);
        gm_free(memory);
    }
    gm_free(NULL);
}

Test(base, sizes_that_overflow)
{
    size_t result;
    cr_expect_null(gm_alloc(SIZE_MAX, 2));
    cr_expect_null(gm_alloc(SIZE_MAX, 1), "rounding up must not wrap around");
    cr_expect_null(gm_alloc((size_t)1 << 60, 8));
    cr_expect_not(gm_mul(SIZE_MAX / 2 + 1, 2, &result));
    cr_expect_not(gm_add(SIZE_MAX, 1, &result));
    cr_expect(gm_mul(SIZE_MAX / 2, 2, &result) && result == SIZE_MAX - 1);
}

/* Each kind of slip, the limit of a third, and names that are not near anything. */
Test(base, suggestions)
{
    static const char *const names[] = {"sgd",  "momentum", NULL,   "adam",     "adamw",
                                        "relu", "softmax",  "tanh", "optimizer"};
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        {"optimiser", "optimizer"}, /* replaced */
        {"momentm", "momentum"},    /* removed */
        {"reluu", "relu"},          /* inserted */
        {"adma", "adam"},           /* exchanged with its neighbour: one slip, not two */
        {"ADAM", "adam"},           /* case does not count */
        {"adamw", "adamw"},         /* the name itself comes before its neighbour */
        {"mom", "momentum"},        /* a beginning */
        {"mo", NULL},               /* too short a beginning */
        {"sofmx", NULL},            /* two of five letters are wrong: more than a third */
        {"softmx", "softmax"},      /* one of six */
        {"xyz", NULL},
        {"x", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = gm_suggest(cases[i].typed, names, sizeof names / sizeof *names);
        if (cases[i].meant)
            cr_expect(found && strcmp(found, cases[i].meant) == 0, "%s: got %s", cases[i].typed,
                      found ? found : "nothing");
        else
            cr_expect_null(found, "%s: got %s", cases[i].typed, found);
    }
    cr_expect_null(gm_suggest("a", names, 0));
    cr_expect_str_eq(gm_did_you_mean("adam").text, "; did you mean adam?");
    cr_expect_str_eq(gm_did_you_mean(NULL).text, "");
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    cr_expect_null(gm_suggest(longest, names, sizeof names / sizeof *names));
}

/* Texts and names of up to 64 letters are compared; from 65 on there is no suggestion, however near they are.
 */
Test(base, suggestions_for_long_texts)
{
    char texts[4][67];
    for (size_t i = 0; i < 4; i++) {
        memset(texts[i], 'a', 63 + i);
        texts[i][63 + i] = '\0';
    }
    const char *const names[] = {texts[1]}, *const long_names[] = {texts[2]};
    cr_expect_eq(gm_suggest(texts[0], names, 1), names[0]);
    cr_expect_eq(gm_suggest(texts[1], names, 1), names[0]);
    cr_expect_null(gm_suggest(texts[2], names, 1));
    cr_expect_null(gm_suggest(texts[1], long_names, 1));
}

Test(base, separator_of_widths)
{
    static const char *const cases[][2] = {{"784,128,10", ","}, {"784x128x10", "x"}, {"784-128-10", "-"},
                                           {"784", ","},        {"4,-1,3", ","},     {"4x5-3", "x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(gm_widths_separator(cases[i][0]), cases[i][1], "%s", cases[i][0]);
}

static void touch(const char *name)
{
    const scratch_text path = scratch_path(name);
    scratch_write(path.text, "x", 1);
}

static gm_status fail_open(const char *name, int reason, gm_error *error)
{
    const scratch_text path = scratch_path(name);
    errno = reason;
    return gm_fail_open(error, path.text);
}

Test(base, a_file_that_is_not_there_has_a_neighbour, .init = scratch_make, .fini = scratch_remove)
{
    gm_error error;
    touch("train.csv");
    touch("valid.csv");
    touch("bad\nname.csv");
    touch(".train.cvs"); /* hidden: nobody typed that */
    cr_expect_eq(fail_open("train.cvs", ENOENT, &error), GM_IO);
    cr_expect_not_null(
        strstr(error.message, "train.cvs: cannot open: No such file or directory; did you mean "));
    cr_expect_not_null(strstr(error.message, "/train.csv?"), "%s", error.message);
    cr_expect_eq(fail_open("val", ENOENT, &error), GM_IO);
    cr_expect_not_null(strstr(error.message, "/valid.csv?"), "%s", error.message);
    cr_expect_eq(fail_open("something", ENOENT, &error), GM_IO);
    cr_expect_null(strstr(error.message, "did you mean"), "%s", error.message);
    cr_expect_eq(fail_open("badname.csv", ENOENT, &error), GM_IO);
    cr_expect_null(strchr(error.message, '\n'));
    cr_expect_eq(fail_open("train.cvs", EACCES, &error), GM_IO);
    cr_expect_null(strstr(error.message, "did you mean"), "%s", error.message);
    cr_expect_eq(fail_open("none/train.cvs", ENOENT, &error), GM_IO);
    cr_expect_null(strstr(error.message, "did you mean"), "%s", error.message);
}

/* Enough for the memory to grow several times. */
Test(base, a_text_is_all_that_was_written)
{
    enum { LINES = 20000 };
    gm_text text = {0};
    char line[32];
    FILE *out = gm_text_open(&text);
    cr_assert_not_null(out);
    for (int i = 0; i < LINES; i++)
        fprintf(out, "%08d\n", i);
    cr_assert_eq(fclose(out), 0);
    cr_assert_eq(text.size, 9 * LINES);
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%08d\n", i);
        cr_assert_eq(memcmp(text.data + 9 * i, line, 9), 0, "line %d", i);
    }
    gm_text_clear(&text);
    cr_expect_null(text.data);
}

/* What does not fit is an error of fclose, even if later writes would fit again. */
Test(base, a_text_that_does_not_fit_is_an_error)
{
    gm_text text = {.size = SIZE_MAX - 2, .capacity = SIZE_MAX - 2};
    FILE *out = gm_text_open(&text);
    cr_assert_not_null(out);
    fputs("abcd", out);
    fflush(out);
    cr_expect(text.failed);
    cr_expect_neq(fclose(out), 0);
    cr_expect_eq(text.size, SIZE_MAX - 2);
}

static const char *greek(size_t index)
{
    static const char *const words[] = {"alpha", "beta", "gamma"};
    return index < GM_ROWS(words) ? words[index] : NULL;
}

Test(base, names_are_found_in_words_rows_and_lists)
{
    static const char *const words[] = {"alpha", "beta", "gamma"};
    static const struct {
        double value;
        const char *name; /* not the first member, so that its place in the row counts */
        int other;
    } rows[] = {{1, "one", 7}, {2, "two", 8}};
    cr_expect_eq(GM_FIND_WORD(words, "alpha"), 0);
    cr_expect_eq(GM_FIND_WORD(words, "gamma"), 2);
    cr_expect_eq(GM_FIND_WORD(words, "gam"), 3);
    cr_expect_str_eq(GM_WORD_AT(words, 2), "gamma");
    cr_expect_str_eq(GM_WORD_AT(words, 3), "unknown");
    cr_expect_str_eq(GM_WORD_AT(words, -1), "unknown");
    cr_expect_eq(GM_FIND_ROW(rows, "two"), 1);
    cr_expect_eq(GM_FIND_ROW(rows, "three"), 2);
    cr_expect_str_eq(GM_ROW_NAME(rows, 1), "two");
    cr_expect_str_eq(GM_ROW_NAME(rows, 2), "unknown");
    cr_expect_eq(gm_find_listed(greek, "beta"), 1);
    cr_expect_eq(gm_find_listed(greek, "delta"), 3);
}

/* A system that takes few bytes at a time: two, then a signal, two again, and then as `end` says. */
static char taken[8];
static size_t taken_size;
static int calls, end;

static ssize_t take_few(int fd, const void *data, size_t size)
{
    cr_assert_eq(fd, 5);
    if (++calls == 2) {
        errno = EINTR;
        return -1;
    }
    if (calls > 3 && end <= 0) {
        errno = ENOSPC;
        return end;
    }
    const size_t count = size < 2 ? size : 2;
    memcpy(taken + taken_size, data, count);
    taken_size += count;
    return (ssize_t)count;
}

Test(base, a_buffer_is_written_whole_or_not_at_all)
{
    static const struct {
        int end;
        bool whole;
        int reason; /* errno */
    } cases[] = {{1, true, 0}, {-1, false, ENOSPC}, {0, false, EIO}};
    for (size_t i = 0; i < GM_ROWS(cases); i++) {
        taken_size = 0;
        calls = 0;
        end = cases[i].end;
        cr_expect_eq(gm_write_all(take_few, 5, "gradmil", 7), cases[i].whole);
        if (cases[i].whole)
            cr_expect_eq(memcmp(taken, "gradmil", 7), 0);
        else
            cr_expect_eq(errno, cases[i].reason);
    }
    cr_expect(gm_write_all(take_few, 5, "", 0));
}
