/* Reads the rows of a query from an SQLite database. The rows are made text, as CSV with a header, and read
 * as any other CSV: names, categories, missing values and all options work alike. Line n of an error is row n
 * - 1 of the result.
 *
 * The database is opened for reading only, and an authorizer lets nothing but a SELECT through. */
#include "data/csv.h"
#include "data/format.h"

#include "base/error.h"

#include <string.h>

#define MAGIC "SQLite format 3" /* with its '\0' */

bool gm_sqlite_recognise(const gm_source *source)
{
    return source->head_size >= sizeof MAGIC && memcmp(source->head, MAGIC, sizeof MAGIC) == 0;
}

#ifndef GM_HAVE_SQLITE

gm_status gm_sqlite_read_texts(gm_table *table, gm_source *source, gm_dataset_options *options,
                               gm_source_texts *texts, gm_error *error)
{
    (void)table;
    (void)options;
    *texts = (gm_source_texts){0};
    return gm_fail(
        error, GM_BAD_DATA,
        "%s: an SQLite database; this program was built without SQLite: build it with libsqlite3-dev, or "
        "export the rows as CSV: sqlite3 -csv -header FILE 'select ...'",
        source->path);
}

#else

#include "base/append.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <sqlite3.h>

#define LISTED    6 /* an error names at most this many tables */
#define LIST_SIZE 400

typedef struct sql_reader {
    const char *path;
    sqlite3 *database;
    sqlite3_stmt *statement;
    gm_text text; /* the rows */
    FILE *out;
} sql_reader;

/* Only reading is allowed: no other database can be attached, and no setting changed. */
static int authorize(void *nothing, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)nothing;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    const bool reads = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
                       action == SQLITE_RECURSIVE;
    return reads ? SQLITE_OK : SQLITE_DENY;
}

static gm_status fail(const sql_reader *reader, const char *what, gm_error *error)
{
    const int code = sqlite3_errcode(reader->database) & 0xFF;
    const gm_status status = code == SQLITE_NOMEM                              ? GM_LIMIT
                             : code == SQLITE_IOERR || code == SQLITE_CANTOPEN ? GM_IO
                                                                               : GM_BAD_DATA;
    return gm_fail(error, status, "%s: %s: %s", reader->path, what, sqlite3_errmsg(reader->database));
}

