/* Tests durable writing: after any failure the old file is complete, and no other file is left. */
#include "model/durable.h"
#include "model/file_kind.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(durable, .init = scratch_make, .fini = scratch_remove);

/* Takes the place of the C library's function in this program, and remembers the mode that was there before.
 */
static mode_t mode_before = (mode_t)-1;

int fchmod(int fd, mode_t mode)
{
    struct stat about;
    if (fstat(fd, &about) == 0)
        mode_before = about.st_mode & 07777;
    return (int)syscall(SYS_fchmod, fd, mode);
}

/* System calls that fail on demand, and record the calls: one letter for each. */
static char calls_made[64];
static size_t fail_at; /* the call that fails, from 1; 0: none */
static int fail_with;
static size_t write_at_most;

static bool called(char letter)
{
    const size_t n = strlen(calls_made);
    cr_assert_lt(n + 1, sizeof calls_made);
    calls_made[n] = letter;
    if (n + 1 != fail_at)
        return false;
    errno = fail_with;
    return true;
}

static ssize_t watched_write(int fd, const void *data, size_t size)
{
    if (called('w'))
        return -1;
    return write(fd, data, write_at_most > 0 && size > write_at_most ? write_at_most : size);
}

static int watched_fsync(int fd)
{
    struct stat about;
    fstat(fd, &about);
    return called(S_ISDIR(about.st_mode) ? 'd' : 'f') ? -1 : fsync(fd);
}

static int watched_close(int fd)
{
    const bool fails = called('c'); /* the system closes the file even if it reports an error */
    const int reason = errno;
    close(fd);
    errno = reason;
    return fails ? -1 : 0;
}

static int watched_rename(int from_folder, const char *from, int to_folder, const char *to)
{
    return called('r') ? -1 : renameat(from_folder, from, to_folder, to);
}

static const gm_durable_calls watched = {watched_write, watched_fsync, watched_close, watched_rename};

static const gm_buffer new_parts[] = {{"new ", 4}, {"", 0}, {"contents", 8}};

static gm_status write_new(const char *path, gm_error *error)
{
    memset(calls_made, 0, sizeof calls_made);
    *error = (gm_error){0};
    return gm_durable_write(&watched, path, NULL, new_parts, 3, error);
}

static void expect_contents(const char *path, const char *expected)
{
    size_t size;
    char *data = scratch_read(path, &size);
    cr_expect_str_eq(data, expected);
    free(data);
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    cr_assert_eq(stat(path, &about), 0);
    return about.st_mode & 07777;
}

Test(durable, writes_syncs_closes_renames_and_syncs_the_folder)
{
    gm_error error;
    const scratch_text path = scratch_path("file");
    cr_assert_eq(write_new(path.text, &error), GM_OK, "%s", error.message);
    cr_expect_str_eq(calls_made, "wwfcrd");
    expect_contents(path.text, "new contents");
    cr_expect_eq(scratch_count(scratch), 1);
}

Test(durable, any_failing_call_leaves_one_whole_file)
{
    static const char sequence[] = "wwfcrd";
    static const char *const steps[] = {"write", "write", "sync", "close", "rename", "sync its folder"};
    static const int reasons[] = {EIO, ENOSPC, EDQUOT};
    const scratch_text path = scratch_path("file");
    for (size_t r = 0; r < 3; r++) {
        for (fail_at = 1; fail_at < sizeof sequence; fail_at++) {
            gm_error error;
            fail_with = reasons[r];
            scratch_write(path.text, "old", 3);
            cr_expect_eq(write_new(path.text, &error), GM_IO);
            char expected[600];
            snprintf(expected, sizeof expected, "%s: cannot %s: %s;", path.text, steps[fail_at - 1],
                     strerror(reasons[r]));
            cr_expect_eq(strncmp(error.message, expected, strlen(expected)), 0, "%s", error.message);
            expect_contents(path.text, sequence[fail_at - 1] == 'd' ? "new contents" : "old");
            cr_expect_eq(scratch_count(scratch), 1, "call %zu left its temporary file", fail_at);
        }
    }
}

Test(durable, a_failed_fsync_is_not_tried_again)
{
    gm_error error;
    const scratch_text path = scratch_path("file");
    fail_at = 3;
    fail_with = EIO;
    cr_expect_eq(write_new(path.text, &error), GM_IO);
    cr_expect_str_eq(calls_made, "wwfc");
    cr_expect_eq(scratch_count(scratch), 0);
}

