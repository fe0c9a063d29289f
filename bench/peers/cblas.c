/* A peer without a framework: a training step written directly with CBLAS and OpenMP, as a programmer would
 * write it in an afternoon. The difference between its time and that of gradmill shows what gradmill's engine
 * adds.
 *
 * Matrices are contiguous, and each equation is one call. A step has two phases, with a barrier after each.
 * Forward, BP1 and BP2 are partitioned by rows of the batch, so that threads need no data from each other.
 * BP3, BP4 and the update are partitioned by rows of the weights. Three ways of using threads are tried, and
 * the fastest is used: its own threads, OpenBLAS's threads, or one thread. For tests, GM_PLAIN_CBLAS=own,
 * blas or one chooses. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/vector.h"
#include "bench/peers/peer.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* W (out x in) and b, and for the batch A = f(Z) and D (n x out). */
struct layer {
    int in, out;
    float *w, *b, *a, *d;
};

struct net {
    const gm_problem *problem; /* half-squares, cross-entropy, or logistic with one output */
    struct layer layers[GM_PROBLEM_WIDTHS];
    int count, batch;
    int threads; /* that work on one step */
    float rate;
    float *ones;
};

struct share {
    int first, count;
};

static struct share share_of(int total)
{
    const int threads = omp_get_num_threads(), thread = omp_get_thread_num();
    const int first = (int)((long)total * thread / threads);
    return (struct share){first, (int)((long)total * (thread + 1) / threads) - first};
}

static float *row(float *matrix, int r, int cols)
{
    return matrix + (ptrdiff_t)r * cols;
}

/* With -ffast-math the compiler uses the vectorised exp of libmvec, and divides by an estimate of the
 * inverse, which is wrong for infinity. */
GM_VECTOR static void sigmoid_cblas(float *z, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++)
        z[i] = 1 / (1 + expf(fminf(-z[i], 80)));
}

/* D = D (.) f'(Z), where f'(Z) is computed from A. */
GM_VECTOR static void factor_cblas(float *d, const float *a, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++)
        d[i] *= a[i] * (1 - a[i]);
}

static void softmax(float *z, int count)
{
    float most = z[0], sum = 0;
    for (int i = 1; i < count; i++)
        most = fmaxf(most, z[i]);
    for (int i = 0; i < count; i++)
        sum += z[i] = expf(z[i] - most);
    for (int i = 0; i < count; i++)
        z[i] /= sum;
}

/* Z = X W^T + 1 b^T          n x out = (n x in)(out x in)^T */
static void products(const struct layer *l, const float *x, float *z, int n)
{
    for (int r = 0; r < n; r++)
        memcpy(row(z, r, l->out), l->b, (size_t)l->out * sizeof *z);
    if (n == 1)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, l->out, l->in, 1, l->w, l->in, x, 1, 1, z, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, l->out, l->in, 1, x, l->in, l->w, l->in, 1, z,
                    l->out);
}

/* Computes all layers for these rows of the batch. */
static void forward(const struct net *net, float *x, struct share rows)
{
    for (int i = 0; i < net->count; i++) {
        const struct layer *l = &net->layers[i];
        float *a = row(l->a, rows.first, l->out);
        products(l, row(x, rows.first, l->in), a, rows.count);
        if (i + 1 < net->count || net->problem->loss != GM_CROSS_ENTROPY)
            sigmoid_cblas(a, (ptrdiff_t)rows.count * l->out);
        else
            for (int r = 0; r < rows.count; r++)
                softmax(row(a, r, l->out), l->out);
        x = l->a;
    }
}

/* The logarithm, but finite for 0, so that 0 log 0 = 0. */
static float log_of(float a)
{
    return logf(fmaxf(a, FLT_MIN));
}

/* The sum of these rows' losses. */
static double losses(const struct net *net, float *y, struct share rows)
{
    const struct layer *l = &net->layers[net->count - 1];
    const float *a = row(l->a, rows.first, l->out), *t = row(y, rows.first, l->out);
    const ptrdiff_t count = (ptrdiff_t)rows.count * l->out;
    double sum = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        if (net->problem->loss == GM_HALF_SQUARES)
            sum += (double)(a[i] - t[i]) * (double)(a[i] - t[i]) / 2;
        else if (net->problem->loss == GM_LOGISTIC)
            sum -= (double)(t[i] * log_of(a[i]) + (1 - t[i]) * log_of(1 - a[i]));
        else
            sum -= (double)(t[i] * log_of(a[i]));
    }
    return sum;
}

