/* Tests the reading of bytes: gzip files of several members, data behind them, pipes that deliver few bytes
 * at a time, and signals that interrupt a read. */
#include "data_files.h"

#include "data/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

TestSuite(data_source, .init = make_folder, .fini = remove_folder);

#define TEXT_SIZE 300000 /* more than any buffer on the way */

/* Numbers that do not compress to nothing. */
static char *make_text(void)
{
    char *text = malloc(TEXT_SIZE + 1);
    cr_assert_not_null(text);
    uint32_t state = 1;
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = "0123456789abcdef"[state >> 28];
    }
    text[TEXT_SIZE] = '\0';
    return text;
}

/* The whole of a file, or its refusal. */
static gm_status read_whole(const char *path, char **text, size_t *size, gm_error *error)
{
    gm_source source;
    *text = NULL;
    *error = (gm_error){0};
    gm_status status = gm_source_open(&source, path, error);
    if (status == GM_OK)
        status = gm_source_read_all(&source, text, size, error);
    gm_source_close(&source);
    return status;
}

static void expect_text(const char *path, const char *expected, size_t expected_size)
{
    gm_error error;
    char *text;
    size_t size = 0;
    cr_expect_eq(read_whole(path, &text, &size, &error), GM_OK, "%s", error.message);
    cr_expect_eq(size, expected_size);
    cr_expect(text && memcmp(text, expected, expected_size) == 0);
    free(text);
}

static void expect_bad(const char *path, const char *says)
{
    gm_error error;
    char *text;
    size_t size;
    cr_expect_eq(read_whole(path, &text, &size, &error), GM_BAD_DATA, "%s", says);
    cr_expect(strstr(error.message, path) && strstr(error.message, says), "expected '%s', got '%s'", says,
              error.message);
    cr_expect_null(text);
}

static void append(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "ab");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* What a file holds, to be freed. */
static unsigned char *bytes_of(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = malloc(1 << 20);
    cr_assert(file && bytes);
    *size = fread(bytes, 1, 1 << 20, file);
    cr_assert_eq(fclose(file), 0);
    return bytes;
}

Test(data_source, several_members_are_one_stream)
{
    char *text = make_text();
    static const size_t cuts[] = {0, 1, 15, 16, 17, 100000, TEXT_SIZE - 1, TEXT_SIZE};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        char *path = write_gzip("first", text, cuts[i]);
        char *second = write_gzip("second", text + cuts[i], TEXT_SIZE - cuts[i]);
        size_t size;
        unsigned char *bytes = bytes_of(second, &size);
        append(path, bytes, size);
        expect_text(path, text, TEXT_SIZE);
        free(bytes);
        free(second);
        free(path);
    }
    free(text);
}

Test(data_source, what_follows_gzip_is_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"garbage", 7, "goes on behind its end"},
        {"", 1, "goes on behind its end"},
        {"\x1f", 1, "cut short"},
        {"\x1f\x8b", 2, "cut short"},
        {"\x1fxyz", 4, "damaged"},
        {"\x1f\x8b\x07\0", 4, "damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = write_gzip("data.gz", "1,2\n3,4\n", 8);
        append(path, cases[i].bytes, cases[i].size);
        expect_bad(path, cases[i].says);
        free(path);
    }
}

/* Every byte of the file counts but some of its head: the time, flags of the compressor, the system. */
Test(data_source, every_prefix_and_every_changed_byte_is_refused)
{
    size_t size;
    char *path = write_gzip("data.gz", "1,2\n3,4\n1,2\n", 12);
    unsigned char *bytes = bytes_of(path, &size);
    free(path);
    for (size_t length = 2; length < size; length++) {
        path = write_file("short.gz", bytes, length);
        expect_bad(path, "cut short");
        free(path);
    }
    for (size_t i = 2; i < size; i++) {
        gm_error error;
        char *text;
        size_t got = 0;
        if (i >= 3 && i < 10)
            continue;
        bytes[i] ^= 0x40;
        path = write_file("changed.gz", bytes, size);
        cr_expect_eq(read_whole(path, &text, &got, &error), GM_BAD_DATA, "byte %zu", i);
        cr_expect(strstr(error.message, "gzip"), "%s", error.message);
        bytes[i] ^= 0x40;
        free(text);
        free(path);
    }
    free(bytes);
}

/* Writes to a pipe in a child, some bytes at a time with pauses. */
static pid_t feed(const char *pipe, const void *bytes, size_t size, size_t piece, useconds_t pause)
{
    const pid_t child = fork();
    cr_assert_neq(child, -1);
    if (child > 0)
        return child;
    const int fd = open(pipe, O_WRONLY);
    for (size_t i = 0; fd >= 0 && i < size; i += piece) {
        const size_t count = i + piece < size ? piece : size - i;
        if (write(fd, (const char *)bytes + i, count) != (ssize_t)count)
            _exit(1);
        usleep(pause);
    }
    _exit(fd < 0);
}

static void wait_for(pid_t child)
{
    int state;
    pid_t got;
    do
        got = waitpid(child, &state, 0);
    while (got < 0 && errno == EINTR);
    cr_expect(got == child && WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
    (void)number;
    alarms++;
}

/* A signal every millisecond, which interrupts system calls. */
static void set_alarms(bool on)
{
    const struct sigaction action = {.sa_handler = count_alarm};
    const struct itimerval every = {{0, on ? 1000 : 0}, {0, on ? 1000 : 0}};
    cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
    cr_assert_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
}

/* The same contents through a pipe: in small pieces, slowly, while signals come in. */
static void expect_from_pipe(const void *bytes, size_t size, size_t piece, useconds_t pause, const char *text,
                             size_t text_size)
{
    char *path = path_of("pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    const pid_t child = feed(path, bytes, size, piece, pause);
    set_alarms(true);
    expect_text(path, text, text_size);
    set_alarms(false);
    wait_for(child);
    cr_expect_eq(unlink(path), 0);
    free(path);
}

Test(data_source, short_and_interrupted_reads_go_on)
{
    char *text = make_text();
    size_t size;
    char *path = write_gzip("data.gz", text, TEXT_SIZE);
    unsigned char *bytes = bytes_of(path, &size);
    expect_from_pipe(text, TEXT_SIZE, 4099, 300, text, TEXT_SIZE);
    expect_from_pipe(bytes, size, 4099, 300, text, TEXT_SIZE);
    expect_from_pipe(text, 100, 1, 2000, text, 100);
    free(bytes);
    free(path);
    path = write_gzip("data.gz", text, 100);
    bytes = bytes_of(path, &size);
    expect_from_pipe(bytes, size, 1, 2000, text, 100);
    cr_expect_gt(alarms, 10, "no signal came");
    free(bytes);
    free(path);
    free(text);
}

Test(data_source, standard_input_is_a_dash_and_stays_open)
{
    char *path = write_gzip("data.gz", "1,2\n3,4\n", 8);
    const int fd = open(path, O_RDONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    expect_text("-", "1,2\n3,4\n", 8);
    cr_expect_eq(lseek(STDIN_FILENO, 0, SEEK_SET), 0);
    expect_text("-", "1,2\n3,4\n", 8);
    close(fd);
    free(path);
}

Test(data_source, a_pipe_that_does_not_block_is_waited_for)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    const pid_t child = fork();
    if (child == 0) {
        usleep(50000);
        _exit(write(ends[1], "1,2\n", 4) != 4);
    }
    close(ends[1]);
    expect_text("-", "1,2\n", 4);
    wait_for(child);
    close(ends[0]);
}