Test(durable, interrupted_and_short_writes_go_on)
{
    gm_error error;
    const scratch_text path = scratch_path("file");
    fail_at = 2;
    fail_with = EINTR;
    write_at_most = 3;
    cr_assert_eq(write_new(path.text, &error), GM_OK, "%s", error.message);
    cr_expect_str_eq(calls_made, "wwwwwwfcrd");
    expect_contents(path.text, "new contents");
}

Test(durable, a_file_system_that_cannot_sync_folders_is_accepted)
{
    gm_error error;
    const scratch_text path = scratch_path("file");
    fail_at = 6;
    fail_with = EINVAL;
    cr_expect_eq(write_new(path.text, &error), GM_OK);
}

Test(durable, keeps_the_mode_of_the_old_file_and_obeys_umask_for_a_new_one)
{
    gm_error error;
    const scratch_text old = scratch_path("old"), new = scratch_path("new");
    scratch_write(old.text, "old", 3);
    cr_assert_eq(chmod(old.text, 0640), 0);
    umask(077);
    cr_assert_eq(write_new(old.text, &error), GM_OK);
    cr_assert_eq(write_new(new.text, &error), GM_OK);
    cr_expect_eq(mode_of(old.text), 0640);
    cr_expect_eq(mode_of(new.text), 0600);
    umask(027);
    cr_assert_eq(unlink(new.text), 0);
    cr_assert_eq(write_new(new.text, &error), GM_OK);
    cr_expect_eq(mode_of(new.text), 0640);
}

/* Nobody may read the contents between the creation of the temporary file and the change of its mode. */
Test(durable, the_temporary_file_of_an_old_file_is_private)
{
    gm_error error;
    const scratch_text path = scratch_path("file");
    scratch_write(path.text, "old", 3);
    cr_assert_eq(chmod(path.text, 0600), 0);
    umask(0);
    cr_assert_eq(write_new(path.text, &error), GM_OK);
    cr_expect_eq(mode_before, 0600, "mode %o", (unsigned)mode_before);
}

Test(durable, a_link_stays_and_its_file_is_replaced)
{
    gm_error error;
    struct stat about;
    const scratch_text folder = scratch_path("folder"), target = scratch_path("folder/target");
    const scratch_text link = scratch_path("link"), broken = scratch_path("broken");
    cr_assert_eq(mkdir(folder.text, 0700), 0);
    scratch_write(target.text, "old", 3);
    cr_assert_eq(symlink("folder/target", link.text), 0);
    cr_assert_eq(symlink("nowhere", broken.text), 0);
    cr_assert_eq(write_new(link.text, &error), GM_OK, "%s", error.message);
    cr_assert_eq(lstat(link.text, &about), 0);
    cr_expect(S_ISLNK(about.st_mode));
    expect_contents(target.text, "new contents");
    cr_expect_eq(write_new(broken.text, &error), GM_IO);
    cr_expect(strstr(error.message, "leads nowhere"), "%s", error.message);
}

Test(durable, relative_paths_go_to_the_working_folder)
{
    gm_error error;
    const scratch_text path = scratch_path("file");
    cr_assert_eq(chdir(scratch), 0);
    cr_assert_eq(write_new("file", &error), GM_OK, "%s", error.message);
    expect_contents(path.text, "new contents");
}

/* Both the probe and the writing must refuse, with the same reason, and leave nothing. */
static void expect_refusal(const char *path, const char *says)
{
    gm_error error = {0};
    const size_t before = scratch_count(scratch);
    cr_expect_eq(gm_durable_probe(path, NULL, &error), GM_IO, "%s", path);
    cr_expect(strstr(error.message, says), "%s", error.message);
    cr_expect_eq(write_new(path, &error), GM_IO, "%s", path);
    cr_expect(strstr(error.message, says), "%s", error.message);
    cr_expect_eq(scratch_count(scratch), before);
}

Test(durable, refuses_places_that_cannot_take_a_file)
{
    char too_long[300] = "";
    const scratch_text file = scratch_path("file");
    memset(too_long, 'n', 256);
    scratch_write(file.text, "old", 3);
    expect_refusal(scratch, "it is a directory");
    expect_refusal("/", "it is a directory");
    expect_refusal("", "without a file name");
    expect_refusal(scratch_path("missing/file").text, "create it first");
    expect_refusal(scratch_path("missing/").text, "without a file name");
    expect_refusal(scratch_path("file/below").text, "Not a directory");
    expect_refusal(scratch_path(too_long).text, "File name too long");
    expect_refusal("/dev/full", "not a regular file");
    expect_contents(file.text, "old");
}

