/* Checkpoints: the whole state of a training run in a file. A run that is killed at any moment and resumed
 * from its checkpoint ends with the same weights, to the bit, as one that was never interrupted.
 *
 * gm_train writes one if options.checkpoint names a file, and goes on from one if options.resume is set. A
 * checkpoint holds the weights, what the optimizer keeps, the weights of the best epoch so far, the position
 * in the run, the counters of early stopping, a fingerprint of the data, and a text of the caller. It is a
 * safetensors file, but not a model.
 *
 * What must be the same when a run goes on: the program, the data, the network, the seed, the size of a
 * batch, the kind of optimizer, the backend and the instruction set; with another backend than packed, the
 * number of threads. gm_train refuses other data, networks, seeds, batches and optimizers. The rest only
 * changes bits, and is up to the caller, who finds it in gm_checkpoint_info. */
#ifndef GRADMILL_CHECKPOINT_H
#define GRADMILL_CHECKPOINT_H

#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

GM_BEGIN_DECLS

typedef struct gm_checkpoint gm_checkpoint;

/* Reads a checkpoint strictly: every byte of it is covered by a checksum. GM_BAD_MODEL: damaged, not a
 * checkpoint, or of a newer format; GM_IO, GM_LIMIT. *checkpoint is NULL on failure. */
GM_API gm_status gm_checkpoint_load(gm_checkpoint **checkpoint, const char *path, gm_error *error);
GM_API void gm_checkpoint_destroy(gm_checkpoint *checkpoint);

/* Texts are owned by the checkpoint. */
typedef struct gm_checkpoint_info {
    size_t size;          /* of this struct, which gm_checkpoint_info_init sets */
    size_t epoch, epochs; /* finished epochs, and those that were planned */
    size_t step;          /* steps taken since then */
    size_t threads, batch;
    const char *backend;
    const char *kernels; /* instruction set of the backend; "" if that is not its own choice */
    const char *version; /* of gradmill that wrote it */
    const char *text;    /* options.checkpoint_text of the run; "" without one */
} gm_checkpoint_info;

GM_API void gm_checkpoint_info_fill(gm_checkpoint_info *info, size_t size);
static inline gm_checkpoint_info gm_checkpoint_info_init(void)
{
    gm_checkpoint_info info;
    gm_checkpoint_info_fill(&info, sizeof info);
    return info;
}

/* What a program must know to make the same engine again. GM_USAGE: info does not come from
 * gm_checkpoint_info_init. */
GM_API gm_status gm_checkpoint_get_info(const gm_checkpoint *checkpoint, gm_checkpoint_info *info,
                                        gm_error *error);

GM_END_DECLS

#endif
