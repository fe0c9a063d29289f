/* Tests temporary files and locks if another user has created a file or link of that name before: it is
 * neither written nor followed. */
#include "model/held.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

TestSuite(held, .init = scratch_make, .fini = scratch_remove);

/* Replaces the function of the C library. If the random tag is known, the test can create the file of that
 * name first. */
static bool guessable;

int getentropy(void *buffer, size_t length)
{
    if (!guessable)
        return getrandom(buffer, length, 0) == (ssize_t)length ? 0 : -1;
    memset(buffer, 0x5a, length);
    return 0;
}

#define PLANTED ".gradmill-5a5a5a5a5a5a5a5a.tmp"

static int open_folder(void)
{
    const int folder = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(folder, 0);
    guessable = true;
    return folder;
}

static void expect_contents(const char *name, const char *expected)
{
    size_t size;
    char *data = scratch_read(scratch_path(name).text, &size);
    cr_expect_str_eq(data, expected, "%s", name);
    free(data);
}

static bool is_there(const char *name)
{
    struct stat about;
    return lstat(scratch_path(name).text, &about) == 0;
}

Test(held, a_name_that_can_be_guessed_is_the_planted_one)
{
    gm_held_name name;
    const int folder = open_folder(), fd = gm_held_create(folder, 0600, &name);
    cr_assert_geq(fd, 0);
    cr_expect_str_eq(name.text, PLANTED);
    close(fd);
    close(folder);
}

Test(held, a_planted_file_is_not_written)
{
    gm_held_name name;
    const int folder = open_folder();
    scratch_write(scratch_path(PLANTED).text, "theirs", 6);
    errno = 0;
    cr_expect_lt(gm_held_create(folder, 0600, &name), 0);
    cr_expect_eq(errno, EEXIST);
    expect_contents(PLANTED, "theirs");
    close(folder);
}

Test(held, a_planted_link_is_not_followed)
{
    gm_held_name name;
    const int folder = open_folder();
    cr_assert_eq(symlink("nowhere", scratch_path(PLANTED).text), 0);
    cr_expect_lt(gm_held_create(folder, 0600, &name), 0);
    cr_expect_not(is_there("nowhere"));
    scratch_write(scratch_path("nowhere").text, "theirs", 6);
    cr_expect_lt(gm_held_create(folder, 0600, &name), 0);
    expect_contents("nowhere", "theirs");
    close(folder);
}

Test(held, a_planted_lock_is_not_followed)
{
    gm_held_name name;
    int fd = -1;
    long owner;
    const int folder = open_folder();
    cr_assert_eq(gm_held_lock(folder, "model", &name, &fd, &owner), GM_HELD);
    close(fd);
    unlink(scratch_path(name.text).text);
    cr_assert_eq(symlink("nowhere", scratch_path(name.text).text), 0);
    fd = -1;
    cr_expect_eq(gm_held_lock(folder, "model", &name, &fd, &owner), GM_HELD_FAILED);
    cr_expect_eq(errno, ELOOP);
    cr_expect_lt(fd, 0);
    cr_expect_not(is_there("nowhere"));
    close(folder);
}
