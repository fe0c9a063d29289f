/* One table of columns, from which both formats follow: JSON lines, which jq and pandas read, and CSV. */
#include "train/log.h"
#include "base/append.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/write.h"
#include "model/destination.h"
#include "model/file_kind.h"
#include "model/json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE      1024 /* bytes of a line without layers and options */
#define CELL      64   /* bytes of a figure of a layer, with its name */
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
    double elapsed; /* seconds since the run began, or was resumed */
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

static double gradient_norm_of(const line *l)
{
    return l->epoch->gradient_norm;
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
    {"gradient_norm", gradient_norm_of},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static double norm_of_layer(const gm_layer_figures *layer)
{
    return layer->gradient_norm;
}

static double ratio_of_layer(const gm_layer_figures *layer)
{
    return layer->update_ratio;
}

static double dead_of_layer(const gm_layer_figures *layer)
{
    return layer->dead;
}

/* Figures of each layer: a list in JSON, and a column for each layer in CSV. */
static const struct {
    const char *name;
    double (*value)(const gm_layer_figures *layer);
} layer_columns[] = {
    {"layer_gradient_norm", norm_of_layer},
    {"update_ratio", ratio_of_layer},
    {"dead", dead_of_layer},
};
#define LAYER_COLUMNS (sizeof layer_columns / sizeof *layer_columns)

static gm_status write_line(const gm_log *log, const char *text, size_t size, gm_error *error)
{
    if (gm_write_all(write, log->fd, text, size))
        return GM_OK;
    return gm_fail(error, GM_IO, "%s: cannot be written: %s", log->path, strerror(errno));
}

static gm_status write_head(const gm_log *log, size_t layers, gm_error *error)
{
    size_t used = 0;
    for (size_t c = 0; c < COLUMNS; c++)
        used = gm_append(log->line, log->room, used, c > 0 ? ",%s" : "%s", columns[c].name);
    for (size_t c = 0; c < LAYER_COLUMNS; c++)
        for (size_t l = 1; l <= layers; l++)
            used = gm_append(log->line, log->room, used, ",%s_%zu", layer_columns[c].name, l);
    used = gm_append(log->line, log->room, used, "\n");
    return write_line(log, log->line, used, error);
}

/* Whether the file has so many bytes, which end a line. Otherwise it is not the log that a run wrote. */
static bool has_lines(int fd, size_t file_size, size_t size)
{
    char last = '\0';
    return size > 0 && size <= file_size && pread(fd, &last, 1, (off_t)size - 1) == 1 && last == '\n';
}

/* Opens the file and keeps its first *size bytes, or none if these are not lines of a log. *size becomes the
 * number of bytes that are kept. */
static gm_status open_file(gm_log *log, const gm_destination *destination, size_t *size, gm_error *error)
{
    struct stat about;
    log->fd = openat(destination->folder, destination->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (log->fd < 0 || fstat(log->fd, &about) != 0)
        return gm_destination_fail(destination, strerror(errno), error);
    *size = has_lines(log->fd, (size_t)about.st_size, *size) ? *size : 0;
    if (ftruncate(log->fd, (off_t)*size) != 0 || lseek(log->fd, 0, SEEK_END) < 0)
        return gm_destination_fail(destination, strerror(errno), error);
    return GM_OK;
}

/* Memory for a line, which is the same for all of them but for the first. */
static gm_status make_room(gm_log *log, const char *options, size_t layers, gm_error *error)
{
    json_t *text = options ? gm_json_printable(options) : NULL;
    log->options = text ? gm_json_write(text, JSON_ENCODE_ANY) : NULL;
    json_decref(text);
    const size_t length = log->options ? strlen(log->options) : 0;
    log->room = LINE + length + LAYER_COLUMNS * CELL * (layers + 1);
    log->line = gm_alloc(log->room, 1);
    return log->line && (log->options || !options) ? GM_OK : gm_fail_memory(error, "the log", log->room);
}

gm_status gm_log_open(gm_log *log, const gm_train_options *options, size_t layers, size_t kept,
                      gm_error *error)
{
    const char *path = options->log;
    *log = (gm_log){.path = path, .fd = -1, .start = gm_clock()};
    if (!path)
        return GM_OK;
    const size_t length = strlen(path);
    log->csv = length >= 4 && strcmp(path + length - 4, ".csv") == 0;
    gm_status status = make_room(log, log->csv || kept > 0 ? NULL : options->log_options, layers, error);
    if (status != GM_OK)
        return status;
    gm_destination destination;
    status = gm_destination_open(&destination, path, &gm_kind_log, error);
    if (status == GM_OK)
        status = open_file(log, &destination, &kept, error);
    gm_destination_close(&destination);
    return status == GM_OK && log->csv && kept == 0 ? write_head(log, layers, error) : status;
}

static const char *show(const gm_log *log, char number[32], double value)
{
    return isfinite(value) ? gm_format_shortest(number, 32, value) : log->csv ? "" : "null";
}

/* Appends the figures of the layers. */
static size_t append_layers(const gm_log *log, size_t used, const gm_epoch *epoch)
{
    char number[32];
    for (size_t c = 0; c < LAYER_COLUMNS; c++) {
        if (!log->csv)
            used = gm_append(log->line, log->room, used, ", \"%s\": [", layer_columns[c].name);
        for (size_t l = 0; l < epoch->layer_count; l++)
            used = gm_append(log->line, log->room, used, "%s%s",
                             log->csv ? ","
                             : l > 0  ? ", "
                                      : "",
                             show(log, number, layer_columns[c].value(&epoch->layers[l])));
        if (!log->csv)
            used = gm_append(log->line, log->room, used, "]");
    }
    return used;
}

gm_status gm_log_write(gm_log *log, const gm_epoch *epoch, gm_error *error)
{
    const line l = {epoch, gm_clock_seconds(log->start, gm_clock())};
    char number[32];
    size_t used = 0;
    if (log->fd < 0)
        return GM_OK;
    for (size_t c = 0; c < COLUMNS; c++) {
        const char *shown = show(log, number, columns[c].value(&l));
        if (log->csv)
            used = gm_append(log->line, log->room, used, c > 0 ? ",%s" : "%s", shown);
        else
            used = gm_append(log->line, log->room, used, c > 0 ? ", \"%s\": %s" : "{\"%s\": %s",
                             columns[c].name, shown);
    }
    used = append_layers(log, used, epoch);
    if (log->options)
        used = gm_append(log->line, log->room, used, ", \"options\": %s", log->options);
    gm_free(log->options);
    log->options = NULL;
    used = gm_append(log->line, log->room, used, log->csv ? "\n" : "}\n");
    return write_line(log, log->line, used, error);
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
    gm_free(log->line);
    gm_free(log->options);
    *log = (gm_log){.fd = -1};
}