/* The superuser may write everywhere, so the test changes to another user for a while. */
static void leave_superuser(void)
{
    if (geteuid() != 0)
        return;
    cr_assert_eq(chown(scratch, 65534, 65534), 0);
    cr_assert_eq(seteuid(65534), 0);
}

static void return_to_superuser(void)
{
    cr_assert_eq(seteuid(getuid()), 0);
    cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* lost by the change; leak checkers need it */
}

Test(durable, respects_permissions)
{
    leave_superuser();
    const scratch_text folder = scratch_path("folder"), file = scratch_path("file");
    const scratch_text inside = scratch_path("folder/file");
    cr_assert_eq(mkdir(folder.text, 0500), 0);
    scratch_write(file.text, "old", 3);
    cr_assert_eq(chmod(file.text, 0400), 0);
    expect_refusal(inside.text, "Permission denied");
    expect_refusal(file.text, "Permission denied");
    expect_contents(file.text, "old");
    return_to_superuser();
}

Test(durable, the_longest_name_is_fine)
{
    gm_error error;
    char name[256] = "";
    memset(name, 'n', 255);
    const scratch_text path = scratch_path(name);
    cr_expect_eq(gm_durable_probe(path.text, NULL, &error), GM_OK, "%s", error.message);
    cr_expect_eq(write_new(path.text, &error), GM_OK, "%s", error.message);
}

Test(durable, the_probe_leaves_nothing_behind)
{
    gm_error error;
    const scratch_text path = scratch_path("file");
    cr_expect_eq(gm_durable_probe(path.text, NULL, &error), GM_OK);
    cr_expect_eq(scratch_count(scratch), 0);
    scratch_write(path.text, "old", 3);
    cr_expect_eq(gm_durable_probe(path.text, NULL, &error), GM_OK);
    expect_contents(path.text, "old");
    cr_expect_eq(scratch_count(scratch), 1);
}

