/* Prints a post-mortem: the first quantity that was not finite, a table of the ranges of each layer, the
 * likely cause, and what to try. */
#include "cli/post_mortem_report.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/arguments.h"
#include "cli/json_out.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* No larger rate than this is recommended: it is the default of SGD. */
#define LARGEST_RATE 0.1

/* The equation that computes a quantity. */
static const char *equation_of(const gm_post_mortem *p)
{
    switch (p->first) {
    case GM_QUANTITY_Z:
        return "forward, Z = A_prev W^T + 1 b^T";
    case GM_QUANTITY_A:
        return "forward, A = f(Z)";
    case GM_QUANTITY_LOSS:
        return "the loss of the batch";
    case GM_QUANTITY_DELTA:
        return p->layer + 1 == p->layer_count ? "BP1, the output delta"
                                              : "BP2, D_prev = (D W) (.) f'(Z_prev)";
    case GM_QUANTITY_GRADIENT:
        return "BP3 and BP4, dC/db = D^T 1 and dC/dW = D^T A_prev";
    case GM_QUANTITY_WEIGHT:
        return p->cause == GM_CAUSE_WEIGHTS ? "as it began" : "the update";
    default:
        return "the batch";
    }
}

static void print_range(const char *layer, const char *name, gm_value_range range)
{
    char low[32] = "-", high[32] = "-";
    if (!isnan(range.low)) {
        gm_format_double(low, sizeof low, range.low, 4);
        gm_format_double(high, sizeof high, range.high, 4);
    }
    fprintf(stderr, "%5s  %-9s %12s %12s  %10zu of %zu\n", layer, name, low, high, range.not_finite,
            range.count);
}

static void print_layer(const gm_layer_ranges *r, size_t l)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", l + 1);
    print_range(number, "W, b", r->weights);
    print_range("", "z", r->z);
    print_range("", "a", r->a);
    print_range("", "delta", r->delta);
    print_range("", "gradient", r->gradient);
    if (r->dead > 0)
        fprintf(stderr, "%5s  %zu of its units are 0 in all rows of this batch\n", "", r->dead);
}

/* What is known of the column in question: "'income' (column 3)". */
static const char *column_text(const gm_post_mortem *p, const gm_dataset *data, char *text, size_t size)
{
    const char *name = gm_dataset_feature_name(data, p->column);
    if (name)
        snprintf(text, size, "'%.40s'", name);
    else
        snprintf(text, size, "%zu", p->column + 1);
    gm_make_printable(text, strlen(text));
    return text;
}

static void print_cause(const gm_post_mortem *p, const gm_dataset *data)
{
    char column[60], extreme[32], rate[32], smaller[32];
    column_text(p, data, column, sizeof column);
    gm_format_double(extreme, sizeof extreme, p->extreme, 4);
    gm_format_double(rate, sizeof rate, p->rate, 3);
    gm_format_double(smaller, sizeof smaller, fmin(p->rate / 10, LARGEST_RATE), 3);
    switch (p->cause) {
    case GM_CAUSE_WEIGHTS:
        fputs("likely cause: the network began with weights that are not finite\n", stderr);
        break;
    case GM_CAUSE_INPUT:
        fprintf(stderr, "likely cause: input column %s is not finite, as it is scaled\n", column);
        break;
    case GM_CAUSE_TARGET:
        fputs("likely cause: a target is not finite\n", stderr);
        break;
    case GM_CAUSE_DOMAIN:
        fprintf(stderr, "likely cause: the loss cannot learn targets like %s\n", extreme);
        break;
    case GM_CAUSE_INPUT_SCALE:
        fprintf(stderr, "likely cause: input column %s has numbers like %s\ntry: --scaling standard\n",
                column, extreme);
        break;
    case GM_CAUSE_TARGET_SCALE:
        fprintf(stderr, "likely cause: targets like %s\ntry: --target-scaling standard\n", extreme);
        break;
    case GM_CAUSE_PENALTY:
        fputs("likely cause: --l2 or --decay, which takes more off a weight in a step than there is\n"
              "try: a smaller one\n",
              stderr);
        break;
    case GM_CAUSE_EPSILON:
        fputs("likely cause: --epsilon 0, because a gradient of 0 is divided by it\ntry: --epsilon 1e-8\n",
              stderr);
        break;
    default:
        fprintf(stderr, "likely cause: the learning rate, %s\ntry: --rate %s, or less%s\n", rate, smaller,
                cli_given("clip-norm") ? "" : "; or --clip-norm 1");
    }
}

void cli_post_mortem_print(const gm_post_mortem *p, const gm_dataset *data)
{
    if (!p->found)
        return;
    fprintf(stderr, "\npost-mortem of epoch %zu, step %zu: ", p->epoch, p->step);
    if (p->first == GM_QUANTITY_INPUT || p->first == GM_QUANTITY_TARGET || p->first == GM_QUANTITY_LOSS)
        fprintf(stderr, "%s is the first that is not finite\n", gm_quantity_name(p->first));
    else
        fprintf(stderr, "%s of layer %zu is the first that is not finite\n", gm_quantity_name(p->first),
                p->layer + 1);
    fprintf(stderr, "(%s)\n\n%5s  %-9s %12s %12s  %10s\n", equation_of(p), "layer", "", "lowest", "highest",
            "not finite");
    print_range("", "x", p->inputs);
    for (size_t l = 0; l < p->layer_count; l++)
        print_layer(&p->layers[l], l);
    print_range("", "y", p->targets);
    putc('\n', stderr);
    print_cause(p, data);
    putc('\n', stderr);
}

static json_t *range_json(gm_value_range range)
{
    return json_pack("{s:o, s:o, s:I, s:I}", "low", gm_json_real(range.low), "high", gm_json_real(range.high),
                     "count", (json_int_t)range.count, "not_finite", (json_int_t)range.not_finite);
}

static json_t *layer_json(const gm_layer_ranges *r)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "W", range_json(r->weights), "z", range_json(r->z),
                     "a", range_json(r->a), "delta", range_json(r->delta), "gradient",
                     range_json(r->gradient), "dead", (json_int_t)r->dead);
}

json_t *cli_post_mortem_json(const gm_post_mortem *p, const gm_dataset *data)
{
    const bool of_column = p->cause == GM_CAUSE_INPUT || p->cause == GM_CAUSE_INPUT_SCALE;
    char column[60];
    if (!p->found)
        return json_null();
    json_t *layers = json_array();
    for (size_t l = 0; l < p->layer_count; l++)
        layers = cli_json_push(layers, layer_json(&p->layers[l]));
    const char *name = gm_dataset_feature_name(data, p->column);
    json_t *root =
        json_pack("{s:I, s:I, s:s, s:I, s:s, s:o, s:o, s:s}", "epoch", (json_int_t)p->epoch, "step",
                  (json_int_t)p->step, "quantity", gm_quantity_name(p->first), "layer",
                  (json_int_t)p->layer + 1, "equation", equation_of(p), "loss", gm_json_real(p->loss), "rate",
                  gm_json_real(p->rate), "cause", gm_cause_name(p->cause));
    snprintf(column, sizeof column, "%zu", p->column + 1);
    root = cli_json_put(root, "column", of_column ? gm_json_printable(name ? name : column) : json_null());
    root = cli_json_put(root, "extreme", gm_json_real(p->extreme));
    root = cli_json_put(root, "x", range_json(p->inputs));
    root = cli_json_put(root, "y", range_json(p->targets));
    return cli_json_put(root, "layers", layers);
}
