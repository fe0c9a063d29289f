/* Options that take several files. several.h says how they are joined. */
#include "cli/several.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/arguments.h"

#include <glob.h>
#include <gradmill/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEPARATOR '\n'
#define NAME_SIZE 256

_Noreturn static void fail_memory(void)
{
    fputs("gradmill: no memory for the options\n", stderr);
    exit(GM_LIMIT);
}

/* ---- joining ---- */

/* The command line with joined values. */
static struct {
    char **arguments;
    char **joined; /* those of them that are ours */
    size_t joined_count;
} whole;

/* Whether "--name" or "--name=value" is an option that takes several values. */
static bool takes_several(const cli_option_list *known, const char *argument)
{
    char name[64];
    if (strncmp(argument, "--", 2) != 0)
        return false;
    const size_t length = strcspn(argument + 2, "=");
    if (length >= sizeof name)
        return false;
    memcpy(name, argument + 2, length);
    name[length] = '\0';
    const struct argp_option *option = cli_find_option(known, name);
    return option && option->arg && strcmp(option->arg, CLI_SEVERAL_PATHS) == 0;
}

/* "--data=a", "b", "c" or "--data", "a", "b" become "--data=a\nb\nc". */
static char *join(char **arguments, size_t count)
{
    const bool divided = strchr(arguments[0], '=') == NULL;
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += strlen(arguments[i]) + 1;
    char *text = gm_alloc(size, 1);
    if (!text)
        fail_memory();
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(text);
        if (i > 0)
            text[used] = i == 1 && divided ? '=' : SEPARATOR;
        memcpy(text + used + (i > 0), arguments[i], strlen(arguments[i]) + 1);
    }
    return text;
}

void cli_join_values(const struct argp *argp, int *argc, char ***argv)
{
    cli_option_list known;
    cli_list_options(argp, &known);
    const size_t count = (size_t)*argc;
    whole.arguments = gm_alloc(count + 1, sizeof *whole.arguments);
    whole.joined = gm_alloc(count + 1, sizeof *whole.joined);
    if (!whole.arguments || !whole.joined)
        fail_memory();
    size_t made = 0;
    bool ended = false; /* "--" was seen; no options follow it */
    for (size_t i = 0; i < count;) {
        char **from = *argv + i;
        size_t length = 1;
        ended = ended || strcmp(*from, "--") == 0;
        if (i > 0 && !ended && takes_several(&known, *from)) {
            const size_t own = 1 + (strchr(*from, '=') == NULL);
            length = gm_min(own, count - i);
            while (i + length < count && from[length][0] != '-')
                length++;
            if (length > own)
                whole.joined[whole.joined_count++] = *from = join(from, length);
            else
                length = 1;
        }
        whole.arguments[made++] = *from;
        i += length;
    }
    *argc = (int)made;
    *argv = whole.arguments;
}

/* ---- dividing ---- */

static struct {
    char *value; /* divided in place */
    glob_t found;
    bool globbed;
    char name[NAME_SIZE];
} files;

static void forget_files(void)
{
    gm_free(files.value);
    files.value = NULL;
    if (files.globbed)
        globfree(&files.found);
    files.globbed = false;
}

void cli_several_clear(void)
{
    forget_files();
    for (size_t i = 0; i < whole.joined_count; i++)
        gm_free(whole.joined[i]);
    gm_free(whole.joined);
    gm_free(whole.arguments);
    whole.arguments = whole.joined = NULL;
    whole.joined_count = 0;
}

/* Adds the files that a pattern matches; a path without wildcards, or that is there, or that nothing matches,
 * is added as it is. */
static void add(const char *path)
{
    int flags = GLOB_NOCHECK | (files.globbed ? GLOB_APPEND : 0);
    char *escaped = NULL;
    if (access(path, F_OK) == 0 && strpbrk(path, "*?[\\")) { /* its wildcards are part of its name */
        escaped = gm_alloc(2 * strlen(path) + 1, 1);
        for (size_t i = 0, to = 0; escaped && path[i]; i++) {
            if (strchr("*?[\\", path[i]))
                escaped[to++] = '\\';
            escaped[to++] = path[i];
        }
        if (!escaped)
            fail_memory();
        flags &= ~GLOB_NOCHECK;
    }
    const int failure = glob(escaped ? escaped : path, flags, NULL, &files.found);
    files.globbed = true;
    gm_free(escaped);
    if (failure == GLOB_NOSPACE)
        fail_memory();
}

cli_paths cli_divide_value(const char *value)
{
    forget_files();
    files.value = gm_strdup(value);
    if (!files.value)
        fail_memory();
    if (access(value, F_OK) == 0 || !strchr(value, SEPARATOR)) {
        add(value);
    } else {
        char *rest = files.value;
        for (char *path; (path = strsep(&rest, "\n"));)
            if (*path)
                add(path);
    }
    const size_t count = files.found.gl_pathc;
    if (count > 1)
        snprintf(files.name, sizeof files.name, "%.160s and %zu more file%s", files.found.gl_pathv[0],
                 count - 1, gm_plural(count - 1));
    return (cli_paths){.name = count > 1 ? files.name : files.found.gl_pathv[0],
                       .items = (const char *const *)files.found.gl_pathv,
                       .count = count};
}