Test(durable, a_limit_on_file_size_keeps_the_old_file)
{
    gm_error error = {0};
    static const char large[100000];
    const gm_buffer part = {large, sizeof large};
    const scratch_text path = scratch_path("file");
    scratch_write(path.text, "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096}), 0);
    cr_expect_eq(gm_durable_write(&gm_durable_system, path.text, NULL, &part, 1, &error), GM_IO);
    cr_expect(strstr(error.message, "File too large") && strstr(error.message, "former file is untouched"),
              "%s", error.message);
    expect_contents(path.text, "old");
    cr_expect_eq(scratch_count(scratch), 1);
}

/* Writes files of one letter each, in turn, for ever. */
static void write_for_ever(const char *path)
{
    static char data[60000];
    const gm_buffer parts[] = {{data, 20000}, {data + 20000, 40000}};
    for (int turn = 0;; turn++) {
        memset(data, 'a' + turn % 26, sizeof data);
        if (gm_durable_write(&gm_durable_system, path, NULL, parts, 2, NULL) != GM_OK)
            _exit(1);
    }
}

Test(durable, a_kill_at_any_moment_leaves_a_whole_file, .timeout = 60)
{
    const scratch_text path = scratch_path("file");
    cr_assert_eq(gm_durable_write(&gm_durable_system, path.text, NULL, new_parts, 0, NULL), GM_OK);
    for (int round = 0; round < 100; round++) {
        int state;
        const pid_t child = fork();
        cr_assert_neq(child, -1);
        if (child == 0)
            write_for_ever(path.text);
        nanosleep(&(struct timespec){0, 100000L * (round % 50)}, NULL);
        kill(child, SIGKILL);
        cr_assert_eq(waitpid(child, &state, 0), child);
        cr_assert(WIFSIGNALED(state));
        size_t size;
        char *data = scratch_read(path.text, &size);
        cr_assert(size == 0 || size == 60000, "torn: %zu bytes", size);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(data[i], data[0], "torn at byte %zu", i);
        free(data);
    }
}

enum { WRITERS = 3, SAVES = 60 };

/* The file of writer k: so many times the letter k. */
static size_t size_of_writer(size_t k)
{
    return 20000 * (k + 1);
}

static void write_often(const char *path, size_t k)
{
    static char data[20000 * WRITERS];
    memset(data, (int)('a' + k), size_of_writer(k));
    const gm_buffer parts[] = {{data, 7000}, {data + 7000, size_of_writer(k) - 7000}};
    for (int i = 0; i < SAVES; i++)
        if (gm_durable_write(&gm_durable_system, path, NULL, parts, 2, NULL) != GM_OK)
            _exit(1);
    _exit(0);
}

static void expect_whole(const char *path)
{
    size_t size;
    char *data = scratch_read(path, &size);
    const size_t k = (size_t)(data[0] - 'a');
    cr_assert(k < WRITERS && size == size_of_writer(k), "torn: %zu bytes", size);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(data[i], data[0], "mixed at byte %zu", i);
    free(data);
}

/* The file is always that of one of them, and none of them fails or leaves anything behind. */
Test(durable, several_processes_may_save_to_one_path, .timeout = 60)
{
    const scratch_text path = scratch_path("file");
    char *letters = malloc(size_of_writer(0));
    pid_t children[WRITERS];
    cr_assert_not_null(letters);
    memset(letters, 'a', size_of_writer(0));
    const gm_buffer whole = {letters, size_of_writer(0)};
    cr_assert_eq(gm_durable_write(&gm_durable_system, path.text, NULL, &whole, 1, NULL), GM_OK);
    free(letters);
    for (size_t k = 0; k < WRITERS; k++) {
        children[k] = fork();
        cr_assert_neq(children[k], -1);
        if (children[k] == 0)
            write_often(path.text, k);
    }
    for (size_t k = 0; k < WRITERS; k++) {
        int state;
        while (waitpid(children[k], &state, WNOHANG) == 0)
            expect_whole(path.text);
        cr_expect_eq(state, 0, "writer %zu failed", k);
    }
    expect_whole(path.text);
    cr_expect_eq(scratch_count(scratch), 1);
}

/* A name of our own, for files that a killed process might have left. */
static scratch_text hidden(const char *tag_and_suffix)
{
    char name[64];
    snprintf(name, sizeof name, ".gradmill-%s", tag_and_suffix);
    return scratch_path(name);
}

static bool is_there(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

Test(durable, leftovers_of_killed_processes_are_removed_and_nothing_else)
{
    static const char *const left[] = {"0123456789abcdef.tmp", "ffffffffffffffff.lock"};
    static const char *const others[] = {"0123456789abcde.tmp", "0123456789abcdef.tmpx",
                                         "0123456789ABCDEF.tmp", "0123456789abcdef", "0123456789abcdef0.tmp"};
    gm_error error;
    for (size_t i = 0; i < 2; i++)
        scratch_write(hidden(left[i]).text, "x", 1);
    for (size_t i = 0; i < 5; i++)
        scratch_write(hidden(others[i]).text, "x", 1);
    cr_assert_eq(mkdir(hidden("aaaaaaaaaaaaaaaa.tmp").text, 0700), 0);
    cr_assert_eq(symlink("file", hidden("bbbbbbbbbbbbbbbb.tmp").text), 0);
    const scratch_text path = scratch_path("file");
    for (int turn = 0; turn < 2; turn++) /* the second time the link leads to a file */
        cr_assert_eq(write_new(path.text, &error), GM_OK, "%s", error.message);
    for (size_t i = 0; i < 2; i++)
        cr_expect_not(is_there(hidden(left[i]).text), "%s", left[i]);
    for (size_t i = 0; i < 5; i++)
        cr_expect(is_there(hidden(others[i]).text), "%s", others[i]);
    cr_expect(is_there(hidden("aaaaaaaaaaaaaaaa.tmp").text));
    cr_expect(is_there(hidden("bbbbbbbbbbbbbbbb.tmp").text));
    expect_contents(path.text, "new contents");
}

Test(durable, the_temporary_file_of_a_living_process_stays)
{
    gm_error error;
    gm_held_name name;
    const int folder = open(scratch, O_RDONLY | O_DIRECTORY);
    const int fd = gm_held_create(folder, 0600, &name);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write_new(scratch_path("file").text, &error), GM_OK);
    cr_expect(is_there(scratch_path(name.text).text));
    close(fd);
    cr_assert_eq(write_new(scratch_path("file").text, &error), GM_OK);
    cr_expect_not(is_there(scratch_path(name.text).text));
    close(folder);
}

/* While the file has its last contents and not yet its name, another process saves into the same folder. */
static int rename_beside_another(int from_folder, const char *from, int to_folder, const char *to)
{
    gm_held_remove_leftovers(from_folder);
    return renameat(from_folder, from, to_folder, to);
}

Test(durable, a_save_beside_another_one_keeps_its_temporary_file)
{
    const gm_durable_calls calls = {write, fsync, close, rename_beside_another};
    gm_error error = {0};
    const scratch_text path = scratch_path("file");
    cr_expect_eq(gm_durable_write(&calls, path.text, NULL, new_parts, 3, &error), GM_OK, "%s", error.message);
    expect_contents(path.text, "new contents");
}

Test(durable, only_one_may_hold_the_lock_of_a_file)
{
    gm_error error = {0};
    gm_durable_lock first, second, other;
    const scratch_text path = scratch_path("file"), link = scratch_path("link");
    cr_assert_eq(gm_durable_lock_take(&first, path.text, &error), GM_OK, "%s", error.message);
    cr_expect_eq(gm_durable_lock_take(&second, path.text, &error), GM_IO);
    cr_expect(strstr(error.message, "another run of gradmill (process "), "%s", error.message);
    cr_expect_eq(gm_durable_lock_take(&other, scratch_path("other").text, &error), GM_OK);
    scratch_write(path.text, "", 0);
    cr_assert_eq(symlink("file", link.text), 0);
    cr_expect_eq(gm_durable_lock_take(&second, link.text, &error), GM_IO, "the link leads to the same file");
    gm_durable_lock_release(&first);
    gm_durable_lock_release(&first);
    cr_expect_eq(gm_durable_lock_take(&second, link.text, &error), GM_OK, "%s", error.message);
    gm_durable_lock_release(&second);
    gm_durable_lock_release(&other);
    cr_expect_eq(scratch_count(scratch), 2);
}

/* The disk may have been full when the owner of a lock wrote its number. */
Test(durable, the_owner_of_a_lock_is_named_if_it_is_known)
{
    static const struct {
        const char *owner, *says;
    } cases[] = {{"1", "another run of gradmill (process 1) is"},
                 {"4194304\n", "another run of gradmill (process 4194304) is"},
                 {"", "another run of gradmill is"},
                 {"0", "another run of gradmill is"},
                 {"-5", "another run of gradmill is"},
                 {"nobody", "another run of gradmill is"}};
    gm_durable_lock lock, second;
    gm_error error = {0};
    const scratch_text path = scratch_path("file");
    cr_assert_eq(gm_durable_lock_take(&lock, path.text, &error), GM_OK, "%s", error.message);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(ftruncate(lock.fd, 0), 0);
        cr_assert_eq(pwrite(lock.fd, cases[i].owner, strlen(cases[i].owner), 0),
                     (ssize_t)strlen(cases[i].owner));
        cr_expect_eq(gm_durable_lock_take(&second, path.text, &error), GM_IO);
        cr_expect(strstr(error.message, cases[i].says), "'%s': %s", cases[i].owner, error.message);
    }
    gm_durable_lock_release(&lock);
    cr_expect_eq(scratch_count(scratch), 0);
}

