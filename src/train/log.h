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
    uint64_t start; /* of the run, by gm_clock */
} gm_log;

/* Begins a log, or goes on with the first `kept` bytes of one, if a run is resumed; path NULL: there is none.
 * What is at the path must be a log or empty; what follows these bytes is removed. GM_USAGE: a file of
 * another kind. GM_IO. */
gm_status gm_log_open(gm_log *log, const char *path, size_t kept, gm_error *error);

/* Appends the line of an epoch. GM_IO. */
gm_status gm_log_write(const gm_log *log, const gm_epoch *epoch, gm_error *error);
void gm_log_close(gm_log *log);

/* The bytes that it has by now; 0 without a log. */
size_t gm_log_size(const gm_log *log);

#endif
