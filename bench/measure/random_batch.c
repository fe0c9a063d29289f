/* A batch of random rows of the right sizes for a network. */
#include "bench/measure/random_batch.h"
#include "base/element.h"
#include "base/error.h"
#include "base/memory.h"
#include "function/facts.h"

static double draw_target(const gm_random_rows *r, gm_random *random)
{
    if (r->kind == GM_RANDOM_PIXELS)
        return (double)gm_random_below(random, 2);
    switch (gm_facts_of_losses[r->loss].targets) {
    case CHANCES:
        return gm_random_uniform(random);
    case COUNTS:
        return (double)gm_random_below(random, 4);
    default:
        return gm_random_normal(random);
    }
}

gm_random_rows gm_random_rows_for(const gm_network *network, size_t rows, gm_random_kind kind)
{
    return (gm_random_rows){.kind = kind,
                            .precision = gm_network_precision(network),
                            .loss = gm_network_loss(network),
                            .rows = rows,
                            .inputs = gm_network_inputs(network),
                            .outputs = gm_network_outputs(network)};
}

void gm_random_rows_draw(const gm_random_rows *r, gm_random random, void *x, void *y)
{
    const gm_type type = gm_type_of(r->precision);
    const bool classes = gm_facts_of_losses[r->loss].targets == CLASSES;
    for (size_t i = 0; i < r->rows * r->inputs; i++)
        gm_put_number(x, type, i,
                      r->kind == GM_RANDOM_PIXELS ? gm_random_uniform(&random) : gm_random_normal(&random));
    for (size_t row = 0; row < r->rows; row++) {
        for (size_t i = 0; i < r->outputs; i++)
            gm_put_number(y, type, row * r->outputs + i, classes ? 0 : draw_target(r, &random));
        if (classes)
            gm_put_number(y, type, row * r->outputs + gm_random_below(&random, r->outputs), 1);
    }
}

gm_status gm_random_batch_draw(gm_random_batch *batch, const gm_random_rows *r, gm_random random,
                               gm_error *error)
{
    const size_t size = gm_precision_size(r->precision);
    *batch = (gm_random_batch){.inputs = gm_alloc(r->rows, r->inputs * size),
                               .targets = gm_alloc(r->rows, r->outputs * size)};
    if (!batch->inputs || !batch->targets)
        return gm_fail_memory(error, "a batch", r->rows * (r->inputs + r->outputs) * size);
    gm_random_rows_draw(r, random, batch->inputs, batch->targets);
    batch->x = gm_array_real(batch->inputs, r->precision, r->rows, r->inputs);
    batch->y = gm_array_real(batch->targets, r->precision, r->rows, r->outputs);
    return GM_OK;
}

void gm_random_batch_clear(gm_random_batch *batch)
{
    gm_free(batch->inputs);
    gm_free(batch->targets);
    *batch = (gm_random_batch){0};
}
