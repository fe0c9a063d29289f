/* The fingerprint of a data set: a CRC-32 of its features, and one of its targets and everything else. */
#include "data/dataset.h"

#include <zlib.h>

static uLong add(uLong sum, const void *data, size_t size)
{
    return size > 0 ? crc32_z(sum, data, size) : sum;
}

static uLong add_row(uLong sum, const void *array, size_t row, size_t bytes)
{
    return array ? add(sum, (const char *)array + row * bytes, bytes) : sum;
}

uint64_t gm_dataset_fingerprint(const gm_dataset *dataset, const gm_scaling *scaling)
{
    const gm_table *t = dataset->table;
    const size_t shape[] = {dataset->rows, t->features, t->targets, (size_t)t->type, (size_t)t->value_type};
    uLong inputs = crc32_z(0, NULL, 0), others = inputs;
    others = add(others, shape, sizeof shape);
    for (size_t r = 0; r < dataset->rows; r++) {
        const size_t row = gm_table_row(dataset, r);
        inputs = add_row(inputs, t->x, row, t->features * gm_type_size(t->type));
        others = add_row(others, t->labels, row, sizeof *t->labels);
        others = add_row(others, t->values, row, t->targets * gm_type_size(t->value_type));
        others = add_row(others, dataset->weights, r, sizeof *dataset->weights);
    }
    if (scaling) {
        others = add(others, scaling->shift, scaling->features * sizeof *scaling->shift);
        others = add(others, scaling->factor, scaling->features * sizeof *scaling->factor);
        others = add(others, scaling->target_shift, scaling->targets * sizeof *scaling->target_shift);
        others = add(others, scaling->target_factor, scaling->targets * sizeof *scaling->target_factor);
    }
    return (uint64_t)inputs << 32 | (uint64_t)others;
}
