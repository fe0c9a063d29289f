/* The log of a training run: a file with one line for each epoch, written as it happens. */
#ifndef GM_TRAIN_LOG_H
#define GM_TRAIN_LOG_H

#include "model/file_kind.h"

#include <gradmill/train.h>
#include <stdint.h>

extern const gm_file_kind gm_kind_log;

typedef struct gm_log {
    const char *path;
    int fd;         /* open, or -1: there is no log */
    bool csv;       /* else JSON lines */
    uint64_t start; /* of the run, or of its resumption, by gm_clock */
    char *line;     /* room for one line of `room` bytes */
    size_t room;
    char *options; /* as JSON, for the first line; NULL: none, or it has been written */
} gm_log;

/* Begins the log of options->log, or goes on with the first `kept` bytes of one, if a run is resumed that has
 * taken `elapsed` seconds; NULL: there is none. What is at the path must be a log or empty; what follows
 * these bytes is removed. `layers` of the network. GM_USAGE: a file of another kind. GM_IO, GM_LIMIT. To be
 * closed even after a failure. */
gm_status gm_log_open(gm_log *log, const gm_train_options *options, size_t layers, size_t kept,
                      gm_error *error);

/* Appends the line of an epoch. GM_IO. */
gm_status gm_log_write(gm_log *log, const gm_epoch *epoch, gm_error *error);
void gm_log_close(gm_log *log);

/* The bytes that it has by now; 0 without a log. */
size_t gm_log_size(const gm_log *log);

#endif
