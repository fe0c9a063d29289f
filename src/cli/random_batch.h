/* A batch of random rows that a network can learn from: gradcheck differentiates on it, plan times it. */
#ifndef GM_CLI_RANDOM_BATCH_H
#define GM_CLI_RANDOM_BATCH_H

#include <gradmill.h>

typedef struct cli_random_batch {
    void *inputs, *targets; /* rows x in, rows x out, of the network's precision */
    gm_array x, y;          /* the same, as the engine takes them */
} cli_random_batch;

/* Inputs are normal; targets are such that the loss of the network understands them. The same seed gives the
 * same batch. GM_LIMIT: no memory. cli_random_batch_clear in any case. */
gm_status cli_random_batch_draw(cli_random_batch *batch, const gm_network *network, size_t rows,
                                uint64_t seed, gm_error *error);
void cli_random_batch_clear(cli_random_batch *batch);

#endif
