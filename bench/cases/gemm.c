/* Case `gemm`: the matrix products of a network's equations, with the sizes of its layers, on every backend
 * and one thread. Each product is checked and then timed. If a result is wrong, no speed is shown, and the
 * run fails. */
#include "base/error.h"
#include "base/memory.h"
#include "bench/cases/cases.h"
#include "bench/cases/equation.h"

#include "machine/blas_info.h"

#include <stdio.h>

static const gm_column *const columns[] = {&gm_column_layer,
                                           &gm_column_equation,
                                           &gm_column_shape,
                                           &gm_column_backend,
                                           &gm_column_check,
                                           &gm_column_residual,
                                           &gm_column_microseconds_fine,
                                           &gm_column_spread,
                                           &gm_column_gflops_fine,
                                           &gm_column_peak_share,
                                           &gm_column_bandwidth,
                                           &gm_column_intensity};

static const struct {
    gm_equation equation;
    const char *name, *name_one; /* for a batch, and for one row */
} equations[] = {
    {GM_FORWARD, "forward NT", "forward gemv"},
    {GM_HIDDEN_DELTA, "BP2 NN", "BP2 gemv T"},
    {GM_BIAS_GRADIENT, "BP3 gemv", "BP3 gemv"},
    {GM_WEIGHT_GRADIENT, "BP4 TN", "BP4 ger"},
};

/* The sizes of one layer. */
struct shape {
    const char *net;
    size_t layer, n, in, out;
    gm_precision precision;
};

static void describe(gm_result *result, gm_result_row *row, const struct shape *s, size_t e,
                     const char *backend)
{
    gm_result_text(result, row, &gm_column_layer, "%s layer %zu", s->net, s->layer);
    gm_result_text(result, row, &gm_column_equation, "%s",
                   s->n == 1 ? equations[e].name_one : equations[e].name);
    gm_result_text(result, row, &gm_column_backend, "%s", backend);
    switch (equations[e].equation) {
    case GM_FORWARD:
        gm_result_text(result, row, &gm_column_shape, "%zu x %zu x %zu", s->n, s->out, s->in);
        break;
    case GM_HIDDEN_DELTA:
        gm_result_text(result, row, &gm_column_shape, "%zu x %zu x %zu", s->n, s->in, s->out);
        break;
    case GM_BIAS_GRADIENT:
        gm_result_text(result, row, &gm_column_shape, "%zu x %zu", s->n, s->out);
        break;
    default:
        gm_result_text(result, row, &gm_column_shape, "%zu x %zu x %zu", s->out, s->in, s->n);
    }
}

static void add_speed(gm_result *result, gm_result_row *row, const struct shape *s, size_t e,
                      const gm_candidate *c)
{
    const double n = (double)s->n, in = (double)s->in, out = (double)s->out;
    const gm_statistics *statistics = &c->statistics;
    const bool bias = equations[e].equation == GM_BIAS_GRADIENT;
    const double flop = bias ? n * out : 2 * n * in * out;
    const double numbers = bias ? n * out : n * in + n * out + in * out;
    const double bytes = numbers * (double)gm_precision_size(s->precision);
    gm_result_number(result, row, &gm_column_microseconds_fine, statistics->median * 1e6);
    gm_result_number(result, row, &gm_column_spread, 100 * statistics->deviation / statistics->median);
    gm_result_number(result, row, &gm_column_gflops_fine, flop / statistics->median / 1e9);
    gm_result_peak_share(result, row, gm_rounds_share(flop, c->samples, c->peaks, c->count));
    gm_result_number(result, row, &gm_column_bandwidth, bytes / statistics->median / 1e9);
    gm_result_number(result, row, &gm_column_intensity, flop / bytes);
}

/* The data of the whole case. */
struct run {
    gm_result *result;
    const gm_bench_options *options;
    size_t wrong; /* failed checks */
};

/* One equation of one layer on each backend. */
struct trial {
    const struct shape *shape;
    size_t e; /* index of the equation */
    const gm_equation_kit *kit;
    size_t count;
    const char *backends[GM_MOST_BACKENDS];
    double residuals[GM_MOST_BACKENDS];
    gm_candidate candidates[GM_MOST_BACKENDS];
};

static void list_backends(struct trial *t, const gm_bench_options *o)
{
    for (size_t i = 0; i < GM_MOST_BACKENDS; i++) {
        const char *name =
            o->backend_count ? (i < o->backend_count ? o->backends[i] : NULL) : gm_backend_name(i);
        if (!name)
            return;
        t->backends[t->count++] = name;
    }
}

