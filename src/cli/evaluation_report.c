/* Prints the figures of `eval` as text: overall figures, a table of the classes or targets, and the confusion
 * matrix. */
#include "cli/evaluation_report.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS      80 /* of the terminal that tables are made for */
#define LONGEST_NAME 24 /* characters of a name in a table; the rest is cut off */
#define MOST_ERRORS  10 /* lines of the list of errors */
#define TOP_K        5

/* Prints a line with an overall figure. A value that is not finite is not printed as a number. */
static void print_figure(const char *what, const char *format, double value)
{
    printf("%-18s ", what);
    if (isfinite(value))
        printf(format, value);
    else
        fputs("not finite", stdout);
    putchar('\n');
}

/* The same for a figure that may be undefined. Then nothing is printed. */
static void print_defined(const char *what, const char *format, double value)
{
    if (!isnan(value))
        print_figure(what, format, value);
}

/* The number of bytes of the first `most` characters of a name. *width is the number of these characters. */
static size_t first_characters(const char *name, size_t most, size_t *width)
{
    size_t bytes = 0;
    const size_t length = strlen(name);
    for (*width = 0; bytes < length && *width < most; ++*width)
        bytes += gm_max(gm_utf8_length(name + bytes, length - bytes), 1);
    return bytes;
}

static size_t cut_name(const char *name, size_t *width)
{
    return first_characters(name, LONGEST_NAME, width);
}

/* Prints a name in `width` columns, aligned left or right. */
static void print_name(const char *name, size_t width, bool right)
{
    char text[4 * LONGEST_NAME + 1]; /* a character has at most four bytes */
    size_t used;
    const size_t bytes = cut_name(name, &used);
    const int blanks = (int)(width > used ? width - used : 0);
    memcpy(text, name, bytes);
    text[bytes] = '\0';
    if (name[bytes] != '\0') { /* the name is too long: its end becomes ".." */
        const size_t room = first_characters(name, LONGEST_NAME - 2, &used);
        strcpy(text + room, "..");
        used = LONGEST_NAME;
    }
    gm_make_printable(text, strlen(text));
    printf("%*s%s%*s", right ? blanks : 0, "", text, right ? 0 : blanks, "");
}

static size_t widest_name(const cli_evaluation *e)
{
    size_t widest = strlen("class");
    for (size_t c = 0; c < gm_evaluation_classes(e->figures); c++) {
        size_t width;
        cut_name(gm_dataset_class_name(e->dataset, c), &width);
        widest = gm_max(widest, width);
    }
    return widest;
}

static void print_share(double value)
{
    if (isnan(value))
        printf("  %9s", "-");
    else
        printf("  %7.2f %%", 100 * value);
}

static void print_classes(const cli_evaluation *e)
{
    const size_t width = widest_name(e);
    putchar('\n');
    print_name("class", width, false);
    printf("  %9s  %9s  %9s  %9s\n", "rows", "precision", "recall", "F1");
    for (size_t c = 0; c < gm_evaluation_classes(e->figures); c++) {
        const gm_class_figures figures = gm_evaluation_class(e->figures, c);
        print_name(gm_dataset_class_name(e->dataset, c), width, false);
        printf("  %9zu", figures.support);
        print_share(figures.precision);
        print_share(figures.recall);
        print_share(figures.f1);
        putchar('\n');
    }
}

static int digits_of(size_t number)
{
    return snprintf(NULL, 0, "%zu", number);
}

/* The width of a class in the confusion matrix: room for its name and for the largest count. */
static size_t matrix_column(const cli_evaluation *e, size_t widest)
{
    return gm_max(widest, (size_t)digits_of(gm_evaluation_metrics(e->figures)->rows)) + 2;
}

static void print_matrix(const cli_evaluation *e, size_t widest)
{
    const size_t classes = gm_evaluation_classes(e->figures), column = matrix_column(e, widest);
    puts("\nconfusion matrix: a row for each label, a column for each prediction");
    printf("%*s", (int)widest, "");
    for (size_t c = 0; c < classes; c++)
        print_name(gm_dataset_class_name(e->dataset, c), column, true);
    putchar('\n');
    for (size_t label = 0; label < classes; label++) {
        print_name(gm_dataset_class_name(e->dataset, label), widest, false);
        for (size_t c = 0; c < classes; c++)
            printf("%*zu", (int)column, gm_evaluation_confusion(e->figures, label, c));
        putchar('\n');
    }
}

/* One kind of error: rows with this label that are predicted to be another class. */
struct confusion {
    size_t label, predicted, rows;
};

/* Inserts a kind of error into the list of the MOST_ERRORS most frequent ones, if it belongs there. The most
 * frequent is first. */
static void keep(struct confusion *kept, size_t *count, struct confusion offered)
{
    size_t place = *count < MOST_ERRORS ? (*count)++ : MOST_ERRORS - 1;
    if (place == MOST_ERRORS - 1 && kept[place].rows >= offered.rows)
        return;
    for (; place > 0 && kept[place - 1].rows < offered.rows; place--)
        kept[place] = kept[place - 1];
    kept[place] = offered;
}

