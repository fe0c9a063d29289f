/* Reads and writes options as text. config.h has the syntax. */
#include "cli/config.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/suggest.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/resume.h"
#include "data/source.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 65536 /* bytes of a file of options */
#define BLANKS  " \t\r"

/* Some editors put it at the beginning of a file in UTF-8. */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* The options whose value names a file that holds a text of options, and what reads that text. Options of
 * later rows win over those of earlier rows. */
typedef gm_status read_text(const char *path, char **text, gm_error *error);
static read_text read_file;

static const struct {
    const char *name; /* of the option */
    read_text *read;
} sources[] = {{"resume", cli_resume_text}, {"config", read_file}};
#define SOURCES GM_ROWS(sources)

static bool is_source(const char *option)
{
    return GM_FIND_ROW(sources, option) < SOURCES;
}

static gm_status read_file(const char *path, char **text, gm_error *error)
{
    gm_source source;
    size_t size = 0;
    *text = gm_alloc(LARGEST + 1, 1);
    gm_status status = *text ? gm_source_open(&source, path, error)
                             : gm_fail_memory(error, "a file of options", LARGEST + 1);
    if (!*text)
        return status;
    if (status == GM_OK)
        status = gm_source_read(&source, *text, LARGEST + 1, &size, error);
    if (status == GM_OK && (size > LARGEST || memchr(*text, '\0', size)))
        status = gm_fail(error, GM_USAGE, "%s: not a text of options, such as 'epochs = 20' in a line", path);
    gm_source_close(&source);
    if (status == GM_OK && strncmp(*text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        memset(*text, ' ', strlen(BYTE_ORDER_MARK));
    return status;
}

/* The command line with the options of files. Options point into it. */
static struct {
    char **arguments;   /* capacity of them */
    size_t *lines;      /* of each argument in its file; 0: it was typed */
    const char **files; /* where it stands; one of paths */
    char *paths[SOURCES];
    size_t count, capacity;
} whole;

void cli_config_clear(void)
{
    for (size_t i = 0; i < whole.count; i++)
        if (whole.lines && whole.lines[i] > 0)
            free(whole.arguments[i]);
    for (size_t i = 0; i < SOURCES; i++)
        gm_free(whole.paths[i]);
    gm_free(whole.arguments);
    gm_free(whole.lines);
    gm_free(whole.files);
    whole.count = 0;
}

static gm_status make_room(size_t capacity, gm_error *error)
{
    whole.arguments = gm_alloc(capacity, sizeof *whole.arguments);
    whole.lines = gm_alloc(capacity, sizeof *whole.lines);
    whole.files = gm_alloc(capacity, sizeof *whole.files);
    whole.capacity = capacity;
    return whole.arguments && whole.lines && whole.files
               ? GM_OK
               : gm_fail_memory(error, "the options", capacity * sizeof *whole.arguments);
}

/* A line that is being read. */
struct line {
    const char *file;
    size_t number;
    char *name, *value; /* value NULL: none */
};

static char *skip_blanks(char *text)
{
    return text + strspn(text, BLANKS);
}

static void cut_blanks_at_end(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        text[--length] = '\0';
}

/* Takes the quotation marks off a value, in place. */
static gm_status unquote(const struct line *line, gm_error *error)
{
    static const char marks[] = "\"\\nrt", meanings[] = "\"\\\n\r\t";
    const char *from = line->value + 1;
    char *to = line->value;
    while (*from && *from != '"') {
        const char *mark = *from == '\\' && from[1] ? strchr(marks, from[1]) : NULL;
        if (*from == '\\' && !mark)
            return gm_fail(error, GM_USAGE, "%s:%zu: \\%c is unknown; expected \\\", \\\\, \\n, \\r or \\t",
                           line->file, line->number, from[1]);
        *to++ = mark ? meanings[mark - marks] : *from;
        from += mark ? 2 : 1;
    }
    if (*from != '"' || from[1])
        return gm_fail(error, GM_USAGE, "%s:%zu: expected one quotation mark at the end of the value",
                       line->file, line->number);
    *to = '\0';
    return GM_OK;
}

/* Divides a text into name and value. */
static gm_status divide(struct line *line, char *text, gm_error *error)
{
    const size_t length = strcspn(text, "=" BLANKS);
    char *after = skip_blanks(text + length);
    const bool has_value = *after == '=';
    if ((*after && !has_value) || length == 0)
        return gm_fail(error, GM_USAGE, "%s:%zu: expected 'name = value' or 'name', got '%.60s'", line->file,
                       line->number, text);
    line->name = text;
    line->value = has_value ? skip_blanks(after + 1) : NULL;
    text[length] = '\0';
    return has_value && *line->value == '"' ? unquote(line, error) : GM_OK;
}

/* The mistakes that cli_check_arguments would find without naming the line. */
static gm_status check(const struct line *line, const cli_option_list *known, gm_error *error)
{
    const struct argp_option *option = cli_find_option(known, line->name);
    if (!option) {
        const gm_question question = gm_did_you_mean(cli_suggest_option(known, line->name));
        return gm_fail(error, GM_USAGE, "%s:%zu: unknown option '%.60s'%s", line->file, line->number,
                       line->name, question.text);
    }
    if (is_source(option->name))
        return gm_fail(error, GM_USAGE, "%s:%zu: %s has no place in a file of options", line->file,
                       line->number, option->name);
    if (line->value && !option->arg)
        return gm_fail(error, GM_USAGE, "%s:%zu: option %s takes no value, got '%.60s'", line->file,
                       line->number, option->name, line->value);
    if (!line->value && option->arg && !(option->flags & OPTION_ARG_OPTIONAL))
        return gm_fail(error, GM_USAGE, "%s:%zu: option %s needs a value: %s = %s", line->file, line->number,
                       option->name, option->name, option->arg);
    return GM_OK;
}

static gm_status add(const struct line *line, gm_error *error)
{
    char *argument = NULL;
    if (asprintf(&argument, "--%s%s%s", line->name, line->value ? "=" : "", line->value ? line->value : "") <
        0)
        return gm_fail_memory(error, "an option", strlen(line->name));
    whole.arguments[whole.count] = argument;
    whole.lines[whole.count] = line->number;
    whole.files[whole.count++] = line->file;
    return GM_OK;
}

/* The lines of a text, which is written over. There is room for all of them. */
static gm_status add_lines(const cli_option_list *known, const char *file, char *text, gm_error *error)
{
    struct line line = {.file = file};
    gm_status status = GM_OK;
    for (char *rest = text, *now; status == GM_OK && (now = strsep(&rest, "\n"));) {
        line.number++;
        now = skip_blanks(now);
        cut_blanks_at_end(now);
        if (*now == '\0' || *now == '#')
            continue;
        status = divide(&line, now, error);
        if (status == GM_OK)
            status = check(&line, known, error);
        if (status == GM_OK)
            status = add(&line, error);
    }
    return status;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;
    while ((text = strchr(text, '\n'))) {
        text++;
        count++;
    }
    return count;
}

/* Reads all files that were given. texts[i] is NULL for a source that was not. */
static gm_status read_all(char *texts[SOURCES], size_t *lines, gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t i = 0; i < SOURCES && status == GM_OK; i++) {
        const char *path = cli_given_value(sources[i].name);
        if (path && !*path)
            return gm_fail(error, GM_USAGE, "--%s: expected a path, got an empty text", sources[i].name);
        if (path)
            status = sources[i].read(path, &texts[i], error);
        if (path && status == GM_OK)
            *lines += count_lines(texts[i]);
    }
    return status;
}

static gm_status build(const cli_option_list *known, char *texts[SOURCES], gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t i = 0; i < SOURCES && status == GM_OK; i++) {
        if (!texts[i])
            continue;
        whole.paths[i] = gm_strdup(cli_given_value(sources[i].name));
        status = whole.paths[i] ? add_lines(known, whole.paths[i], texts[i], error)
                                : gm_fail_memory(error, "a path", 0);
    }
    return status;
}

