/* Prints the figures of `eval` as a JSON object. */
#include "cli/evaluation_report.h"
#include "cli/json_out.h"

#include <math.h>

#define LARGEST_MATRIX 256 /* the confusion matrix is left out if there are more classes */

static json_t *class_json(const cli_evaluation *e, size_t c)
{
    const gm_class_figures figures = gm_evaluation_class(e->figures, c);
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o}", "name",
                     gm_json_printable(gm_dataset_class_name(e->dataset, c)), "rows",
                     (json_int_t)figures.support, "predicted", (json_int_t)figures.predicted, "precision",
                     gm_json_real(figures.precision), "recall", gm_json_real(figures.recall), "f1",
                     gm_json_real(figures.f1));
}

static json_t *matrix_row(const gm_evaluation *figures, size_t label)
{
    json_t *row = json_array();
    for (size_t c = 0; c < gm_evaluation_classes(figures); c++)
        row = cli_json_push(row, json_integer((json_int_t)gm_evaluation_confusion(figures, label, c)));
    return row;
}

static json_t *matrix_json(const gm_evaluation *figures)
{
    json_t *rows = json_array();
    if (gm_evaluation_classes(figures) > LARGEST_MATRIX) {
        json_decref(rows);
        return json_null();
    }
    for (size_t label = 0; label < gm_evaluation_classes(figures); label++)
        rows = cli_json_push(rows, matrix_row(figures, label));
    return rows;
}

static json_t *calibration_json(const gm_evaluation *figures)
{
    json_t *bins = json_array();
    for (size_t b = 0; b < GM_CALIBRATION_BINS; b++) {
        const gm_calibration_bin bin = gm_evaluation_calibration(figures, b);
        bins = cli_json_push(bins,
                             json_pack("{s:o, s:o, s:I, s:o, s:o}", "low", gm_json_real(bin.low), "high",
                                       gm_json_real(bin.high), "rows", (json_int_t)bin.rows, "confidence",
                                       gm_json_real(bin.confidence), "accuracy", gm_json_real(bin.accuracy)));
    }
    return bins;
}

static json_t *put_labels(json_t *root, const cli_evaluation *e)
{
    const gm_evaluation *figures = e->figures;
    json_t *classes = json_array(), *top = json_array();
    for (size_t c = 0; c < gm_evaluation_classes(figures); c++)
        classes = cli_json_push(classes, class_json(e, c));
    for (size_t k = 1; k <= 5 && k <= gm_evaluation_classes(figures); k++)
        top = cli_json_push(top, gm_json_real(gm_evaluation_top_k(figures, k)));
    root = cli_json_put(root, "balanced_accuracy", gm_json_real(gm_evaluation_balanced_accuracy(figures)));
    root = cli_json_put(root, "top_k", top);
    root = cli_json_put(root, "auc", gm_json_real(gm_evaluation_auc(figures)));
    root = cli_json_put(root, "log_loss", gm_json_real(gm_evaluation_log_loss(figures)));
    root = cli_json_put(root, "calibration_error", gm_json_real(gm_evaluation_calibration_error(figures)));
    if (!isnan(gm_evaluation_calibration_error(figures)))
        root = cli_json_put(root, "calibration", calibration_json(figures));
    root = cli_json_put(root, "classes", classes);
    return cli_json_put(root, "confusion", matrix_json(figures));
}

/* Adds the name of a target to its figures; null if it has none. */
static json_t *named(json_t *figures, const cli_evaluation *e, size_t target)
{
    const char *name = cli_evaluation_target(e, target);
    return cli_json_put(figures, "target", name ? gm_json_printable(name) : json_null());
}

/* Answers, yes or no; nothing if the targets are none. */
static json_t *put_answers(json_t *root, const cli_evaluation *e)
{
    const gm_evaluation *figures = e->figures;
    json_t *answers = json_array();
    if (!gm_evaluation_has_answers(figures)) {
        json_decref(answers);
        return root;
    }
    for (size_t t = 0; t < gm_evaluation_targets(figures); t++) {
        const gm_answer_figures of = gm_evaluation_answer(figures, t);
        json_t *item = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "rows", (json_int_t)of.support,
                                 "predicted", (json_int_t)of.predicted, "accuracy", gm_json_real(of.accuracy),
                                 "precision", gm_json_real(of.precision), "recall", gm_json_real(of.recall),
                                 "f1", gm_json_real(of.f1));
        answers = cli_json_push(answers, named(item, e, t));
    }
    root = cli_json_put(root, "accuracy", gm_json_real(gm_evaluation_answer_accuracy(figures)));
    root = cli_json_put(root, "subset_accuracy", gm_json_real(gm_evaluation_subset_accuracy(figures)));
    root = cli_json_put(root, "macro_f1", gm_json_real(gm_evaluation_macro_f1(figures)));
    root = cli_json_put(root, "micro_f1", gm_json_real(gm_evaluation_micro_f1(figures)));
    return cli_json_put(root, "answers", answers);
}

static json_t *put_numbers(json_t *root, const cli_evaluation *e)
{
    const gm_evaluation *figures = e->figures;
    json_t *targets = json_array();
    for (size_t t = 0; t < gm_evaluation_targets(figures); t++) {
        const gm_target_figures of = gm_evaluation_target(figures, t);
        json_t *item = json_pack("{s:o, s:o, s:o, s:o, s:o}", "mean", gm_json_real(of.mean), "deviation",
                                 gm_json_real(of.deviation), "rmse", gm_json_real(of.rmse), "mae",
                                 gm_json_real(of.mae), "r2", gm_json_real(of.r2));
        targets = cli_json_push(targets, named(item, e, t));
    }
    root = cli_json_put(root, "mae", gm_json_real(gm_evaluation_mae(figures)));
    root = cli_json_put(root, "r2", gm_json_real(gm_evaluation_r2(figures)));
    root = cli_json_put(root, "targets", targets);
    return put_answers(root, e);
}

json_t *cli_evaluation_json(const cli_evaluation *e)
{
    const gm_metrics *m = gm_evaluation_metrics(e->figures);
    const bool labels = gm_evaluation_classes(e->figures) > 0;
    json_t *root = json_pack("{s:I, s:o, s:o}", "rows", (json_int_t)m->rows, "loss", gm_json_real(m->loss),
                             labels ? "accuracy" : "rmse", gm_json_real(labels ? m->accuracy : m->rmse));
    if (m->not_finite > 0)
        return root;
    root = cli_json_put(root, "baseline", gm_json_real(gm_evaluation_baseline(e->figures)));
    root = cli_json_put(root, "worse_than_baseline", json_boolean(gm_evaluation_is_worse(e->figures)));
    return labels ? put_labels(root, e) : put_numbers(root, e);
}

gm_status cli_evaluation_print_json(const cli_evaluation *e, gm_error *error)
{
    return cli_json_print(cli_evaluation_json(e), 17, error);
}
