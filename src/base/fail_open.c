/* The error line for a file that cannot be opened. If the file does not exist, its name is most often
 * misspelt, so the line suggests the most similar name in the same folder. */
#include "base/error.h"
#include "base/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* At most this many entries of a folder are compared, so that the error does not take long in a huge folder.
 */
#define MOST_ENTRIES 20000

/* Control characters would spoil the line. */
static bool is_printable(const char *name)
{
    for (; *name; name++) {
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return false;
    }
    return true;
}

/* Copies to `best` the name in an open folder that is nearest to `typed`. `best` is empty if no name is
 * similar. */
static void search(DIR *folder, const char *typed, char best[NAME_MAX + 1])
{
    const struct dirent *entry;
    best[0] = '\0';
    for (size_t i = 0; i < MOST_ENTRIES && (entry = readdir(folder)); i++) {
        const char *const pair[] = {best, entry->d_name};
        if (entry->d_name[0] == '.' || !is_printable(entry->d_name) || strlen(entry->d_name) > NAME_MAX)
            continue;
        if (gm_suggest(typed, pair, 2) == entry->d_name)
            snprintf(best, NAME_MAX + 1, "%s", entry->d_name);
    }
}

/* Finds a file in the folder of `path` whose name is similar. `neighbour` gets its path, folder included.
 * False if there is none. */
static bool find_neighbour(const char *path, char *neighbour, size_t size)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char folder_path[PATH_MAX], best[NAME_MAX + 1];
    const size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length >= sizeof folder_path)
        return false;
    memcpy(folder_path, path, length);
    folder_path[length] = '\0';
    DIR *folder = opendir(length ? folder_path : ".");
    if (!folder)
        return false;
    search(folder, name, best);
    closedir(folder);
    return *best && (size_t)snprintf(neighbour, size, "%s%s", folder_path, best) < size;
}

gm_status gm_fail_open(gm_error *error, const char *path)
{
    const int reason = errno;
    char neighbour[512];
    if (reason == ENOENT && find_neighbour(path, neighbour, sizeof neighbour))
        return gm_fail(error, GM_IO, "%s: cannot open: %s; did you mean %s?", path, strerror(reason),
                       neighbour);
    return gm_fail(error, GM_IO, "%s: cannot open: %s", path, strerror(reason));
}