gm_status cli_config_insert(const struct argp *argp, int *argc, char ***argv, gm_error *error)
{
    char *texts[SOURCES] = {0};
    size_t lines = 0;
    cli_option_list known;
    cli_list_options(argp, &known);
    gm_status status = read_all(texts, &lines, error);
    if (status == GM_OK && lines > 0) {
        status = make_room((size_t)*argc + lines + 1, error);
        if (status == GM_OK)
            whole.arguments[whole.count++] = (*argv)[0];
        if (status == GM_OK)
            status = build(&known, texts, error);
    }
    for (size_t i = 0; i < SOURCES; i++)
        gm_free(texts[i]);
    if (status != GM_OK || lines == 0)
        return status;
    memcpy(whole.arguments + whole.count, *argv + 1,
           (size_t)*argc * sizeof **argv); /* with NULL at the end */
    *argc += (int)whole.count - 1;
    *argv = whole.arguments;
    return GM_OK;
}

cli_config_origin cli_config_origin_of(int argument)
{
    cli_config_origin origin = {""};
    const size_t i = (size_t)argument;
    if (argument > 0 && i < whole.count && whole.lines[i] > 0)
        snprintf(origin.text, sizeof origin.text, "%s:%zu: ", whole.files[i], whole.lines[i]);
    return origin;
}

