/* The inside of a network, and the checks that every size passes before it is used. */
#ifndef GM_NN_NETWORK_H
#define GM_NN_NETWORK_H

#include <gradmill/network.h>
#include <stdatomic.h>

/* A copy of the weights in another order than that of the block. An engine that trains holds one for itself;
 * engines for inference share one (nn/shared.h). */
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
    /* Whose copy agrees with the block or is ahead of it; NULL: nobody's. Engines for inference look at it
     * from several threads. */
    _Atomic(gm_keeper *) keeper;
    gm_shared *shared; /* the copy of the engines for inference; NULL: there is none */
};

/* Writes one parameter to the block, rounded to the network's precision. Whether an engine has a newer copy
 * of it is up to the caller. */
static inline void gm_network_write(gm_network *network, size_t index, double value)
{
    if (network->precision == GM_F64)
        ((double *)network->parameters)[index] = value;
    else
        ((float *)network->parameters)[index] = (float)value;
}

/* Brings the block up to date. */
void gm_network_settle(const gm_network *network);

/* The same for somebody who will write to the block: nobody's copy agrees with it any more. */
void gm_network_release(gm_network *network);

/* The caller's options as a struct of the library's own version (base/options.h). GM_USAGE. */
gm_status gm_network_options_read(gm_network_options *own, const gm_network_options *options,
                                  gm_error *error);

/* Fills layers[0 .. layer_count) and counts parameters; GM_USAGE or GM_LIMIT as gm_network_create says. */
gm_status gm_network_shape(const gm_network_options *options, gm_layer *layers, size_t *parameter_count,
                           gm_error *error);

/* GM_LIMIT if `bytes` for `what` are more than this process can get; the line names both. */
gm_status gm_check_memory(const char *what, size_t bytes, gm_error *error);

/* Draws W of every layer of a network that no engine knows yet; biases as gm_init says. */
void gm_network_initialise(gm_network *network, const gm_network_options *options);

#endif
