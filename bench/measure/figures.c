/* The arithmetic of published figures (figures.h). */
#include "bench/measure/figures.h"
#include "function/facts.h"
#include "nn/optimizer.h"

#include <math.h>

/* Numbers that an update after BP4 reads and writes for each weight. The gradient is one of them. With
 * momentum it is not counted separately, because BP4 adds into the velocity. */
static double update_numbers(gm_optimizer_kind optimizer)
{
    return (double)gm_optimizer_traffic(optimizer) +
           (gm_facts_of_optimizers[optimizer].target == INTO_VELOCITY ? -1 : 1);
}

gm_work gm_work_of(gm_phase phase, const gm_layer *l, double n, gm_optimizer_kind optimizer, bool joined)
{
    const double in = (double)l->inputs, out = (double)l->outputs, w = in * out;
    switch (phase) {
    case GM_PHASE_FORWARD:
        return (gm_work){2 * n * w, n * in + w + n * out};
    case GM_PHASE_BP2:
        return (gm_work){2 * n * w, n * out + w + n * in};
    case GM_PHASE_BP4:
        return (gm_work){2 * n * w,
                         n * out + n * in + (joined ? (double)gm_optimizer_traffic(optimizer) : 2) * w};
    case GM_PHASE_BP3:
        return (gm_work){n * out, n * out};
    case GM_PHASE_ACTIVATION:
        return (gm_work){0, 2 * n * out};
    case GM_PHASE_LOSS:
    case GM_PHASE_BP2_FACTOR:
        return (gm_work){0, 3 * n * out};
    case GM_PHASE_UPDATE:
        return (gm_work){0, update_numbers(optimizer) * w};
    default:
        return (gm_work){0, 0};
    }
}

const char *gm_bound_by(double flop, double bytes, double seconds, double peak, double bandwidth)
{
    if (flop / seconds > 0.5 * peak)
        return "compute";
    if (bytes / seconds > 1.2 * bandwidth)
        return flop > 0 ? "kernel" : "cache";
    if (bytes / seconds > 0.5 * bandwidth)
        return "memory";
    return flop / seconds > 0.2 * peak ? "kernel" : "overhead";
}

double gm_part_seconds(const gm_profile *profile, size_t layer, gm_phase phase, size_t steps)
{
    double sum = 0;
    for (size_t t = 0; t < profile->threads; t++)
        sum += profile->seconds[(t * profile->layers + layer) * GM_PHASE_COUNT + phase];
    return sum / (double)profile->threads / (double)steps;
}

double gm_speedup(double reference, double seconds)
{
    return reference / seconds;
}

double gm_efficiency(double speedup, size_t threads)
{
    return 100 * speedup / (double)threads;
}

size_t gm_fastest(const double *seconds, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = seconds[i] < seconds[best] ? i : best;
    return best;
}

size_t gm_among_fastest(const double *medians, const double *deviations, size_t count, bool *among)
{
    const size_t best = gm_fastest(medians, count);
    const double end = medians[best] + deviations[best];
    size_t marked = 0;
    for (size_t i = 0; i < count; i++) {
        among[i] = i == best || medians[i] - deviations[i] <= end;
        marked += among[i];
    }
    return marked;
}

double gm_peak_percent(double share)
{
    enum { MOST_PERCENT = 105 }; /* the clock of a core moves by some percent between two measurements */
    return 100 * share <= MOST_PERCENT ? 100 * share : NAN;
}