static bool needs_quotes(const char *value)
{
    const size_t length = strlen(value);
    return length == 0 || *value == '"' || strchr(BLANKS, *value) || strchr(BLANKS, value[length - 1]) ||
           strpbrk(value, "\n\r\t");
}

static void write_quoted(const char *value, FILE *out)
{
    static const char special[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    fputc('"', out);
    for (; *value; value++) {
        const char *found = strchr(special, *value);
        if (found)
            fputc('\\', out);
        fputc(found ? letters[found - special] : *value, out);
    }
    fputc('"', out);
}

static void write_option(const char *name, const char *value, FILE *out)
{
    fputs(name, out);
    if (value)
        fputs(" = ", out);
    if (value && needs_quotes(value))
        write_quoted(value, out);
    else if (value)
        fputs(value, out);
    fputc('\n', out);
}

/* The text of a stream as a string of its own, and the end of both. NULL without memory. */
static char *take_text(gm_text *text, FILE *out)
{
    const bool ended = out && fputc('\0', out) == 0;
    const bool whole_text = out && fclose(out) == 0 && ended && !text->failed;
    char *string = whole_text ? gm_strdup(text->data) : NULL;
    gm_text_clear(text);
    return string;
}

/* Writes one option, unless it has no value. False without memory. */
static bool write_in_effect(const struct argp_option *option, cli_config_value *value_of, const void *context,
                            FILE *out)
{
    gm_text text = {0};
    FILE *value = gm_text_open(&text);
    const bool known = value && value_of && value_of(context, option->name, value);
    char *string = take_text(&text, value);
    if (string && known)
        write_option(option->name, string, out);
    else if (string && cli_given(option->name))
        write_option(option->name, cli_given_value(option->name), out);
    const bool done = string != NULL;
    gm_free(string);
    return done;
}

/* The options of the verb, those of its groups first, as --help has them. */
static bool write_all(const struct argp *argp, cli_config_value *value_of, const void *context, FILE *out)
{
    bool done = true;
    for (const struct argp_child *child = argp->children; child && child->argp && done; child++)
        done = write_all(child->argp, value_of, context, out);
    for (const struct argp_option *o = argp->options; done && (o->name || o->key || o->doc || o->group); o++)
        if (o->name && !is_source(o->name))
            done = write_in_effect(o, value_of, context, out);
    return done;
}

char *cli_config_text(const struct argp *argp, cli_config_value *value_of, const void *context)
{
    gm_text text = {0};
    FILE *out = gm_text_open(&text);
    const bool done = out && write_all(argp, value_of, context, out);
    char *string = take_text(&text, out);
    if (done)
        return string;
    gm_free(string);
    return NULL;
}
