/* The storage of backends that work on the parameter block of the network itself: W is out x in, row-major,
 * without padding. */
#include "backend/storage.h"

static size_t weights(size_t in, size_t out)
{
    return in * out;
}

const gm_storage gm_row_major = {
    .lanes = 1,
    .grain = {.outputs = 4, .inputs = 16, .biases = 4},
    .weights = weights,
};