/* BP1: D = (A - Y) / n, for squares (.) f'(Z)          n x out */
static void output_delta(const struct net *net, float *y, struct share rows)
{
    const struct layer *l = &net->layers[net->count - 1];
    const float *a = row(l->a, rows.first, l->out), *t = row(y, rows.first, l->out);
    float *d = row(l->d, rows.first, l->out);
    const ptrdiff_t count = (ptrdiff_t)rows.count * l->out;
    for (ptrdiff_t i = 0; i < count; i++)
        d[i] = (a[i] - t[i]) / (float)net->batch;
    if (net->problem->loss == GM_HALF_SQUARES)
        factor_cblas(d, a, count);
}

/* BP2: D_prev = (D W) (.) f'(Z_prev)                   n x in = (n x out)(out x in) */
static void hidden_deltas(const struct net *net, struct share rows)
{
    for (const struct layer *l = &net->layers[net->count - 1]; l > net->layers; l--) {
        const float *d = row(l->d, rows.first, l->out);
        float *prev = row(l[-1].d, rows.first, l->in);
        if (rows.count == 1)
            cblas_sgemv(CblasRowMajor, CblasTrans, l->out, l->in, 1, l->w, l->in, d, 1, 0, prev, 1);
        else
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows.count, l->in, l->out, 1, d, l->out,
                        l->w, l->in, 0, prev, l->in);
        factor_cblas(prev, row(l[-1].a, rows.first, l->in), (ptrdiff_t)rows.count * l->in);
    }
}

/* BP3 and BP4, which include the update, for the outputs of each layer that belong to the thread. */
static void update(const struct net *net, const float *inputs)
{
    for (int i = 0; i < net->count; i++) {
        const struct layer *l = &net->layers[i];
        const float *x = i > 0 ? l[-1].a : inputs;
        const struct share own = share_of(l->out);
        const float *d = l->d + own.first;
        float *w = row(l->w, own.first, l->in), *b = l->b + own.first;
        if (own.count == 0)
            continue;
        /* b = b - rate D^T 1           out = (n x out)^T (n) */
        cblas_sgemv(CblasRowMajor, CblasTrans, net->batch, own.count, -net->rate, d, l->out, net->ones, 1, 1,
                    b, 1);
        /* W = W - rate D^T X           out x in = (n x out)^T (n x in) */
        if (net->batch == 1)
            cblas_sger(CblasRowMajor, own.count, l->in, -net->rate, d, 1, x, 1, w, l->in);
        else
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, own.count, l->in, net->batch, -net->rate, d,
                        l->out, x, l->in, 1, w, l->in);
    }
}

/* Does `count` steps, beginning with step `first`. Returns the loss of the last one. */
static double train(void *own, size_t first, size_t count)
{
    const struct net *net = own;
    const gm_problem *p = net->problem;
    const size_t in = p->batch * p->widths[0], out = p->batch * p->widths[p->width_count - 1];
    double loss = 0;
#pragma omp parallel num_threads(net->threads) reduction(+ : loss)
    {
        const struct share rows = share_of(net->batch);
        for (size_t i = 0; i < count; i++) {
            const size_t batch = (first + i) % p->batches;
            float *x = p->x + batch * in, *y = p->y + batch * out;
            if (rows.count > 0) {
                forward(net, x, rows);
                loss += i + 1 == count ? losses(net, y, rows) : 0;
                output_delta(net, y, rows);
                hidden_deltas(net, rows);
            }
#pragma omp barrier
            update(net, x);
#pragma omp barrier
        }
    }
    return loss / (double)p->batch;
}

static void set_parameters(const struct net *net)
{
    const gm_problem *p = net->problem;
    const float *from = p->parameters;
    for (int i = 0; i < net->count; i++) {
        const struct layer *l = &net->layers[i];
        const size_t weights = p->widths[i] * p->widths[i + 1], biases = p->widths[i + 1];
        memcpy(l->w, from, weights * sizeof *from);
        memcpy(l->b, from + weights, biases * sizeof *from);
        from += weights + biases;
    }
}

/* The number of its own threads, and of OpenBLAS's threads. */
struct setting {
    int own, blas;
};

static void set_threads(struct net *net, struct setting setting)
{
    net->threads = setting.own;
    openblas_set_num_threads(setting.blas);
}

#define SETTINGS      3
#define TRIALS        3    /* of each setting, in turns; the best time of each is used */
#define TRIAL_SECONDS 0.05 /* for each of them, but at least two steps */

