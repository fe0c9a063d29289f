/* The file of a checkpoint: writing, reading, and giving an engine back what it holds. Not public. */
#ifndef GM_TRAIN_CHECKPOINT_H
#define GM_TRAIN_CHECKPOINT_H

#include "train/run_state.h"

#include <gradmill/checkpoint.h>
#include <gradmill/engine.h>

/* The format that is written, and the newest one that is read. */
#define GM_CHECKPOINT_FORMAT 1

/* A block of as many numbers as the network has parameters, with its name in the file. */
typedef struct gm_named_block {
    const char *name;
    const void *data;
} gm_named_block;

#define GM_BLOCK_WEIGHTS "weights"
#define GM_BLOCK_BEST    "best" /* the weights of the best epoch */
#define GM_BLOCKS        6      /* most of them in a file: these, the optimizer's, and one more */

#define GM_BLOCK_AVERAGE "average" /* the averaged weights */

/* The name of a copy of the parameters that the engine keeps between steps: "optimizer.0", or
 * GM_BLOCK_AVERAGE.
 */
typedef struct gm_block_name {
    char text[24];
} gm_block_name;
gm_block_name gm_name_state_block(const gm_engine *engine, size_t copy);

/* What is to be written. */
typedef struct gm_checkpoint_content {
    const gm_run_state *state;
    const gm_engine *engine; /* what it is, not what it holds */
    const gm_network *network;
    const char *text; /* of the caller; may be NULL */
    gm_named_block blocks[GM_BLOCKS];
    size_t block_count;
} gm_checkpoint_content;

/* Writes durably, as gm_durable_write says. GM_IO, GM_LIMIT; GM_USAGE: a file of another kind is there, or
 * the text is not UTF-8. */
gm_status gm_checkpoint_save(const char *path, const gm_checkpoint_content *content, gm_error *error);

/* What the file says of the run. */
const gm_run_state *gm_checkpoint_state(const gm_checkpoint *checkpoint);

/* A block of the file; NULL: it has no such block. */
const void *gm_checkpoint_block(const gm_checkpoint *checkpoint, const char *name);

/* GM_BAD_MODEL if the checkpoint is not of this network, or of another kind of optimizer. */
gm_status gm_checkpoint_fits(const gm_checkpoint *checkpoint, const gm_engine *engine,
                             const gm_network *network, gm_error *error);

/* GM_BAD_MODEL, with the path of the checkpoint before the message. */
gm_status gm_checkpoint_fail(const gm_checkpoint *checkpoint, gm_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The network in words, "784,128,10 relu,softmax cross-entropy f32": the same for networks of the same shape.
 * NULL without memory. Free it with gm_free. */
char *gm_describe_network(const gm_network *network);

#endif