static void print_errors(const cli_evaluation *e, size_t widest)
{
    const size_t classes = gm_evaluation_classes(e->figures);
    struct confusion kept[MOST_ERRORS] = {{0}};
    size_t count = 0;
    for (size_t label = 0; label < classes; label++) {
        for (size_t c = 0; c < classes; c++) {
            const struct confusion found = {label, c, gm_evaluation_confusion(e->figures, label, c)};
            if (label != c && found.rows > 0)
                keep(kept, &count, found);
        }
    }
    if (count > 0)
        puts("\nmost frequent errors");
    for (size_t i = 0; i < count; i++) {
        printf("%9zu of %zu  ", kept[i].rows, gm_evaluation_class(e->figures, kept[i].label).support);
        print_name(gm_dataset_class_name(e->dataset, kept[i].label), widest, false);
        fputs("  taken for  ", stdout);
        print_name(gm_dataset_class_name(e->dataset, kept[i].predicted), 0, false);
        putchar('\n');
    }
}

static void print_labels(const cli_evaluation *e)
{
    const gm_evaluation *figures = e->figures;
    const size_t classes = gm_evaluation_classes(figures), widest = widest_name(e);
    print_defined("balanced accuracy", "%.2f %%", 100 * gm_evaluation_balanced_accuracy(figures));
    if (classes > TOP_K)
        print_defined("top-5 accuracy", "%.2f %%", 100 * gm_evaluation_top_k(figures, TOP_K));
    print_defined("AUC", "%.5f", gm_evaluation_auc(figures));
    if (e->loss != GM_CROSS_ENTROPY) /* with cross-entropy, the loss is the log loss */
        print_defined("log loss", "%.5f", gm_evaluation_log_loss(figures));
    print_defined("calibration error", "%.2f %%", 100 * gm_evaluation_calibration_error(figures));
    if (gm_evaluation_metrics(figures)->not_finite > 0)
        return;
    print_classes(e);
    if (widest + classes * matrix_column(e, widest) <= COLUMNS)
        print_matrix(e, widest);
    else
        print_errors(e, widest);
}

const char *cli_evaluation_target(const cli_evaluation *e, size_t target)
{
    return gm_columns_target(e->columns, target);
}

/* The width of a column with the names of all targets, or with their numbers. */
static size_t widest_target(const cli_evaluation *e)
{
    size_t widest = strlen("target");
    for (size_t t = 0; t < gm_evaluation_targets(e->figures); t++) {
        const char *name = cli_evaluation_target(e, t);
        size_t width = 0;
        if (name)
            cut_name(name, &width);
        widest = gm_max(widest, width);
    }
    return widest;
}

static void print_target(const cli_evaluation *e, size_t target, size_t width)
{
    const char *name = cli_evaluation_target(e, target);
    if (name)
        print_name(name, width, false);
    else
        printf("%*zu", (int)width, target + 1);
}

/* Answers, yes or no: the figures of each target. */
static void print_answers(const cli_evaluation *e)
{
    const gm_evaluation *figures = e->figures;
    const size_t width = widest_target(e);
    print_figure("accuracy", "%.2f %%", 100 * gm_evaluation_answer_accuracy(figures));
    print_figure("subset accuracy", "%.2f %%", 100 * gm_evaluation_subset_accuracy(figures));
    print_defined("macro F1", "%.2f %%", 100 * gm_evaluation_macro_f1(figures));
    print_defined("micro F1", "%.2f %%", 100 * gm_evaluation_micro_f1(figures));
    printf("\n%-*s       rows   accuracy  precision     recall         F1\n", (int)width, "target");
    for (size_t t = 0; t < gm_evaluation_targets(figures); t++) {
        const gm_answer_figures of = gm_evaluation_answer(figures, t);
        print_target(e, t, width);
        printf("  %9zu", of.support);
        print_share(of.accuracy);
        print_share(of.precision);
        print_share(of.recall);
        print_share(of.f1);
        putchar('\n');
    }
}

static void print_numbers(const cli_evaluation *e)
{
    const gm_evaluation *figures = e->figures;
    const size_t targets = gm_evaluation_targets(figures);
    if (gm_evaluation_has_answers(figures)) {
        print_answers(e);
        return;
    }
    print_defined("MAE", "%.5f", gm_evaluation_mae(figures));
    print_defined("R^2", "%.5f", gm_evaluation_r2(figures));
    if (targets < 2 || gm_evaluation_metrics(figures)->not_finite > 0)
        return;
    const size_t width = widest_target(e);
    printf("\n%-*s%12s%11s%11s%11s%11s\n", (int)width, "target", "mean", "deviation", "rmse", "MAE", "R^2");
    for (size_t t = 0; t < targets; t++) {
        const gm_target_figures of = gm_evaluation_target(figures, t);
        print_target(e, t, width);
        printf("%12.5g%11.5g%11.5g%11.5g", of.mean, of.deviation, of.rmse, of.mae);
        if (isnan(of.r2))
            printf("%11s\n", "-");
        else
            printf("%11.5f\n", of.r2);
    }
}

void cli_evaluation_print(const cli_evaluation *e)
{
    const gm_metrics *metrics = gm_evaluation_metrics(e->figures);
    const bool labels = gm_evaluation_classes(e->figures) > 0;
    printf("%-18s %zu\n", "rows", metrics->rows);
    print_figure("loss", "%.5f", metrics->loss);
    if (labels)
        print_figure("accuracy", "%.2f %%", 100 * metrics->accuracy);
    else
        print_figure("rmse", "%.5f", metrics->rmse);
    if (labels)
        print_labels(e);
    else
        print_numbers(e);
}
