/* Code that the outputs share: it makes text of cells, and describes the environment in a few lines. */
#include "bench/output/output_parts.h"
#include "base/number.h"

#include <gradmill/version.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

const char *gm_cell_text(char *buffer, size_t size, const gm_column *column, const gm_cell *cell)
{
    if (column->decimals != GM_COLUMN_TEXT)
        return gm_format_grouped(buffer, size, cell->number, column->decimals);
    snprintf(buffer, size, "%s", cell->text);
    return buffer;
}

bool gm_cell_is_empty(const gm_column *column, const gm_cell *cell)
{
    return column->decimals == GM_COLUMN_TEXT ? !cell->text[0] : isnan(cell->number);
}

bool gm_column_is_used(const gm_result *result, size_t column)
{
    for (size_t i = 0; i < result->row_count; i++)
        if (!gm_cell_is_empty(result->columns[column], &result->rows[i].cells[column]))
            return true;
    return false;
}

static void append(gm_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(gm_line *line, const char *format, ...)
{
    const size_t used = strlen(line->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text + used, sizeof line->text - used, format, arguments);
    va_end(arguments);
}

static void append_cpu(gm_line *line, const gm_environment *e)
{
    static const char *const names[] = {"", "L1", "L2", "L3"};
    const gm_facts *facts = &e->facts;
    append(line, "%s (%s), ", facts->cpu.model[0] ? facts->cpu.model : "model unknown", facts->cpu.arch);
    append(line, "%zu of %zu threads usable", facts->threads.usable, facts->threads.online);
    for (size_t level = 1; level <= 3; level++) {
        char size[32];
        if (e->cache[level] > 0)
            append(line, ", %s %s", names[level], gm_format_bytes(size, sizeof size, e->cache[level]));
    }
}

static void append_blas(gm_line *line, const gm_environment *e)
{
    static const char *const threading[] = {"single-threaded", "pthreads", "OpenMP"};
    const gm_blas *blas = &e->facts.blas;
    append(line, "%s", blas->vendor);
    if (blas->core[0])
        append(line, ", %s kernels", blas->core);
    if (blas->threading != GM_BLAS_UNKNOWN)
        append(line, ", %s", threading[blas->threading]);
    if (blas->path[0])
        append(line, ", %s", blas->path);
}

/* Appends a speed in units of 10^9, with three digits: that of one thread, and that of all if there are more.
 */
static void append_speed(gm_line *line, const char *what, double one, double all, size_t threads)
{
    char text[2][32];
    if (!(one > 0))
        return;
    append(line, "%s%s %s", line->text[0] ? ", " : "", what,
           gm_format_grouped(text[0], sizeof text[0], one / 1e9, one < 1e11));
    if (threads > 1)
        append(line, " / %s", gm_format_grouped(text[1], sizeof text[1], all / 1e9, all < 1e11));
}

static void append_peaks(gm_line *line, const gm_environment *e, gm_precision precision)
{
    const size_t threads = e->facts.threads.usable;
    append_speed(line, precision == GM_F32 ? "f32 FMA" : "f64 FMA", e->peak_one[precision],
                 e->peak_all[precision], threads);
    append_speed(line, precision == GM_F32 ? "sgemm" : "dgemm", e->gemm_one[precision],
                 e->gemm_all[precision], threads);
    if (line->text[0])
        append(line, " GFLOP/s");
    append_speed(line, "memory", e->bandwidth_one, e->bandwidth_all, threads);
    append(line, " GB/s (one thread%s)", threads > 1 ? " / all" : "");
}

static void append_variables(gm_line *line, const gm_environment *e)
{
    for (size_t i = 0; i < e->facts.variable_count; i++)
        append(line, "%s%s=%s", i > 0 ? " " : "", e->facts.variables[i].name, e->facts.variables[i].value);
}

size_t gm_environment_lines(const gm_environment *environment, gm_line lines[GM_MOST_LINES])
{
    size_t count = 0;
    lines[count] = (gm_line){.label = "CPU"};
    append_cpu(&lines[count++], environment);
    lines[count] = (gm_line){.label = "BLAS"};
    append_blas(&lines[count++], environment);
    for (gm_precision precision = GM_F32; precision <= GM_F64; precision++)
        if (environment->peak_one[precision] > 0) {
            lines[count] = (gm_line){.label = "Peak"};
            append_peaks(&lines[count++], environment, precision);
        }
    lines[count] = (gm_line){.label = "Build"};
    append(&lines[count++], "gradmill %s, %s, %s", gm_version(), environment->facts.compiler,
           environment->flags);
    lines[count] = (gm_line){.label = "Run"};
    append(&lines[count], "%s", environment->date);
    if (environment->host[0])
        append(&lines[count], " on %s", environment->host);
    if (environment->facts.variable_count > 0)
        append(&lines[count], ", ");
    append_variables(&lines[count++], environment);
    return count;
}
