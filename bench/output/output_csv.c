/* Output as CSV (RFC 4180), with all digits. The environment is written in columns behind those of the row,
 * because many readers do not accept comments. */
#include "base/number.h"
#include "bench/output/output_parts.h"

#include <gradmill/version.h>
#include <math.h>
#include <string.h>

static void put_field(FILE *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void put_cell(FILE *out, const gm_column *column, const gm_cell *cell)
{
    char text[32];
    if (column->decimals == GM_COLUMN_TEXT)
        put_field(out, cell->text);
    else if (isfinite(cell->number))
        fputs(gm_format_shortest(text, sizeof text, cell->number), out);
}

/* The prefix distinguishes these columns from those of a case, such as "core" in a comparison. */
static void put_environment_heads(FILE *out)
{
    fputs(",env_date,env_cpu,env_blas,env_core,env_threads,env_version\r\n", out);
}

static void put_environment(FILE *out, const gm_environment *environment)
{
    const gm_facts *facts = &environment->facts;
    const char *const texts[] = {environment->date, facts->cpu.model, facts->blas.vendor, facts->blas.core};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fputc(',', out);
        put_field(out, texts[i]);
    }
    fprintf(out, ",%zu,%s\r\n", facts->threads.usable, gm_version());
}

gm_status gm_output_csv(const gm_result *result, const gm_environment *environment, FILE *out,
                        gm_error *error)
{
    (void)error;
    fputs("row", out);
    for (size_t i = 0; i < result->column_count; i++) {
        fputc(',', out);
        put_field(out, result->columns[i]->key);
    }
    put_environment_heads(out);
    for (size_t r = 0; r < result->row_count; r++) {
        const gm_result_row *row = &result->rows[r];
        put_field(out, row->name);
        for (size_t i = 0; i < result->column_count; i++) {
            fputc(',', out);
            put_cell(out, result->columns[i], &row->cells[i]);
        }
        put_environment(out, environment);
    }
    return GM_OK;
}
