/* One table of columns, from which both formats follow: JSON lines, which jq and pandas read, and CSV. */
#include "train/log.h"
#include "base/append.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/destination.h"
#include "model/file_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE      1024
#define JSON_HEAD "{\"epoch\": "
#define CSV_HEAD  "epoch,epochs,train_loss,"

static bool is_log(const char *head, size_t size)
{
    const size_t json = strlen(JSON_HEAD), csv = strlen(CSV_HEAD);
    return (size >= json && memcmp(head, JSON_HEAD, json) == 0) ||
           (size >= csv && memcmp(head, CSV_HEAD, csv) == 0);
}

const gm_file_kind gm_kind_log = {"a log of a training", is_log};

/* What a line is made of. */
typedef struct line {
    const gm_epoch *epoch;
    double elapsed; /* seconds since the run began */
} line;

static double epoch_of(const line *l)
{
    return (double)l->epoch->epoch;
}

static double epochs_of(const line *l)
{
    return (double)l->epoch->epochs;
}

static double train_loss_of(const line *l)
{
    return l->epoch->train_loss;
}

static double valid_loss_of(const line *l)
{
    return l->epoch->has_valid ? l->epoch->valid.loss : NAN;
}

static double valid_accuracy_of(const line *l)
{
    return l->epoch->has_valid ? l->epoch->valid.accuracy : NAN;
}

static double valid_rmse_of(const line *l)
{
    return l->epoch->has_valid ? l->epoch->valid.rmse : NAN;
}

static double best_of(const line *l)
{
    return l->epoch->best;
}

static double rate_of(const line *l)
{
    return l->epoch->rate;
}

static double seconds_of(const line *l)
{
    return l->epoch->seconds;
}

static double speed_of(const line *l)
{
    return l->epoch->samples_per_second;
}

static double gflops_of(const line *l)
{
    return l->epoch->gflops;
}

static double elapsed_of(const line *l)
{
    return l->elapsed;
}

/* A value that is NaN, because there is none, or infinite is null in JSON and an empty cell in CSV. */
static const struct {
    const char *name;
    double (*value)(const line *l);
} columns[] = {
    {"epoch", epoch_of},
    {"epochs", epochs_of},
    {"train_loss", train_loss_of},
    {"valid_loss", valid_loss_of},
    {"valid_accuracy", valid_accuracy_of},
    {"valid_rmse", valid_rmse_of},
    {"best", best_of},
    {"rate", rate_of},
    {"seconds", seconds_of},
    {"samples_per_second", speed_of},
    {"gflops", gflops_of},
    {"elapsed", elapsed_of},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static gm_status write_line(const gm_log *log, const char *text, size_t size, gm_error *error)
{
    while (size > 0) {
        const ssize_t done = write(log->fd, text, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return gm_fail(error, GM_IO, "%s: cannot be written: %s", log->path,
                           strerror(done < 0 ? errno : EIO));
        text += done;
        size -= (size_t)done;
    }
    return GM_OK;
}

static gm_status write_head(const gm_log *log, gm_error *error)
{
    char text[LINE];
    size_t used = 0;
    for (size_t c = 0; c < COLUMNS; c++)
        used = gm_append(text, sizeof text, used, c > 0 ? ",%s" : "%s", columns[c].name);
    used = gm_append(text, sizeof text, used, "\n");
    return write_line(log, text, used, error);
}

/* Keeps the first `*size` bytes of the file, or all if it has fewer; *size becomes how many these are. */
static gm_status open_file(gm_log *log, const gm_destination *destination, size_t *size, gm_error *error)
{
    struct stat about;
    log->fd =
        openat(destination->folder, destination->name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (log->fd < 0 || fstat(log->fd, &about) != 0)
        return gm_destination_fail(destination, strerror(errno), error);
    *size = gm_min(*size, (size_t)about.st_size);
    if (ftruncate(log->fd, (off_t)*size) != 0 || lseek(log->fd, 0, SEEK_END) < 0)
        return gm_destination_fail(destination, strerror(errno), error);
    return GM_OK;
}

gm_status gm_log_open(gm_log *log, const char *path, size_t kept, gm_error *error)
{
    *log = (gm_log){.path = path, .fd = -1, .start = gm_clock()};
    if (!path)
        return GM_OK;
    const size_t length = strlen(path);
    log->csv = length >= 4 && strcmp(path + length - 4, ".csv") == 0;
    gm_destination destination;
    gm_status status = gm_destination_open(&destination, path, &gm_kind_log, error);
    if (status == GM_OK)
        status = open_file(log, &destination, &kept, error);
    gm_destination_close(&destination);
    return status == GM_OK && log->csv && kept == 0 ? write_head(log, error) : status;
}

gm_status gm_log_write(const gm_log *log, const gm_epoch *epoch, gm_error *error)
{
    const line l = {epoch, gm_clock_seconds(log->start, gm_clock())};
    char text[LINE], number[32];
    size_t used = 0;
    if (log->fd < 0)
        return GM_OK;
    for (size_t c = 0; c < COLUMNS; c++) {
        const double value = columns[c].value(&l);
        const char *shown = isfinite(value) ? gm_format_shortest(number, sizeof number, value)
                            : log->csv      ? ""
                                            : "null";
        if (log->csv)
            used = gm_append(text, sizeof text, used, c > 0 ? ",%s" : "%s", shown);
        else
            used = gm_append(text, sizeof text, used, c > 0 ? ", \"%s\": %s" : "{\"%s\": %s", columns[c].name,
                             shown);
    }
    used = gm_append(text, sizeof text, used, log->csv ? "\n" : "}\n");
    return write_line(log, text, used, error);
}

size_t gm_log_size(const gm_log *log)
{
    const off_t size = log->fd >= 0 ? lseek(log->fd, 0, SEEK_CUR) : 0;
    return size > 0 ? (size_t)size : 0;
}

void gm_log_close(gm_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}
