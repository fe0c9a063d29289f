/* Prints the curve of a learning-rate range test, as a table with bars or as JSON, and a rate to try. */
#include "cli/find_rate.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/number.h"
#include "cli/json_out.h"
#include "cli/needless.h"

#include <math.h>
#include <stdio.h>

#define LINES 25 /* of the table */
#define BAR   40 /* characters of the longest bar */

gm_status cli_find_rate_check(gm_error *error)
{
    static const char *const contradicting[] = {"resume", "save", "log", "report", "checkpoint"};
    static const char *const needless[] = {
        "rate",
        "epochs",
        "schedule",
        "schedule-factor",
        "schedule-every",
        "schedule-power",
        "warmup",
        "label-smoothing",
        "ema",
        "keep",
        "monitor",
        "patience",
    };
    const gm_status status =
        cli_refuse_given(contradicting, GM_ROWS(contradicting), "with --find-rate", error);
    if (status == GM_OK)
        cli_note_given(needless, GM_ROWS(needless), "with --find-rate");
    return status;
}

static void print_point(const gm_rate_point *p, double most, bool lowest)
{
    static const char hashes[BAR + 1] = "########################################";
    char rate[32], loss[32];
    const double share = most > 0 ? fmin(fmax(p->smoothed / most, 0), 1) : 0;
    printf("%9s  %11s  %.*s%s\n", gm_format_double(rate, sizeof rate, p->rate, 3),
           gm_format_double(loss, sizeof loss, p->smoothed, 5), (int)(share * BAR + 0.5), hashes,
           lowest ? " <" : "");
}

/* Prints some of the points, so that the table fits on a screen; the one with the smallest loss is among
 * them. */
static void print_curve(const gm_rate_curve *c)
{
    const size_t every = gm_pieces(c->count, LINES);
    double most = 0;
    for (size_t i = 0; i < c->count; i++)
        most = fmax(most, c->points[i].smoothed);
    most = fmin(most, 2 * c->points[0].smoothed);
    puts("     rate  smooth loss");
    for (size_t i = 0; i < c->count; i++) {
        if (i % every == c->lowest % every)
            print_point(&c->points[i], most, i == c->lowest);
    }
}

static void print_suggestion(const gm_rate_curve *c)
{
    char rate[32], lowest[32];
    if (isnan(c->suggestion)) {
        puts("no rate made the loss clearly smaller: is there something to be learned?");
        return;
    }
    gm_format_double(rate, sizeof rate, c->suggestion, 2);
    gm_format_double(lowest, sizeof lowest, c->points[c->lowest].rate, 2);
    printf("try --rate %s, a tenth of the rate with the smallest loss (%s)\n", rate, lowest);
}

static gm_status print_json(const gm_rate_curve *c, gm_error *error)
{
    json_t *points = json_array();
    for (size_t i = 0; i < c->count; i++)
        points = cli_json_push(points, json_pack("{s:o, s:o, s:o}", "rate", gm_json_real(c->points[i].rate),
                                                 "loss", gm_json_real(c->points[i].loss), "smoothed",
                                                 gm_json_real(c->points[i].smoothed)));
    return cli_json_print(json_pack("{s:o, s:o, s:o}", "suggestion", gm_json_real(c->suggestion), "lowest",
                                    gm_json_real(c->points[c->lowest].rate), "points", points),
                          17, error);
}

gm_status cli_find_rate(const cli_train_setup *setup, const cli_train_options *options, gm_error *error)
{
    gm_row_source rows;
    gm_rate_curve curve = {0};
    gm_find_rate_options how = gm_find_rate_options_default();
    how.accumulate = options->train.accumulate;
    gm_status status =
        gm_row_source_open(&rows, setup->train, setup->model.scaling, &options->network.seed, error);
    if (status == GM_OK)
        status = gm_find_rate(setup->engine, &rows, &how, &curve, error);
    gm_row_source_close(&rows);
    if (status == GM_OK && options->json) {
        status = print_json(&curve, error);
    } else if (status == GM_OK) {
        if (!options->quiet)
            print_curve(&curve);
        print_suggestion(&curve);
    }
    gm_rate_curve_clear(&curve);
    return status;
}
