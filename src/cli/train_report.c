/* Prints the progress and the results of `train`. */
#include "cli/train_report.h"
#include "base/number.h"
#include "cli/json_out.h"
#include "cli/post_mortem_report.h"

#include <gradmill/version.h>
#include <math.h>
#include <stdio.h>

void cli_train_report_open(cli_train_report *report, bool labels)
{
    report->labels = labels;
    report->bar = cli_progress_begin(!report->quiet, report->may_end_early);
    report->epochs = json_array();
    if (!report->json && !report->quiet)
        printf("epoch  train loss  valid loss  %s  samples/s  GFLOP/s  time s\n",
               labels ? "accuracy %" : "valid rmse");
    fflush(stdout);
}

void cli_train_report_step(cli_train_report *report, const gm_progress *progress)
{
    cli_progress_step(&report->bar, progress);
}

static void append_json(cli_train_report *report, const gm_epoch *e)
{
    report->epochs = cli_json_push(
        report->epochs,
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "epoch", (json_int_t)e->epoch, "train_loss",
                  gm_json_real(e->train_loss), "valid_loss", gm_json_real(e->has_valid ? e->valid.loss : NAN),
                  "valid_accuracy", gm_json_real(e->has_valid ? e->valid.accuracy : NAN), "valid_rmse",
                  gm_json_real(e->has_valid ? e->valid.rmse : NAN), "samples_per_second",
                  gm_json_real(e->samples_per_second), "gflops", gm_json_real(e->gflops), "seconds",
                  gm_json_real(e->seconds)));
}

/* A value that is not finite is not printed as a number. */
static void format_figure(char *text, size_t size, const char *format, double value)
{
    if (isfinite(value))
        snprintf(text, size, fabs(value) < 1e4 ? format : "%.5g", value);
    else
        snprintf(text, size, "not finite");
}

/* One row of the table. `name` stands in place of the number of the epoch. */
static void print_row(cli_train_report *report, const char *name, const gm_epoch *e)
{
    char speed[32], train_loss[32], loss[32] = "-", quality[32] = "-";
    format_figure(train_loss, sizeof train_loss, "%.5f", e->train_loss);
    if (e->has_valid) {
        format_figure(loss, sizeof loss, "%.5f", e->valid.loss);
        format_figure(quality, sizeof quality, report->labels ? "%.2f" : "%.5f",
                      report->labels ? 100 * e->valid.accuracy : e->valid.rmse);
    }
    cli_progress_erase(&report->bar);
    printf("%5s  %10s  %10s  %10s  %9s  %7.1f  %6.2f\n", name, train_loss, loss, quality,
           gm_format_grouped(speed, sizeof speed, e->samples_per_second, 0), e->gflops, e->seconds);
    fflush(stdout);
    report->rows++;
}

static void print_epoch(cli_train_report *report, const gm_epoch *e)
{
    char number[32];
    snprintf(number, sizeof number, "%zu", e->epoch);
    print_row(report, number, e);
}

/* Whether an epoch is printed when it has ended. Up to 20 all are. Of more, every epoch with a round number
 * is: ten of a decade, at nearly equal ratios. Thereby the table is dense where most is learned, it has some
 * 25 rows, or 10 more for ten times as many epochs, and it does not depend on when the training ends. */
static bool is_shown(const gm_epoch *e)
{
    static const unsigned char rounds[] = {1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80};
    size_t epoch = e->epoch;
    if (e->epochs <= 20 || epoch == e->epochs)
        return true;
    while (epoch >= 100 && epoch % 10 == 0)
        epoch /= 10;
    for (size_t i = 0; i < sizeof rounds; i++) {
        if (rounds[i] == epoch)
            return true;
    }
    return false;
}

void cli_train_report_epoch(cli_train_report *report, const gm_epoch *e)
{
    if (report->json)
        append_json(report, e);
    if (report->json || report->quiet)
        return;
    report->seen++;
    report->last = *e;
    report->last_is_shown = is_shown(e);
    if (e->best) {
        report->best = *e;
        report->best_is_shown = report->last_is_shown;
    }
    if (report->last_is_shown)
        print_epoch(report, e);
}

/* Adds the rows that only the end tells: of the last epoch, and of the one that is kept. */
static void print_last_rows(cli_train_report *report, const gm_train_result *result)
{
    const size_t kept = result->kept_epoch;
    if (report->last.epoch > 0 && !report->last_is_shown)
        print_epoch(report, &report->last);
    if (kept > 0 && kept == report->best.epoch && kept != report->last.epoch && !report->best_is_shown)
        print_row(report, "kept", &report->best);
    if (report->rows < report->seen)
        printf("%zu of %zu epochs are shown; --log FILE and --json have all\n", report->rows, report->seen);
}

/* The value that an epoch was chosen by, with its unit. */
static void format_monitored(char *text, size_t size, gm_monitor monitor, const gm_metrics *metrics)
{
    if (monitor == GM_MONITOR_ACCURACY)
        snprintf(text, size, "accuracy %.2f %%", 100 * metrics->accuracy);
    else if (monitor == GM_MONITOR_RMSE)
        snprintf(text, size, "rmse %.5f", metrics->rmse);
    else
        snprintf(text, size, "loss %.5f", metrics->loss);
}

static void print_end(const cli_train_end *end)
{
    const gm_train_result *result = end->result;
    char value[64];
    if (result->end == GM_END_PATIENCE)
        printf("ended after epoch %zu: %zu epochs in a row were no better\n", result->epochs,
               result->epochs - result->best_epoch);
    if (result->end == GM_END_STOPPED)
        printf("interrupted in epoch %zu\n", result->epochs);
    if (end->has_valid && result->kept_epoch > 0 && result->kept_epoch == result->best_epoch) {
        format_monitored(value, sizeof value, end->monitor, &result->valid);
        printf("kept epoch %zu, the best of %zu: %s on the validation set\n", result->kept_epoch,
               result->epochs, value);
    }
    if (end->saved)
        printf("saved %s\n", end->saved);
}

const char *cli_train_end_word(gm_train_end end)
{
    static const char *const words[] = {
        [GM_END_EPOCHS] = "epochs",
        [GM_END_STOPPED] = "interrupted",
        [GM_END_PATIENCE] = "patience",
        [GM_END_FAILED] = "diverged",
    };
    return words[end];
}

static json_t *end_json(json_t *epochs, const cli_train_end *end)
{
    const gm_train_result *result = end->result;
    return json_pack("{s:s, s:o, s:o, s:s, s:I, s:I, s:o, s:o}", "version", gm_version(), "options",
                     gm_json_printable(end->options), "epochs", epochs, "ended",
                     cli_train_end_word(result->end), "best_epoch", (json_int_t)result->best_epoch,
                     "kept_epoch", (json_int_t)result->kept_epoch, "model",
                     end->saved ? gm_json_printable(end->saved) : json_null(), "post_mortem",
                     cli_post_mortem_json(end->post_mortem, end->data));
}

gm_status cli_train_report_close(cli_train_report *report, const cli_train_end *end, gm_error *error)
{
    cli_progress_erase(&report->bar);
    if (report->json)
        return cli_json_print(end_json(report->epochs, end), 17, error);
    json_decref(report->epochs);
    if (report->quiet)
        return GM_OK;
    print_last_rows(report, end->result);
    print_end(end);
    fflush(stdout);
    cli_post_mortem_print(end->post_mortem, end->data);
    return GM_OK;
}

void cli_train_report_drop(cli_train_report *report)
{
    cli_progress_erase(&report->bar);
    json_decref(report->epochs);
}