/* Lets each backend compute the product, and stores its residual. */
static gm_status check_products(struct trial *t, gm_error *error)
{
    const struct shape *s = t->shape;
    const gm_equation_size size = {s->n, s->in, s->out};
    for (size_t i = 0; i < t->count; i++) {
        void *context = t->kit->create(equations[t->e].equation, t->backends[i], size, error);
        if (!context)
            return error->status;
        t->candidates[i] = (gm_candidate){.run = t->kit->run, .context = context, .precision = s->precision};
        t->residuals[i] = t->kit->residual(context);
    }
    return GM_OK;
}

/* Times the products. A product that was wrong is left out. */
static gm_status time_products(struct run *run, struct trial *t, double seconds, gm_error *error)
{
    gm_candidate *right[GM_MOST_BACKENDS];
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (t->residuals[i] <= 1)
            right[count++] = &t->candidates[i];
        else
            run->wrong++;
    }
    const gm_rounds_options rounds = {.sample_seconds = 0.002,
                                      .rounds = 11,
                                      .budget_seconds = seconds,
                                      .progress = run->options->progress,
                                      .context = run->options->context};
    return count > 0 ? gm_rounds_run(right, count, &rounds, error) : GM_OK;
}

static gm_status add_row(gm_result *result, const struct trial *t, size_t i, gm_error *error)
{
    const struct shape *s = t->shape;
    gm_result_row *row = gm_result_add(result, error, "gemm/%s/layer:%zu/%s/n:%zu/%s", s->net, s->layer,
                                       equations[t->e].name, s->n, t->backends[i]);
    if (!row)
        return error->status;
    row->threads = 1;
    describe(result, row, s, t->e, t->backends[i]);
    gm_result_text(result, row, &gm_column_check, "%s", t->residuals[i] <= 1 ? "PASS" : "FAIL");
    gm_result_number(result, row, &gm_column_residual, t->residuals[i]);
    if (t->residuals[i] > 1) {
        gm_result_fault(row, "wrong product");
        return GM_OK;
    }
    add_speed(result, row, s, t->e, &t->candidates[i]);
    return gm_candidate_samples(row, &t->candidates[i], error);
}

static gm_status run_equation(struct run *run, const struct shape *s, size_t e, double seconds,
                              gm_error *error)
{
    struct trial t = {
        .shape = s, .e = e, .kit = s->precision == GM_F64 ? &gm_equation_kit_f64 : &gm_equation_kit_f32};
    list_backends(&t, run->options);
    gm_status status = check_products(&t, error);
    if (status == GM_OK)
        status = time_products(run, &t, seconds, error);
    for (size_t i = 0; i < t.count && status == GM_OK; i++)
        status = add_row(run->result, &t, i, error);
    for (size_t i = 0; i < t.count; i++)
        t.kit->destroy(t.candidates[i].context);
    return status;
}

static gm_status run_net(struct run *run, const gm_net *net, double seconds, gm_error *error)
{
    const gm_bench_options *o = run->options;
    const size_t layers = net->width_count - 1;
    gm_status status = GM_OK;
    for (size_t l = 0; l < layers && status == GM_OK; l++) {
        const struct shape shape = {
            .net = net->name,
            .layer = l + 1,
            .n = o->batch.count ? o->batch.sizes[0]
                 : net->batch   ? net->batch
                                : 64,
            .in = net->widths[l],
            .out = net->widths[l + 1],
            .precision = o->precision_count ? o->precisions[0] : GM_F32,
        };
        for (size_t e = 0; e < sizeof equations / sizeof *equations && status == GM_OK; e++) {
            if (equations[e].equation == GM_HIDDEN_DELTA && l == 0)
                continue; /* layer 1 needs no BP2 */
            status = run_equation(run, &shape, e, seconds / (double)(4 * layers), error);
        }
    }
    return status;
}

gm_status gm_bench_gemm(gm_result *result, gm_environment *env, const gm_bench_options *o, gm_error *error)
{
    static const char *const defaults[] = {"mid", NULL};
    *result = gm_result_make("gemm", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title,
             "The products of the equations, checked, then timed on one thread");
    gm_net nets[GM_MOST_NETS];
    size_t count = 0;
    struct run run = {.result = result, .options = o};
    gm_status status = gm_bench_nets(o, defaults, nets, GM_MOST_NETS, &count, error);
    if (status == GM_OK)
        status = gm_environment_measure(env, o->precision_count ? o->precisions[0] : GM_F32, error);
    const double seconds = (o->seconds > 0 ? o->seconds : 20) / (double)gm_max(count, 1);
    gm_blas_borrow_threads(); /* each call on one thread, as in an engine */
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = run_net(&run, &nets[i], seconds, error);
    gm_blas_return_threads();
    gm_result_note(
        result,
        "check: C t = A (B t) with a random t, and NaN in C beforehand; residual 1 is what rounding may do");
    if (status == GM_OK && run.wrong > 0)
        return gm_fail(error, GM_CHECK, "%zu products are wrong: their speed says nothing", run.wrong);
    return status;
}
