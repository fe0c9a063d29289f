/* Tests a lack of memory within jansson: each of its allocations fails once. The reader must report that
 * memory ran out, and not a mistake in the text. */
#include <criterion/criterion.h>

#include "base/kernel_text.h"
#include "model/json_load.h"
#include "model/json_reader.h"
#include "model/strict_json.h"
#include "sanitized.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t until_failure; /* allocations that still succeed */

static void *allocate(size_t size)
{
    if (until_failure == 0) {
        errno = ENOMEM;
        return NULL;
    }
    until_failure--;
    return malloc(size);
}

/* No token is longer than the scanner's first buffer. If that buffer cannot grow, jansson writes beyond it;
 * json_load.c prevents this by checking the memory first. */
static const char text[] = "{\"a\": [1, 2, [\"b\"]], \"c\": {}}";

typedef gm_status read_text(json_t **root);

static gm_status read_strictly(json_t **root)
{
    gm_json_reason reason = {""};
    const gm_status status = gm_strict_json(root, text, strlen(text), 4, &reason);
    cr_expect(status == GM_OK || strstr(reason.text, "no memory"), "%s", reason.text);
    return status;
}

static gm_status read_freely(json_t **root)
{
    gm_error error = {0};
    const gm_json_source from = {"example.json", GM_BAD_DATA, &error};
    const gm_status status = gm_json_parse(&from, text, strlen(text), root);
    cr_expect(status == GM_OK || strstr(error.message, "no memory"), "%s", error.message);
    return status;
}

static void fail_each_allocation(read_text *read)
{
    json_t *root = NULL;
    gm_status status = GM_LIMIT;
    size_t n = 0;
    json_set_alloc_funcs(allocate, free);
    for (; status != GM_OK && n < 1000; n++) {
        until_failure = n;
        status = read(&root);
        cr_assert(status == GM_OK || (status == GM_LIMIT && !root), "allocation %zu: status %d", n, status);
    }
    until_failure = SIZE_MAX;
    cr_expect_gt(n, 10);
    cr_expect_eq(json_object_size(root), 2);
    json_decref(root);
    json_set_alloc_funcs(malloc, free);
}

Test(json, strict_reader_without_memory)
{
    fail_each_allocation(read_strictly);
}

Test(json, reader_of_examples_without_memory)
{
    fail_each_allocation(read_freely);
}

/* A wrong text is reported as wrong, whatever errno was before. */
Test(json, wrong_texts)
{
    json_t *root;
    gm_json_reason reason = {""};
    errno = ENOMEM;
    cr_expect_eq(gm_strict_json(&root, "{\"a\" 1}", 7, 4, &reason), GM_BAD_MODEL);
    cr_expect_null(root);
}

/* A long text of few values needs little memory: 64 MiB are enough for one of 1 MiB. */
Test(json, memory_goes_by_the_length_and_by_the_values)
{
    enum { LENGTH = 1 << 20 };
    static char text_of_one[LENGTH];
    char statm[64];
    uint64_t pages;
    struct rlimit limit;
    json_t *root;
    json_error_t wrong;
    if (SANITIZED)
        cr_skip_test("AddressSanitizer reserves more addresses than the limit of this test");
    memset(text_of_one, 'a', LENGTH);
    memcpy(text_of_one, "[\"", 2);
    memcpy(text_of_one + LENGTH - 2, "\"]", 2);
    cr_assert(gm_kernel_read("/proc/self/statm", statm, sizeof statm) && gm_kernel_number(statm, &pages));
    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)64 << 20);
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    cr_assert_eq(gm_json_load(&root, text_of_one, LENGTH, 2, &wrong), GM_OK);
    cr_expect_eq(json_string_length(json_array_get(root, 0)), LENGTH - 4);
    json_decref(root);
}
