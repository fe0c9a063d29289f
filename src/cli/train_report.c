/* Prints the progress and the results of `train`. */
#include "cli/train_report.h"
#include "base/clock.h"
#include "base/number.h"
#include "cli/json_out.h"

#include <gradmill/version.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

void cli_train_report_open(cli_train_report *report, bool labels)
{
    report->labels = labels;
    report->bar = !report->quiet && isatty(STDERR_FILENO);
    report->epochs = json_array();
    if (!report->json && !report->quiet)
        printf("epoch  train loss  valid loss  %s  samples/s  GFLOP/s  time s\n",
               labels ? "accuracy %" : "valid rmse");
    fflush(stdout);
}

/* Erases the progress bar, so that the next line begins at the left. */
static void wipe_bar(const cli_train_report *report)
{
    if (report->bar)
        fputs("\r\033[K", stderr);
}

void cli_train_report_step(cli_train_report *report, const gm_progress *p)
{
    static const char filled[] = "##############################", empty[] = "..............................";
    enum { WIDTH = sizeof filled - 1 };
    const uint64_t now = gm_clock();
    if (!report->bar || now < report->bar_due)
        return;
    report->bar_due = now + 100000000; /* 0.1 s */
    const int done = (int)(WIDTH * p->step / p->steps);
    fprintf(stderr, "\repoch %zu/%zu [%.*s%.*s] step %zu/%zu, loss %.4f\033[K", p->epoch, p->epochs, done,
            filled, WIDTH - done, empty, p->step, p->steps, p->loss);
    fflush(stderr);
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
        snprintf(text, size, format, value);
    else
        snprintf(text, size, "not finite");
}

void cli_train_report_epoch(cli_train_report *report, const gm_epoch *e)
{
    char speed[32], loss[32] = "-", quality[32] = "-";
    wipe_bar(report);
    if (report->json)
        append_json(report, e);
    if (report->json || report->quiet)
        return;
    if (e->has_valid) {
        format_figure(loss, sizeof loss, "%.5f", e->valid.loss);
        format_figure(quality, sizeof quality, report->labels ? "%.2f" : "%.5f",
                      report->labels ? 100 * e->valid.accuracy : e->valid.rmse);
    }
    printf("%5zu  %10.5f  %10s  %10s  %9s  %7.1f  %6.2f\n", e->epoch, e->train_loss, loss, quality,
           gm_format_grouped(speed, sizeof speed, e->samples_per_second, 0), e->gflops, e->seconds);
    fflush(stdout);
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

static json_t *end_json(json_t *epochs, const cli_train_end *end)
{
    static const char *const words[] = {
        [GM_END_EPOCHS] = "epochs",
        [GM_END_STOPPED] = "interrupted",
        [GM_END_PATIENCE] = "patience",
        [GM_END_FAILED] = "diverged",
    };
    const gm_train_result *result = end->result;
    return json_pack("{s:s, s:o, s:s, s:I, s:I, s:s?}", "version", gm_version(), "epochs", epochs, "ended",
                     words[result->end], "best_epoch", (json_int_t)result->best_epoch, "kept_epoch",
                     (json_int_t)result->kept_epoch, "model", end->saved);
}

gm_status cli_train_report_close(cli_train_report *report, const cli_train_end *end, gm_error *error)
{
    wipe_bar(report);
    if (report->json)
        return cli_json_print(end_json(report->epochs, end), 17, error);
    json_decref(report->epochs);
    if (!report->quiet)
        print_end(end);
    return GM_OK;
}

void cli_train_report_drop(cli_train_report *report)
{
    wipe_bar(report);
    json_decref(report->epochs);
}
