/* Two tests by ranks, and the ratio of new to old by Hodges and Lehmann.
 *
 * U of Mann and Whitney is the number of pairs (old, new) with new < old. T of Wilcoxon is the number of
 * averages of two changes that are below 0. A tie counts as one half. The ratio is estimated from the same
 * pairs, as logarithms of new/old, or from the same averages: their median is the estimate, and the ends of
 * its interval are order statistics of them, chosen by the distribution of U or T. So the test and the
 * interval always agree. */
#include "bench/measure/rank_test.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/measure/statistics.h"

#include <limits.h>
#include <math.h>

/* Up to this number of samples, every count of arrangements (at most C(50, 25) or 2^50) is a whole number
 * that a double represents exactly. */
#define MOST_EXACT         25
#define MOST_EXACT_CHANGES 50
#define MOST_WAYS          (MOST_EXACT_CHANGES * (MOST_EXACT_CHANGES + 1) / 2 + 1)

struct ratios {
    double *logs; /* log(new / old), or averages of two, ascending */
    size_t count;
    double below;     /* U or T: number of logs below 0 */
    double deviation; /* of U or T, corrected for ties */
    bool ties;        /* among the samples, or the sizes of the changes */
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

static gm_status find_ties(struct ratios *ratios, gm_samples before, gm_samples after, gm_error *error)
{
    const size_t count = before.count + after.count;
    double *all = gm_alloc(count, sizeof *all);
    if (!all)
        return gm_fail_memory(error, "samples", count * sizeof *all);
    for (size_t i = 0; i < before.count; i++)
        all[i] = before.seconds[i];
    for (size_t i = 0; i < after.count; i++)
        all[before.count + i] = after.seconds[i];
    gm_sort(all, count);
    const double ties = tie_sum(all, count), n = (double)count;
    gm_free(all);
    ratios->ties = ties > 0;
    ratios->deviation =
        sqrt((double)before.count * (double)after.count / 12 * (n + 1 - ties / (n * (n - 1))));
    return GM_OK;
}

static gm_status compare_all(struct ratios *ratios, gm_samples before, gm_samples after, gm_error *error)
{
    size_t count;
    ratios->logs = gm_mul(before.count, after.count, &count) ? gm_alloc(count, sizeof *ratios->logs) : NULL;
    if (!ratios->logs)
        return gm_fail(error, GM_LIMIT, "no memory for the pairs of %zu and %zu samples", before.count,
                       after.count);
    for (size_t i = 0; i < before.count; i++) {
        for (size_t j = 0; j < after.count; j++) {
            ratios->logs[ratios->count++] = log(after.seconds[j] / before.seconds[i]);
            ratios->below += after.seconds[j] < before.seconds[i]    ? 1
                             : after.seconds[j] == before.seconds[i] ? 0.5
                                                                     : 0;
        }
    }
    gm_sort(ratios->logs, count);
    return find_ties(ratios, before, after, error);
}

/* Changes of 0 have the lowest ranks, and are not counted (Pratt 1959). */
static gm_status rank_sizes(struct ratios *ratios, const double *changes, size_t count, gm_error *error)
{
    double *sizes = gm_alloc(count, sizeof *sizes);
    if (!sizes)
        return gm_fail_memory(error, "changes", count * sizeof *sizes);
    size_t zeros = 0;
    for (size_t i = 0; i < count; i++) {
        sizes[i] = fabs(changes[i]);
        zeros += changes[i] == 0;
    }
    gm_sort(sizes, count);
    const double n = (double)count, z = (double)zeros, ties = tie_sum(sizes + zeros, count - zeros);
    gm_free(sizes);
    ratios->ties = ties > 0 || zeros > 0;
    ratios->deviation = sqrt((n * (n + 1) * (2 * n + 1) - z * (z + 1) * (2 * z + 1)) / 24 - ties / 48);
    return GM_OK;
}

static gm_status average_all(struct ratios *ratios, const double *changes, size_t count, gm_error *error)
{
    size_t twice;
    ratios->logs = gm_mul(count, count + 1, &twice) ? gm_alloc(twice / 2, sizeof *ratios->logs) : NULL;
    if (!ratios->logs)
        return gm_fail(error, GM_LIMIT, "no memory for the averages of %zu changes", count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j <= i; j++) {
            const double average = (changes[i] + changes[j]) / 2;
            ratios->logs[ratios->count++] = average;
            ratios->below += average < 0 ? 1 : average == 0 ? 0.5 : 0;
        }
    }
    gm_sort(ratios->logs, ratios->count);
    return rank_sizes(ratios, changes, count, error);
}

