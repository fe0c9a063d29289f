/* What the output can show, and text that is fitted into it. */
#include "cli/terminal.h"
#include "base/ascii.h"
#include "base/number.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST_COLUMNS 80
#define MOST_COLUMNS  120

size_t cli_terminal_columns(int descriptor)
{
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

size_t cli_output_columns(void)
{
    const char *text = getenv("COLUMNS");
    uint64_t columns = 0;
    if (!text || !gm_parse_u64(text, &columns) || columns == 0)
        columns = cli_terminal_columns(STDOUT_FILENO);
    return columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns > MOST_COLUMNS ? MOST_COLUMNS : (size_t)columns;
}

/* The locale of characters, by the variables that POSIX gives it, the first that is set. */
static const char *locale_name(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    return "C";
}

static bool names_utf8(const char *locale)
{
    for (; *locale; locale++) {
        const bool utf =
            gm_lower(locale[0]) == 'u' && gm_lower(locale[1]) == 't' && gm_lower(locale[2]) == 'f';
        if (utf && (locale[3] == '8' || (locale[3] == '-' && locale[4] == '8')))
            return true;
    }
    return false;
}

bool cli_output_has_blocks(void)
{
    const char *terminal = getenv("TERM");
    return names_utf8(locale_name()) &&
           !(terminal && (strcmp(terminal, "dumb") == 0 || strcmp(terminal, "linux") == 0));
}

/* The bytes of the longest beginning of a text that fits, and the columns that it takes. */
static size_t fit(const char *text, size_t width, size_t *columns)
{
    const size_t length = strlen(text);
    size_t bytes = 0;
    *columns = 0;
    while (bytes < length) {
        size_t size;
        const size_t more = gm_utf8_columns(text + bytes, length - bytes, &size);
        if (*columns + more > width)
            break;
        *columns += more;
        bytes += size;
    }
    return bytes;
}

/* Blanks that are printed before the next text of the line. */
static size_t owed;

size_t cli_columns_of(const char *text)
{
    size_t columns;
    fit(text, SIZE_MAX, &columns);
    return columns;
}

void cli_print_fitted(const char *text, size_t width, cli_align align)
{
    size_t columns, bytes = fit(text, width, &columns);
    const char *mark = "";
    if (text[bytes] != '\0' && width > 0) {
        bytes = fit(text, width - 1, &columns);
        columns++;
        mark = cli_output_has_blocks() ? "…" : "~";
    }
    const size_t blanks = width - columns;
    owed += align == CLI_RIGHT ? blanks : 0;
    if (bytes > 0 || *mark) {
        printf("%*s%.*s%s", (int)owed, "", (int)bytes, text, mark);
        owed = 0;
    }
    owed += align == CLI_RIGHT ? 0 : blanks;
}

void cli_print_blanks(size_t count)
{
    owed += count;
}

void cli_end_line(void)
{
    owed = 0;
    putchar('\n');
}

void cli_print_wrapped(const char *text, size_t used, size_t indent, size_t width)
{
    bool begins = true;
    while (*text) {
        const size_t bytes = strcspn(text, " ");
        char word[512];
        size_t columns;
        snprintf(word, sizeof word, "%.*s", (int)bytes, text);
        fit(word, SIZE_MAX, &columns);
        if (!begins && used + 1 + columns > width) {
            printf("\n%*s", (int)indent, "");
            used = indent;
            begins = true;
        }
        printf("%s%s", begins ? "" : " ", word);
        used += columns + !begins;
        begins = false;
        text += bytes + strspn(text + bytes, " ");
    }
    putchar('\n');
}