/* Seconds of a step. */
static double trial(struct net *net)
{
    train(net, 0, 1); /* wakes the threads */
    const uint64_t start = gm_clock();
    double seconds = 0;
    size_t count = 0;
    for (size_t more = 2; seconds < TRIAL_SECONDS; more = count) {
        train(net, 0, more);
        count += more;
        seconds = gm_clock_seconds(start, gm_clock());
    }
    return seconds / (double)count;
}

static int fastest(struct net *net, const struct setting settings[SETTINGS])
{
    double best[SETTINGS] = {DBL_MAX, DBL_MAX, DBL_MAX};
    int chosen = 0;
    for (int i = 0; i < SETTINGS * TRIALS; i++) {
        set_threads(net, settings[i % SETTINGS]);
        best[i % SETTINGS] = fmin(best[i % SETTINGS], trial(net));
    }
    for (int i = 1; i < SETTINGS; i++)
        chosen = best[i] < best[chosen] ? i : chosen;
    return chosen;
}

/* Tries the three settings, sets the fastest and returns it. If GM_PLAIN_CBLAS names one, nothing is tried.
 */
static struct setting choose_threads(struct net *net)
{
    const int all = (int)net->problem->threads;
    const struct setting settings[SETTINGS] = {{1, 1}, {all, 1}, {1, all}};
    const char *told = getenv("GM_PLAIN_CBLAS");
    int chosen = 0;
    if (told)
        chosen = strcmp(told, "own") == 0 ? 1 : strcmp(told, "blas") == 0 ? 2 : 0;
    else if (all > 1)
        chosen = fastest(net, settings);
    set_threads(net, settings[chosen]);
    return settings[chosen];
}

static bool create_layer(struct layer *l, size_t in, size_t out, size_t batch)
{
    *l = (struct layer){.in = (int)in,
                        .out = (int)out,
                        .w = gm_alloc(in, out * sizeof(float)),
                        .b = gm_alloc(out, sizeof(float)),
                        .a = gm_alloc(batch, out * sizeof(float)),
                        .d = gm_alloc(batch, out * sizeof(float))};
    return l->w && l->b && l->a && l->d;
}

static bool lay_out(struct net *net, const gm_problem *p)
{
    *net = (struct net){.problem = p,
                        .batch = (int)p->batch,
                        .rate = (float)p->optimizer.rate,
                        .ones = gm_alloc(p->batch, sizeof(float))};
    bool complete = net->ones != NULL;
    for (size_t i = 0; i < p->batch && complete; i++)
        net->ones[i] = 1;
    for (size_t i = 1; i < p->width_count && complete; i++)
        complete = create_layer(&net->layers[net->count++], p->widths[i - 1], p->widths[i], p->batch);
    return complete;
}

static void destroy(void *own)
{
    struct net *net = own;
    if (!net)
        return;
    for (int i = 0; i < net->count; i++) {
        gm_free(net->layers[i].w);
        gm_free(net->layers[i].b);
        gm_free(net->layers[i].a);
        gm_free(net->layers[i].d);
    }
    gm_free(net->ones);
    gm_free(net);
}

static const char *unsuitable(const gm_problem *p)
{
    const bool squares = p->loss == GM_HALF_SQUARES && p->output == GM_SIGMOID;
    const bool logistic = p->loss == GM_LOGISTIC && p->widths[p->width_count - 1] == 1;
    return squares || logistic || p->loss == GM_CROSS_ENTROPY ? gm_peer_needs_plain(p) : "not this loss";
}

static void *create(const gm_problem *p, char *choice, size_t size)
{
    struct net *net = gm_alloc(1, sizeof *net);
    if (!net || !lay_out(net, p)) {
        destroy(net);
        return NULL;
    }
    set_parameters(net);
    const struct setting chosen = choose_threads(net);
    if (p->threads > 1)
        snprintf(choice, size, "fastest with %d of its own threads, %d of OpenBLAS", chosen.own, chosen.blas);
    set_parameters(net); /* the trials have trained them */
    return net;
}

int main(int argc, char **argv)
{
    /* Without this, idle threads of clang's OpenMP spin for 200 ms, and would disturb the next contestant. */
    setenv("KMP_BLOCKTIME", "1", 0);
    const gm_peer plain = {"plain CBLAS", unsuitable, create, train, destroy};
    return gm_peer_main(&plain, argc, argv);
}
