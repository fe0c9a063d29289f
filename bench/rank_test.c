/* The Mann-Whitney U test, and the ratio of two samples by Hodges and Lehmann.
 *
 * U counts the pairs (old, new) with new < old; a tie counts a half. The same pairs, as logarithms of
 * new/old, give the ratio: their median is the estimate, and order statistics of them, chosen by the
 * distribution of U, are the ends of its interval. So test and interval speak of the same thing. */
#include "bench/rank_test.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/statistics.h"

#include <math.h>

/* Up to here every count of arrangements, C(50, 25) at most, is a whole number that a double holds. */
#define MOST_EXACT 25

struct pairs {
    double *logs; /* log(new / old), ascending */
    size_t count;
    double u;
    double before, after; /* sample counts */
    double deviation;     /* of U, corrected for ties */
    bool ties;            /* among all samples together */
};

/* The sum of t^3 - t over all runs of t equal values. */
static double tie_sum(const double *sorted, size_t count)
{
    double sum = 0;
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && sorted[end] == sorted[first]; end++)
            ;
        const double t = (double)(end - first);
        sum += t * t * t - t;
    }
    return sum;
}

static gm_status find_ties(struct pairs *pairs, const double *before, size_t before_count,
                           const double *after, size_t after_count, gm_error *error)
{
    const size_t count = before_count + after_count;
    double *all = gm_alloc(count, sizeof *all);
    if (!all)
        return gm_fail_memory(error, "samples", count * sizeof *all);
    for (size_t i = 0; i < before_count; i++)
        all[i] = before[i];
    for (size_t i = 0; i < after_count; i++)
        all[before_count + i] = after[i];
    gm_sort(all, count);
    const double ties = tie_sum(all, count), n = (double)count;
    gm_free(all);
    pairs->ties = ties > 0;
    pairs->deviation = sqrt(pairs->before * pairs->after / 12 * (n + 1 - ties / (n * (n - 1))));
    return GM_OK;
}

static gm_status make_pairs(struct pairs *pairs, const double *before, size_t before_count,
                            const double *after, size_t after_count, gm_error *error)
{
    size_t count;
    pairs->before = (double)before_count;
    pairs->after = (double)after_count;
    pairs->logs = gm_mul(before_count, after_count, &count) ? gm_alloc(count, sizeof *pairs->logs) : NULL;
    if (!pairs->logs)
        return gm_fail(error, GM_LIMIT, "no memory for the pairs of %zu and %zu samples", before_count,
                       after_count);
    for (size_t i = 0; i < before_count; i++) {
        for (size_t j = 0; j < after_count; j++) {
            pairs->logs[pairs->count++] = log(after[j] / before[i]);
            pairs->u += after[j] < before[i] ? 1 : after[j] == before[i] ? 0.5 : 0;
        }
    }
    gm_sort(pairs->logs, count);
    return find_ties(pairs, before, before_count, after, after_count, error);
}

/* ways[u]: the arrangements of m and n samples that give U = u, the coefficients of the Gaussian binomial
 * prod_{i=1}^{m} (1 - q^{n+i}) / (1 - q^i). Returns their sum, C(m + n, m). */
static double count_ways(double ways[MOST_EXACT * MOST_EXACT + 1], size_t m, size_t n)
{
    const size_t top = m * n;
    for (size_t u = 0; u <= top; u++)
        ways[u] = u == 0;
    for (size_t i = 1; i <= m; i++) {
        for (size_t u = top; u >= n + i && u <= top; u--)
            ways[u] -= ways[u - n - i];
        for (size_t u = i; u <= top; u++)
            ways[u] += ways[u - i];
    }
    double all = 0;
    for (size_t u = 0; u <= top; u++)
        all += ways[u];
    return all;
}

/* The interval's ends are the k-th pair from either side: the largest k with P(U <= k - 1) <= level / 2. */
static size_t exact_test(gm_rank_test *test, const struct pairs *pairs, double level)
{
    double ways[MOST_EXACT * MOST_EXACT + 1];
    const double all = count_ways(ways, (size_t)pairs->before, (size_t)pairs->after);
    const size_t u = (size_t)fmin(pairs->u, (double)pairs->count - pairs->u);
    double below = 0, tail = 0;
    size_t k = 0;
    for (size_t i = 0; i <= pairs->count; i++) {
        below += ways[i];
        if (i == u)
            tail = below / all;
        if (below / all <= level / 2)
            k = i + 1;
    }
    test->p = fmin(1, 2 * tail);
    return k;
}

static double upper_tail(double z)
{
    return 0.5 * erfc(z / sqrt(2));
}

/* z with upper_tail(z) = p, by bisection: this is needed once a row. */
static double normal_quantile(double p)
{
    double low = 0, high = 40;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        *(upper_tail(middle) > p ? &low : &high) = middle;
    }
    return low;
}

/* Under the hypothesis U is about normal; 1/2 corrects for U being counted in whole steps. */
static size_t normal_test(gm_rank_test *test, const struct pairs *pairs, double level)
{
    const double mean = (double)pairs->count / 2, distance = fabs(pairs->u - mean) - 0.5;
    test->p = pairs->deviation > 0 ? fmin(1, 2 * upper_tail(distance / pairs->deviation)) : 1;
    const double k = floor(mean + 0.5 - normal_quantile(level / 2) * pairs->deviation);
    return k > 0 ? (size_t)k : 0;
}

gm_status gm_rank_test_run(gm_rank_test *test, const double *before, size_t before_count, const double *after,
                           size_t after_count, double level, gm_error *error)
{
    struct pairs pairs = {0};
    const gm_status status = make_pairs(&pairs, before, before_count, after, after_count, error);
    if (status == GM_OK) {
        test->exact = !pairs.ties && before_count <= MOST_EXACT && after_count <= MOST_EXACT;
        const size_t k = test->exact ? exact_test(test, &pairs, level) : normal_test(test, &pairs, level);
        test->ratio = exp(gm_quantile(pairs.logs, pairs.count, 0.5));
        test->low = k > 0 ? exp(pairs.logs[k - 1]) : 0;
        test->high = k > 0 ? exp(pairs.logs[pairs.count - k]) : INFINITY;
    }
    gm_free(pairs.logs);
    return status;
}

double gm_rank_test_least(size_t before_count, size_t after_count)
{
    double p = 2;
    for (size_t i = 1; i <= after_count; i++)
        p *= (double)i / (double)(before_count + i);
    return fmin(1, p);
}