static bool is_letter_a(const char *head, size_t size)
{
    return size > 0 && *head == 'a';
}

Test(durable, a_file_of_another_kind_is_left_alone)
{
    static const gm_file_kind kind = {"an a", is_letter_a};
    static const struct {
        const char *old;
        gm_status expected;
    } cases[] = {{"", GM_OK}, {"a", GM_OK}, {"b", GM_USAGE}};
    const gm_buffer part = {"abc", 3};
    const scratch_text path = scratch_path("file");
    for (size_t i = 0; i < 3; i++) {
        gm_error error = {0};
        scratch_write(path.text, cases[i].old, strlen(cases[i].old));
        cr_expect_eq(gm_durable_probe(path.text, &kind, &error), cases[i].expected);
        cr_expect_eq(gm_durable_write(&gm_durable_system, path.text, &kind, &part, 1, &error),
                     cases[i].expected);
        expect_contents(path.text, cases[i].expected == GM_OK ? "abc" : cases[i].old);
        cr_expect(cases[i].expected == GM_OK || strstr(error.message, "is a text file; only an a or"), "%s",
                  error.message);
        cr_expect_eq(scratch_count(scratch), 1);
    }
}

/* Whether the kind is found out does not depend on what failed before (errno is left by earlier calls), and
 * the file is closed again, even if its descriptor is 0. */
Test(durable, the_head_of_a_file_is_read_once_and_closed, .timeout = 20)
{
    static const gm_file_kind kind = {"an a", is_letter_a};
    const scratch_text path = scratch_path("file");
    gm_error error = {0};
    scratch_write(path.text, "a", 1);
    const int folder = open(scratch, O_RDONLY | O_DIRECTORY);
    cr_assert_geq(folder, 0);
    close(0);
    errno = EINTR;
    cr_expect_eq(gm_kind_check(&kind, folder, "file", path.text, &error), GM_OK, "%s", error.message);
    cr_expect_eq(fcntl(0, F_GETFD), -1, "descriptor 0 is open");
    close(folder);
}