static gm_status open_database(sql_reader *reader, const gm_source *source, gm_error *error)
{
    if (source->gunzip || source->path == gm_bytes_name("-"))
        return gm_fail(error, GM_BAD_DATA,
                       "%s: an SQLite database is read from a file of its own, which is not compressed",
                       source->path);
    if (sqlite3_open_v2(source->path, &reader->database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return reader->database ? fail(reader, "cannot be opened", error)
                                : gm_fail_memory(error, "an SQLite database", 0);
    sqlite3_set_authorizer(reader->database, authorize, NULL);
    return GM_OK;
}

/* ---- the query ---- */

static gm_status prepare(sql_reader *reader, const char *query, gm_error *error)
{
    const char *rest = "";
    if (sqlite3_prepare_v2(reader->database, query, -1, &reader->statement, &rest) != SQLITE_OK)
        return fail(reader, "the query cannot be run, which is to be one SELECT", error);
    if (!reader->statement || sqlite3_column_count(reader->statement) == 0 ||
        !sqlite3_stmt_readonly(reader->statement))
        return gm_fail(error, GM_BAD_DATA, "%s: the query is no SELECT", reader->path);
    if (rest[strspn(rest, " \t\r\n;")])
        return gm_fail(error, GM_BAD_DATA, "%s: expected one SELECT, got more behind it", reader->path);
    return GM_OK;
}

/* Without a query: all rows of the only table. */
static gm_status choose_table(sql_reader *reader, gm_table *table, gm_error *error)
{
    char list[LIST_SIZE] = "", shown[GM_CSV_SHOWN], *query = NULL;
    size_t count = 0, used = 0;
    gm_status status = prepare(
        reader, "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%'",
        error);
    int step = SQLITE_DONE;
    while (!status && (step = sqlite3_step(reader->statement)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(reader->statement, 0);
        if (!name) {
            status = gm_fail_memory(error, "the name of a table", 0);
            break;
        }
        if (count++ < LISTED)
            used = gm_append(list, sizeof list, used, "%s%s", count > 1 ? ", " : "",
                             gm_csv_show_text(name, shown));
        sqlite3_free(query);
        query = sqlite3_mprintf("select * from \"%w\"", name);
    }
    if (!status && step != SQLITE_DONE)
        status = fail(reader, "its tables cannot be listed", error);
    (void)sqlite3_finalize(reader->statement);
    reader->statement = NULL;
    if (!status && count != 1)
        status =
            gm_fail(error, GM_BAD_DATA, "%s: %s%s%s; say which rows with --query 'select ...'", reader->path,
                    count ? "it has the tables " : "it has no tables", list, count > LISTED ? ", ..." : "");
    if (!status)
        status = query ? prepare(reader, query, error) : gm_fail_memory(error, "a query", 0);
    sqlite3_free(query);
    return status ? status : gm_table_remark(table, error, "all rows of the table '%s'", list);
}

/* ---- the rows as text ---- */

/* A cell in quotes, so that whatever is in it stays one cell. */
static void put_text(sql_reader *reader, const char *text, size_t length)
{
    putc('"', reader->out);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            putc('"', reader->out);
        putc(text[i], reader->out);
    }
    putc('"', reader->out);
}

static gm_status fail_blob(const sql_reader *reader, int column, size_t row, gm_error *error)
{
    char shown[GM_CSV_SHOWN];
    return gm_fail(
        error, GM_BAD_DATA,
        "%s: row %zu of the result, column '%s': a blob; expected a number or a text; leave the column out of "
        "the query",
        reader->path, row, gm_csv_show_text(sqlite3_column_name(reader->statement, column), shown));
}

static gm_status put_cell(sql_reader *reader, int column, size_t row, gm_error *error)
{
    sqlite3_stmt *statement = reader->statement;
    char number[40];
    const char *text;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        fprintf(reader->out, "%lld", (long long)sqlite3_column_int64(statement, column));
        return GM_OK;
    case SQLITE_FLOAT:
        fputs(gm_format_shortest(number, sizeof number, sqlite3_column_double(statement, column)),
              reader->out);
        return GM_OK;
    case SQLITE_BLOB:
        return fail_blob(reader, column, row, error);
    case SQLITE_NULL:
        fputs("\"\"", reader->out); /* not an empty line, if it is the only column */
        return GM_OK;
    default:
        text = (const char *)sqlite3_column_text(statement, column);
        if (!text)
            return gm_fail_memory(error, "a text of the database", 0);
        put_text(reader, text, (size_t)sqlite3_column_bytes(statement, column));
        return GM_OK;
    }
}

static gm_status put_row(sql_reader *reader, size_t row, gm_error *error)
{
    const int columns = sqlite3_column_count(reader->statement);
    gm_status status = GM_OK;
    for (int c = 0; c < columns && !status; c++) {
        if (c > 0)
            putc(',', reader->out);
        status = put_cell(reader, c, row, error);
    }
    putc('\n', reader->out);
    return status;
}

static void put_header(sql_reader *reader)
{
    const int columns = sqlite3_column_count(reader->statement);
    for (int c = 0; c < columns; c++) {
        const char *name = sqlite3_column_name(reader->statement, c);
        if (c > 0)
            putc(',', reader->out);
        put_text(reader, name ? name : "", name ? strlen(name) : 0);
    }
    putc('\n', reader->out);
}

static gm_status put_rows(sql_reader *reader, gm_error *error)
{
    size_t row = 0;
    int step = SQLITE_ROW;
    gm_status status = GM_OK;
    put_header(reader);
    while (!status && !ferror(reader->out) && (step = sqlite3_step(reader->statement)) == SQLITE_ROW)
        status = put_row(reader, ++row, error);
    if (status || step == SQLITE_ROW || step == SQLITE_DONE)
        return status;
    return fail(reader, "the query fails", error);
}

static gm_status make_text(sql_reader *reader, gm_error *error)
{
    reader->out = gm_text_open(&reader->text);
    gm_status status = reader->out ? put_rows(reader, error) : GM_OK;
    const bool ended = reader->out && putc('\0', reader->out) != EOF;
    const bool whole = reader->out && fclose(reader->out) == 0 && ended && !reader->text.failed;
    return status || whole ? status : gm_fail_memory(error, "the rows of the query", reader->text.size);
}

gm_status gm_sqlite_read_texts(gm_table *table, gm_source *source, gm_dataset_options *options,
                               gm_source_texts *texts, gm_error *error)
{
    sql_reader reader = {.path = source->path};
    *texts = (gm_source_texts){.items = gm_alloc(1, sizeof *texts->items), .count = 1};
    options->header = 1;
    options->delimiter = ',';
    options->decimal = '.';
    options->comment = NULL;
    gm_status status = texts->items ? open_database(&reader, source, error)
                                    : gm_fail_memory(error, "a text", sizeof *texts->items);
    if (!status)
        status =
            options->query ? prepare(&reader, options->query, error) : choose_table(&reader, table, error);
    if (!status)
        status = make_text(&reader, error);
    (void)sqlite3_finalize(reader.statement);
    (void)sqlite3_close(reader.database);
    gm_append(texts->name, sizeof texts->name, 0, "%s", source->path);
    if (status)
        gm_text_clear(&reader.text);
    else /* the text is without its '\0' */
        texts->items[0] =
            (gm_source_text){source->path, reader.text.data, reader.text.size - (reader.text.size > 0)};
    return status;
}

#endif

gm_status gm_sqlite_read(gm_table *table, gm_source *source, const gm_dataset_options *options,
                         gm_error *error)
{
    gm_source_texts texts;
    gm_dataset_options as_csv = *options;
    table->format = GM_FORMAT_SQLITE;
    gm_status status = gm_sqlite_read_texts(table, source, &as_csv, &texts, error);
    if (!status)
        status = gm_csv_read_texts(table, &texts, &as_csv, error);
    gm_source_texts_clear(&texts);
    return status;
}
