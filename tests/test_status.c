/* Tests error messages that are too long: the middle of a path is cut out, never the reason behind it. */
#include <criterion/criterion.h>

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* "begin" + `length` letters + "end", to be freed. */
static char *long_path(size_t length)
{
    char *path = malloc(length + sizeof "beginend");
    cr_assert_not_null(path);
    memcpy(path, "begin", 5);
    memset(path + 5, 'p', length);
    memcpy(path + 5 + length, "end", 4);
    return path;
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

Test(status, a_message_that_fits_is_untouched)
{
    gm_error error;
    char *path = long_path(sizeof error.message - 1 - strlen("beginend: reason"));
    cr_expect_eq(gm_fail(&error, GM_IO, "%s: reason", path), GM_IO);
    cr_expect_eq(strlen(error.message), sizeof error.message - 1);
    cr_expect_null(strstr(error.message, "..."));
    cr_expect_eq(gm_fail(NULL, GM_IO, "%s: reason", path), GM_IO);
    free(path);
}

Test(status, a_long_path_loses_its_middle_and_the_reason_stays)
{
    static const size_t lengths[] = {985, 986, 1000, 1246, 5000, 200000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        gm_error error;
        char *path = long_path(lengths[i]);
        gm_fail(&error, GM_IO, "%s: cannot open: No such file or directory", path);
        cr_expect_eq(strncmp(error.message, "beginp", 6), 0);
        cr_expect(strstr(error.message, "p...p"));
        cr_expect(ends_with(error.message, "pend: cannot open: No such file or directory"), "%s",
                  error.message);
        cr_expect_eq(strlen(error.message), sizeof error.message - 1);
        free(path);
    }
}

Test(status, two_long_paths_lose_their_middles_both)
{
    gm_error error;
    char *path = long_path(3000);
    gm_fail(&error, GM_USAGE, "%s: the same file as %s; left alone", path, path);
    cr_expect(strstr(error.message, "pend: the same file as beginp"), "%s", error.message);
    cr_expect(ends_with(error.message, "pend; left alone"));
    free(path);
}

Test(status, a_long_text_of_short_words_is_cut_in_its_middle)
{
    gm_error error;
    char words[4001] = "";
    for (size_t i = 0; i + 1 < sizeof words; i += 2)
        memcpy(words + i, "w ", 2);
    gm_fail(&error, GM_USAGE, "first %slast", words);
    cr_expect_eq(strncmp(error.message, "first ", 6), 0);
    cr_expect(strstr(error.message, "..."));
    cr_expect(ends_with(error.message, " last"));
}

Test(status, no_character_is_divided)
{
    for (size_t shift = 0; shift < 3; shift++) {
        gm_error error;
        char text[3 * 1000 + 4] = "ab";
        for (size_t i = 0; i < 1000; i++)
            memcpy(text + shift + 3 * i, "\xe2\x82\xac", 4); /* the euro sign, three bytes */
        gm_fail(&error, GM_IO, "%s: reason", text);
        const char *cut = strstr(error.message, "...");
        cr_assert_not_null(cut);
        cr_expect_eq((size_t)(cut - error.message - (ptrdiff_t)shift) % 3, 0);
        cr_expect_eq(strncmp(cut + 3, "\xe2\x82\xac", 3), 0);
        cr_expect(ends_with(error.message, "\xac: reason"));
    }
}
