/* The first rows of a file as gradmill data prints them: as a table, or the first one as an image. */
#include "base/memory.h"
#include "cli/data_report.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

#define LONGEST_CELL 14
#define MOST_PIXELS  56 /* of a row or a column of an image; larger ones are shown smaller */

static bool is_number(const gm_survey_column *column)
{
    return column->kind == GM_SURVEY_NUMBER || column->kind == GM_SURVEY_WHOLE;
}

/* The columns of the terminal that a column of the table takes. */
static size_t width_of(const gm_survey *survey, size_t c)
{
    const char *name = gm_survey_get_column(survey, c)->name;
    size_t width = name ? cli_columns_of(name) : 1;
    for (size_t r = 0; r < gm_survey_preview_rows(survey); r++)
        width = gm_max(width, cli_columns_of(gm_survey_cell(survey, r, c)));
    return gm_min(width, LONGEST_CELL);
}

/* How many of the first columns fit beside the last one. */
static size_t count_fitting(const gm_survey *survey, size_t room)
{
    const size_t columns = gm_survey_get_facts(survey)->columns;
    size_t used = width_of(survey, columns - 1), c = 0;
    while (c + 1 < columns) {
        const size_t width = width_of(survey, c) + 2;
        if (used + width + (c + 2 < columns ? strlen("  ...") : 0) > room)
            break;
        used += width;
        c++;
    }
    return c;
}

/* One line of the table: a cell of each column that fits, and of the last. */
static void print_line(const gm_survey *survey, size_t fitting, size_t row, bool names)
{
    const size_t columns = gm_survey_get_facts(survey)->columns;
    for (size_t c = 0; c < columns; c++) {
        if (c == fitting && c + 1 < columns) {
            cli_print_fitted("  ...", 5, CLI_LEFT);
            c = columns - 1;
        }
        const gm_survey_column *column = gm_survey_get_column(survey, c);
        const char *text = names ? (column->name ? column->name : "") : gm_survey_cell(survey, row, c);
        cli_print_blanks(c > 0 ? 2 : 0);
        cli_print_fitted(text, width_of(survey, c), is_number(column) ? CLI_RIGHT : CLI_LEFT);
    }
    cli_end_line();
}

void cli_print_survey_rows(const gm_survey *survey)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const size_t rows = gm_survey_preview_rows(survey);
    if (rows == 0)
        return;
    const size_t fitting = count_fitting(survey, cli_output_columns());
    puts(rows < facts->rows ? "\nThe first rows" : "\nAll rows");
    if (facts->header)
        print_line(survey, fitting, 0, true);
    for (size_t r = 0; r < rows; r++)
        print_line(survey, fitting, r, false);
}

/* An image, and how many of its pixels are joined in each direction. */
typedef struct image {
    const double *pixels;
    size_t height, width, step;
    double least, most;
} image;

/* The mean of a block of pixels, from 0 to 1. */
static double brightness(const image *shown, size_t top, size_t left, size_t tall, size_t wide)
{
    double sum = 0;
    size_t count = 0;
    for (size_t y = top; y < gm_min(top + tall, shown->height); y++) {
        for (size_t x = left; x < gm_min(left + wide, shown->width); x++) {
            sum += shown->pixels[y * shown->width + x];
            count++;
        }
    }
    const double range = shown->most - shown->least;
    return range > 0 ? (sum / (double)count - shown->least) / range : 0;
}

/* A character is about twice as tall as it is wide, so it stands for two rows of pixels. */
static void print_image(const image *shown)
{
    static const char levels[] = " .:-=+*#%@";
    for (size_t y = 0; y < shown->height; y += 2 * shown->step) {
        for (size_t x = 0; x < shown->width; x += shown->step) {
            const double bright = brightness(shown, y, x, 2 * shown->step, shown->step);
            putchar(levels[(size_t)(bright * (sizeof levels - 2) + 0.5)]);
        }
        putchar('\n');
    }
}

void cli_print_survey_image(const gm_survey *survey)
{
    const gm_survey_facts *facts = gm_survey_get_facts(survey);
    const gm_dataset *dataset = gm_survey_dataset(survey);
    const size_t features = gm_dataset_features(dataset);
    if (facts->dimensions != 3 || facts->sizes[1] * facts->sizes[2] != features)
        return;
    double *pixels = gm_alloc(features, sizeof *pixels);
    const uint32_t first = 0;
    image shown = {.pixels = pixels, .height = facts->sizes[1], .width = facts->sizes[2]};
    shown.step = gm_pieces(gm_max(shown.height, shown.width), MOST_PIXELS);
    if (pixels && gm_dataset_gather(dataset, NULL, &first, 1, gm_mutable_f64(pixels, 1, features),
                                    gm_no_array(), NULL) == GM_OK) {
        shown.least = shown.most = pixels[0];
        for (size_t i = 0; i < features; i++) {
            shown.least = pixels[i] < shown.least ? pixels[i] : shown.least;
            shown.most = pixels[i] > shown.most ? pixels[i] : shown.most;
        }
        printf("\nThe first row%s%s\n", gm_dataset_has_labels(dataset) ? ", of class " : "",
               gm_dataset_has_labels(dataset) ? gm_dataset_class_name(dataset, gm_dataset_label(dataset, 0))
                                              : "");
        print_image(&shown);
    }
    if (!pixels)
        puts("\n(no memory to show the first row)");
    gm_free(pixels);
}
