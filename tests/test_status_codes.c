/* Tests the text of each status, and that its number is the exit code that the manual documents. */
#include "base/error.h"

#include <criterion/criterion.h>
#include <string.h>

Test(status_codes, every_status_has_a_text_of_its_own)
{
    for (int i = GM_OK; i <= GM_CHECK; i++) {
        const char *text = gm_status_text((gm_status)i);
        cr_expect_str_not_empty(text);
        cr_expect_str_neq(text, "unknown status", "status %d", i);
        for (int j = GM_OK; j < i; j++)
            cr_expect_str_neq(text, gm_status_text((gm_status)j), "statuses %d and %d", i, j);
    }
    cr_expect_str_eq(gm_status_text((gm_status)(GM_CHECK + 1)), "unknown status");
    cr_expect_str_eq(gm_status_text((gm_status)-1), "unknown status");
}

/* Scripts compare these numbers. */
Test(status_codes, values_are_the_exit_codes)
{
    static const struct {
        gm_status status;
        int code;
        const char *word;
    } codes[] = {{GM_OK, 0, "done"},       {GM_UNEXPECTED, 1, "unexpected"}, {GM_USAGE, 2, "use"},
                 {GM_BAD_DATA, 3, "data"}, {GM_BAD_MODEL, 4, "model"},       {GM_IO, 5, "input/output"},
                 {GM_LIMIT, 6, "memory"},  {GM_DIVERGED, 7, "diverged"},     {GM_CHECK, 8, "check"}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        cr_expect_eq((int)codes[i].status, codes[i].code);
        cr_expect_not_null(strstr(gm_status_text(codes[i].status), codes[i].word), "%s", codes[i].word);
    }
}

Test(status_codes, a_failure_is_written_where_it_is_wanted)
{
    gm_error error = {0};
    cr_expect_eq(gm_fail(NULL, GM_IO, "%s", "nobody reads this"), GM_IO);
    cr_expect_eq(gm_fail(&error, GM_BAD_DATA, "%s:%d: %s", "file", 3, "what"), GM_BAD_DATA);
    cr_expect_eq(error.status, GM_BAD_DATA);
    cr_expect_str_eq(error.message, "file:3: what");
    cr_expect_eq(gm_fail_memory(&error, "the table", 3 << 20), GM_LIMIT);
    cr_expect_eq(error.status, GM_LIMIT);
    cr_expect_str_eq(error.message, "no memory for the table; needed 3 MiB");
}
