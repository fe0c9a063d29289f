/* The inside of a network, and the checks that every size passes before it is used. */
#ifndef GM_NN_NETWORK_H
#define GM_NN_NETWORK_H

#include "base/element.h"

#include <gradmill/network.h>
#include <stdatomic.h>

/* A copy of the weights in another layout than that of the block. An engine that trains has a copy of its
 * own; engines for inference share one (nn/shared.h). */
typedef struct gm_keeper {
    void *holder;
    void (*give_back)(void *holder); /* writes the copy to the block */
    atomic_bool ahead;               /* the copy is newer than the block */
} gm_keeper;

typedef struct gm_shared gm_shared;

struct gm_network {
    gm_layer *layers; /* layer_count */
    size_t layer_count;
    gm_loss loss;
    gm_precision precision;
    size_t parameter_count;
    void *parameters; /* the block, W1 b1 W2 b2 ...; out of date while a keeper is ahead */
    /* The copy that agrees with the block or is newer; NULL: there is none. Engines for inference read this
     * from several threads. */
    _Atomic(gm_keeper *) keeper;
    gm_shared *shared; /* the copy of the engines for inference; NULL: there is none */
};

/* Writes one parameter to the block, rounded to the network's precision. The caller must know that no engine
 * has a newer copy. */
static inline void gm_network_write(gm_network *network, size_t index, double value)
{
    gm_put_number(network->parameters, gm_type_of(network->precision), index, value);
}

/* Bytes of the block. */
static inline size_t gm_network_bytes(const gm_network *network)
{
    return network->parameter_count * gm_precision_size(network->precision);
}

/* Gives the network all its parameters: a block of gm_network_bytes() bytes, in the order of its own. */
void gm_network_fill(gm_network *network, const void *block);

/* Copies the newest weights to the block if another copy is newer. */
void gm_network_settle(const gm_network *network);

/* Does the same before the block is changed: from then on no copy counts as equal to it. */
void gm_network_release(gm_network *network);

/* The caller's options as a struct of the library's own version (base/options.h). GM_USAGE. */
gm_status gm_network_options_read(gm_network_options *own, const gm_network_options *options,
                                  gm_error *error);

/* Fills layers[0 .. layer_count) and counts parameters; GM_USAGE or GM_LIMIT as gm_network_create says. */
gm_status gm_network_shape(const gm_network_options *options, gm_layer *layers, size_t *parameter_count,
                           gm_error *error);

/* GM_LIMIT if `bytes` for `what` are more than this process can get; the line names both. */
gm_status gm_check_memory(const char *what, size_t bytes, gm_error *error);

/* Draws W of every layer of a new network, which no engine uses yet, and sets the biases as gm_init says. */
void gm_network_initialise(gm_network *network, const gm_network_options *options);

#endif
