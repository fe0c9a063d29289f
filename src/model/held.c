/* Creates and removes temporary files and lock files, which are locked by flock. Between the creation of a
 * file and its locking, another process may remove it. So after locking, the file is looked up by its name
 * again. */
#include "model/held.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX     ".gradmill-"
#define TAG_DIGITS 16
#define TEMPORARY  ".tmp"
#define LOCK       ".lock"

#define LOCK_TRIES 20       /* a process that looks for leftovers locks each file for a moment */
#define LOCK_PAUSE 5000000L /* ns */

static gm_held_name make_name(uint64_t tag, const char *suffix)
{
    gm_held_name name;
    snprintf(name.text, sizeof name.text, PREFIX "%0*" PRIx64 "%s", TAG_DIGITS, tag, suffix);
    return name;
}

static bool is_ours(const char *name)
{
    const size_t prefix = strlen(PREFIX);
    if (strncmp(name, PREFIX, prefix) != 0 || strspn(name + prefix, "0123456789abcdef") != TAG_DIGITS)
        return false;
    const char *suffix = name + prefix + TAG_DIGITS;
    return strcmp(suffix, TEMPORARY) == 0 || strcmp(suffix, LOCK) == 0;
}

/* Whether the open file still has its name. */
static bool is_named(int fd, int folder, const char *name)
{
    struct stat opened, found;
    return fstat(fd, &opened) == 0 && fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

static int flock_patiently(int fd, int operation)
{
    int result;
    do
        result = flock(fd, operation);
    while (result != 0 && errno == EINTR);
    return result;
}

/* Closes a file and keeps errno as it was. */
static void close_quietly(int fd)
{
    const int reason = errno;
    close(fd);
    errno = reason;
}

int gm_held_create(int folder, mode_t mode, gm_held_name *name)
{
    for (;;) {
        uint64_t tag; /* random, so that another user cannot guess the name and create the file first */
        if (getentropy(&tag, sizeof tag) != 0)
            return -1;
        *name = make_name(tag, TEMPORARY);
        const int fd = openat(folder, name->text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
            return -1;
        /* Some file systems have no locks. There the file is used unlocked; no other process can lock it
         * either, and so none removes it as a leftover. */
        if (flock_patiently(fd, LOCK_EX) != 0 || is_named(fd, folder, name->text))
            return fd;
        close_quietly(fd);
    }
}

/* FNV-1a, so that all processes use the same lock for the same name. */
static uint64_t hash(const char *text)
{
    uint64_t value = 0xcbf29ce484222325;
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * 0x100000001b3;
    return value;
}

static long read_owner(int fd)
{
    char text[24] = "";
    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

/* Tries once to take the lock. True if *outcome is final. */
static bool try_lock(int folder, const char *name, int *fd, long *owner, gm_held_outcome *outcome)
{
    *outcome = GM_HELD_FAILED;
    *fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (*fd < 0)
        return errno != EINTR;
    if (flock_patiently(*fd, LOCK_EX | LOCK_NB) == 0) {
        *outcome = GM_HELD;
        if (is_named(*fd, folder, name))
            return true;
    } else if (errno == EWOULDBLOCK) {
        *outcome = GM_HELD_BY_OTHER;
        *owner = read_owner(*fd);
    } else {
        *outcome = GM_HELD_UNCERTAIN;
        unlinkat(folder, name, 0);
    }
    close_quietly(*fd);
    *fd = -1;
    return *outcome == GM_HELD_UNCERTAIN;
}

gm_held_outcome gm_held_lock(int folder, const char *target, gm_held_name *name, int *fd, long *owner)
{
    gm_held_outcome outcome = GM_HELD_FAILED;
    *name = make_name(hash(target), LOCK);
    *owner = 0;
    for (int i = 0; i < LOCK_TRIES && !try_lock(folder, name->text, fd, owner, &outcome); i++)
        nanosleep(&(struct timespec){0, LOCK_PAUSE}, NULL);
    if (*fd < 0)
        return outcome == GM_HELD ? GM_HELD_BY_OTHER : outcome;
    char text[24];
    const int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(*fd, 0) != 0 || pwrite(*fd, text, (size_t)length, 0) != length)
        (void)ftruncate(*fd,
                        0); /* if the disk is full, the lock is valid, but its owner is not known to others */
    return GM_HELD;
}

/* Removes the file if its owner does not exist any more, which is the case if the file can be locked. */
static void remove_if_left(int folder, const char *name)
{
    const int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (fd < 0)
        return;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        is_named(fd, folder, name))
        unlinkat(folder, name, 0);
    close(fd);
}

void gm_held_remove_leftovers(int folder)
{
    const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (is_ours(entry->d_name))
            remove_if_left(folder, entry->d_name);
    if (entries)
        closedir(entries);
    else if (again >= 0)
        close(again);
}