/* ways[u]: the arrangements of m and n samples that give U = u, the coefficients of the Gaussian binomial
 * prod_{i=1}^{m} (1 - q^{n+i}) / (1 - q^i). */
static void count_arrangements(double ways[MOST_WAYS], size_t m, size_t n)
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
}

/* ways[t]: the signs of n changes that give T = t, the coefficients of prod_{i=1}^{n} (1 + q^i). */
static void count_signs(double ways[MOST_WAYS], size_t n)
{
    const size_t top = n * (n + 1) / 2;
    for (size_t t = 0; t <= top; t++)
        ways[t] = t == 0;
    for (size_t i = 1; i <= n; i++)
        for (size_t t = top; t >= i && t <= top; t--)
            ways[t] += ways[t - i];
}

/* The interval's ends are the k-th ratio from either side: the largest k with P(U <= k - 1) <= level / 2. */
static size_t exact_test(gm_rank_test *test, const struct ratios *ratios, const double *ways, double level)
{
    const size_t least = (size_t)fmin(ratios->below, (double)ratios->count - ratios->below);
    double all = 0, below = 0, tail = 0;
    size_t k = 0;
    for (size_t i = 0; i <= ratios->count; i++)
        all += ways[i];
    for (size_t i = 0; i <= ratios->count; i++) {
        below += ways[i];
        if (i == least)
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

/* z with upper_tail(z) = p, by bisection, which is fast enough for one call per row. */
static double normal_quantile(double p)
{
    double low = 0, high = 40;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        *(upper_tail(middle) > p ? &low : &high) = middle;
    }
    return low;
}

/* If nothing has changed, U and T are nearly normally distributed. 1/2 corrects for the fact that they are
 * whole numbers. */
static size_t normal_test(gm_rank_test *test, const struct ratios *ratios, double level)
{
    const double mean = (double)ratios->count / 2, distance = fabs(ratios->below - mean) - 0.5;
    test->p = ratios->deviation > 0 ? fmin(1, 2 * upper_tail(distance / ratios->deviation)) : 1;
    const double k = floor(mean + 0.5 - normal_quantile(level / 2) * ratios->deviation);
    return k > 0 ? (size_t)k : 0;
}

/* `ways` of the exact distribution, or NULL. */
static void conclude(gm_rank_test *test, const struct ratios *ratios, const double *ways, double level)
{
    test->exact = ways != NULL;
    const size_t k = ways ? exact_test(test, ratios, ways, level) : normal_test(test, ratios, level);
    test->ratio = exp(gm_quantile(ratios->logs, ratios->count, 0.5));
    test->low = k > 0 ? exp(ratios->logs[k - 1]) : 0;
    test->high = k > 0 ? exp(ratios->logs[ratios->count - k]) : INFINITY;
}

gm_status gm_rank_test_run(gm_rank_test *test, gm_samples before, gm_samples after, double level,
                           gm_error *error)
{
    double ways[MOST_WAYS];
    struct ratios ratios = {0};
    const gm_status status = compare_all(&ratios, before, after, error);
    if (status == GM_OK) {
        const bool exact = !ratios.ties && before.count <= MOST_EXACT && after.count <= MOST_EXACT;
        if (exact)
            count_arrangements(ways, before.count, after.count);
        conclude(test, &ratios, exact ? ways : NULL, level);
    }
    gm_free(ratios.logs);
    return status;
}

gm_status gm_signed_rank_test_run(gm_rank_test *test, const double *changes, size_t count, double level,
                                  gm_error *error)
{
    double ways[MOST_WAYS];
    struct ratios ratios = {0};
    const gm_status status = average_all(&ratios, changes, count, error);
    if (status == GM_OK) {
        const bool exact = !ratios.ties && count <= MOST_EXACT_CHANGES;
        if (exact)
            count_signs(ways, count);
        conclude(test, &ratios, exact ? ways : NULL, level);
    }
    gm_free(ratios.logs);
    return status;
}

double gm_rank_test_least(size_t before_count, size_t after_count)
{
    double p = 2;
    for (size_t i = 1; i <= after_count; i++)
        p *= (double)i / (double)(before_count + i);
    return fmin(1, p);
}

double gm_signed_rank_test_least(size_t count)
{
    return ldexp(2, -(int)gm_min(count, INT_MAX));
}
