/* A source of rows: where the training loop gets its batches from. A data set in memory is one; a program can
 * make others, for example a stream that is read while it is learned, or the part of the rows that belongs to
 * one process.
 *
 * A source is a struct of functions. The loop calls them in this order, from one thread:
 *
 *   begin                      at the start of each epoch
 *   prepare, work, finish      again and again: the next rows of the epoch, straight into a buffer
 *   ...                        until finish gives 0 rows: the epoch is over
 *
 * The work between prepare and finish is done beside a training step, by threads that would otherwise wait.
 * Only one batch is in preparation at a time.
 */
#ifndef GRADMILL_ROW_SOURCE_H
#define GRADMILL_ROW_SOURCE_H

#include <gradmill/array.h>
#include <gradmill/dataset.h>
#include <gradmill/engine.h>
#include <gradmill/status.h>

GM_BEGIN_DECLS

/* Every function gets `context`. Those that can fail return what gm_train_rows then returns, with the line of
 * text in *error; after a failure the source is only closed. */
typedef struct gm_row_source {
    void *context;   /* of the source; handed to each function */
    size_t features; /* numbers in a row: the inputs of the network */
    size_t targets;  /* the outputs of the network; 0: the rows have no targets */
    bool labels;     /* the targets are one-hot rows of classes; otherwise they are numbers to be fitted */
    bool weighted;   /* rows have weights, which say how much each counts in training */
    size_t rows;     /* in each epoch; 0: not known before its end */

    /* Begins epoch number `epoch`, from 1. An evaluation begins epoch 1 each time. */
    gm_status (*begin)(void *context, size_t epoch, gm_error *error);

    /* Prepares for the next rows, at most `most` >= 1 of them, to be written to *to, which stays valid until
     * finish; their weights to to->w, if the source has weights and to->w has data. *work says how: when each
     * of its pieces is done, the rows are there. The pieces may be done in any order, several at a time and
     * by several threads. They must not touch an engine. *work may have no pieces. */
    gm_status (*prepare)(void *context, size_t most, const gm_batch_buffer *to, gm_side_work *work,
                         gm_error *error);

    /* After all of the pieces: how many rows they have written, 0 to `most`; 0: the epoch is over. A failure
     * of a piece is reported here. */
    gm_status (*finish)(void *context, size_t *count, gm_error *error);

    /* Frees the context. NULL: there is nothing to free. */
    void (*close)(void *context);

    /* Goes past the next `count` rows of the epoch, when a run is resumed in the middle of it. NULL: they are
     * delivered, and then not used. */
    gm_status (*skip)(void *context, size_t count, gm_error *error);

    /* A number that differs, as good as surely, from that of other rows. A run is only resumed with the rows
     * that it began with. NULL: it cannot be known whether they are the same. */
    uint64_t (*fingerprint)(void *context);

    /* How the targets were scaled, so that figures can be given in the units of the data: its target_shift
     * and target_factor are read. Borrowed; NULL: they were not. */
    const gm_scaling *target_scaling;

    void *reserved[1]; /* NULL */
} gm_row_source;

/* The rows of a data set, with features and targets scaled (scaling may be NULL). If `seed` is NULL, each
 * epoch gives them in the order of the data set; otherwise in an order that is shuffled anew for each epoch,
 * a function of the seed and the number of the epoch. Data set and scaling are borrowed; close it with
 * gm_row_source_close. GM_USAGE: no rows, cells without a value, a scaling of other features. GM_LIMIT. */
GM_API gm_status gm_row_source_open(gm_row_source *source, const gm_dataset *dataset,
                                    const gm_scaling *scaling, const uint64_t *seed, gm_error *error);

/* Closes a source of any kind; one that is all zero, or closed, is fine. */
GM_API void gm_row_source_close(gm_row_source *source);

/* The next rows at once: prepare, all of the work, finish. */
GM_API gm_status gm_row_source_next(const gm_row_source *source, size_t most, const gm_batch_buffer *to,
                                    size_t *count, gm_error *error);

GM_END_DECLS

#endif
