/* Draws the random numbers of a problem, writes a problem to a file, and reads it. */
#include "bench/contest/problem.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/measure/random_batch.h"
#include "model/json_write.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie in memory");

static const char magic[8] = {'G', 'M', 'P', 'R', 'O', 'B', '1', '\n'};

static gm_status create_network(const gm_problem *p, gm_network **network, gm_error *error)
{
    gm_layer_options layers[GM_PROBLEM_WIDTHS];
    const gm_net_layers net = {p->widths, p->width_count, p->hidden, p->output, p->loss, p->precision};
    const gm_network_options options = gm_net_options(&net, layers);
    return gm_network_create(network, &options, error);
}

static size_t inputs_of(const gm_problem *p)
{
    return p->widths[0];
}

static size_t outputs_of(const gm_problem *p)
{
    return p->widths[p->width_count - 1];
}

/* Allocates memory for all numbers; widths, batch and batches are set. */
static gm_status allocate(gm_problem *p, gm_error *error)
{
    size_t rows, count = 0, weights;
    for (size_t i = 1; i < p->width_count; i++) {
        if (!gm_mul(p->widths[i - 1] + 1, p->widths[i], &weights) || !gm_add(count, weights, &count))
            return gm_fail(error, GM_LIMIT, "the network is larger than the memory of any machine");
    }
    if (!gm_mul(p->batch, p->batches, &rows))
        return gm_fail(error, GM_LIMIT,
                       "%zu batches of %zu rows are more than any machine has the memory for", p->batches,
                       p->batch);
    size_t x, y;
    if (!gm_mul(rows, inputs_of(p), &x) || !gm_mul(rows, outputs_of(p), &y))
        return gm_fail(error, GM_LIMIT, "%zu rows are more than any machine has the memory for", rows);
    p->parameter_count = count;
    p->parameters = gm_alloc(count, sizeof *p->parameters);
    p->x = gm_alloc(x, sizeof *p->x);
    p->y = gm_alloc(y, sizeof *p->y);
    return p->parameters && p->x && p->y ? GM_OK : gm_fail(error, GM_LIMIT, "no memory for a problem");
}

gm_status gm_problem_draw(gm_problem *p, gm_error *error)
{
    gm_network *network = NULL;
    gm_status status = allocate(p, error);
    if (status == GM_OK)
        status = create_network(p, &network, error);
    if (status == GM_OK) {
        for (size_t i = 0; i < p->parameter_count; i++)
            p->parameters[i] = (float)gm_network_parameter(network, i);
        const gm_random_rows rows = {.kind = GM_RANDOM_PIXELS,
                                     .precision = GM_F32,
                                     .loss = p->loss,
                                     .rows = p->batch * p->batches,
                                     .inputs = inputs_of(p),
                                     .outputs = outputs_of(p)};
        gm_random_rows_draw(&rows, gm_random_seed(1, GM_STREAM_BENCH), p->x, p->y);
    }
    gm_network_destroy(network);
    return status;
}

void gm_problem_clear(gm_problem *p)
{
    gm_free(p->parameters);
    gm_free(p->x);
    gm_free(p->y);
    p->parameters = p->x = p->y = NULL;
}

gm_status gm_problem_network(const gm_problem *p, gm_network **network, gm_error *error)
{
    const gm_status status = create_network(p, network, error);
    for (size_t i = 0; status == GM_OK && i < p->parameter_count; i++)
        gm_network_set_parameter(*network, i, (double)p->parameters[i]);
    return status;
}

static json_t *widths_json(const gm_problem *p)
{
    json_t *widths = json_array();
    for (size_t i = 0; i < p->width_count; i++)
        json_array_append_new(widths, json_integer((json_int_t)p->widths[i]));
    return widths;
}

static json_t *describe(const gm_problem *p)
{
    const gm_optimizer *o = &p->optimizer;
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:{s:s, s:o, s:o, s:o, s:o, s:o}, s:s, s:I, s:I, s:I, s:s, s:s}", "widths",
        widths_json(p), "hidden", gm_activation_name(p->hidden), "output", gm_activation_name(p->output),
        "loss", gm_loss_name(p->loss), "optimizer", "kind", gm_optimizer_name(o->kind), "rate",
        gm_json_real(o->rate), "momentum", gm_json_real(o->momentum), "beta1", gm_json_real(o->beta1),
        "beta2", gm_json_real(o->beta2), "epsilon", gm_json_real(o->epsilon), "precision",
        gm_precision_name(p->precision), "threads", (json_int_t)p->threads, "batch", (json_int_t)p->batch,
        "batches", (json_int_t)p->batches, "backend", p->backend, "data", p->data);
}

static bool put(FILE *out, const void *bytes, size_t count, size_t size)
{
    return fwrite(bytes, size, count, out) == count;
}

static bool put_all(FILE *out, const gm_problem *p, const char *text)
{
    const size_t rows = p->batch * p->batches, length = strlen(text), padding = (8 - length % 8) % 8;
    const uint64_t size = length + padding;
    return put(out, magic, sizeof magic, 1) && put(out, &size, 1, sizeof size) && put(out, text, length, 1) &&
           put(out, "       ", padding, 1) && put(out, p->parameters, p->parameter_count, sizeof(float)) &&
           put(out, p->x, rows * inputs_of(p), sizeof(float)) &&
           put(out, p->y, rows * outputs_of(p), sizeof(float));
}

gm_status gm_problem_write(const gm_problem *p, int *descriptor, gm_error *error)
{
    json_t *description = describe(p);
    char *text = description ? gm_json_write(description, JSON_ENSURE_ASCII) : NULL;
    json_decref(description);
    if (!text)
        return gm_fail(error, GM_LIMIT, "no memory for a problem");
    *descriptor = memfd_create("problem", MFD_CLOEXEC);
    const int copy = *descriptor < 0 ? -1 : dup(*descriptor); /* closed together with the stream */
    FILE *out = copy < 0 ? NULL : fdopen(copy, "wb");
    bool written = out && put_all(out, p, text);
    if (out)
        written = fclose(out) == 0 && written;
    else if (copy >= 0)
        close(copy);
    gm_free(text);
    if (written)
        return GM_OK;
    if (*descriptor >= 0)
        close(*descriptor);
    return gm_fail(error, GM_IO, "cannot write a problem into memory: %s", strerror(errno));
}

static bool read_widths(gm_problem *p, const json_t *widths)
{
    p->width_count = json_array_size(widths);
    if (p->width_count < 2 || p->width_count > GM_PROBLEM_WIDTHS)
        return false;
    for (size_t i = 0; i < p->width_count; i++) {
        const json_int_t width = json_integer_value(json_array_get(widths, i));
        p->widths[i] = (size_t)width;
        if (width < 1)
            return false;
    }
    return true;
}

static bool read_description(gm_problem *p, json_t *json)
{
    const json_t *widths;
    const char *hidden, *output, *loss, *kind, *precision, *backend, *data;
    json_int_t threads, batch, batches;
    gm_optimizer *o = &p->optimizer;
    if (json_unpack(json,
                    "{s:o, s:s, s:s, s:s, s:{s:s, s:F, s:F, s:F, s:F, s:F}, s:s, s:I, s:I, s:I, s:s, s:s}",
                    "widths", &widths, "hidden", &hidden, "output", &output, "loss", &loss, "optimizer",
                    "kind", &kind, "rate", &o->rate, "momentum", &o->momentum, "beta1", &o->beta1, "beta2",
                    &o->beta2, "epsilon", &o->epsilon, "precision", &precision, "threads", &threads, "batch",
                    &batch, "batches", &batches, "backend", &backend, "data", &data) != 0)
        return false;
    p->threads = (size_t)threads;
    p->batch = (size_t)batch;
    p->batches = (size_t)batches;
    snprintf(p->backend, sizeof p->backend, "%s", backend);
    snprintf(p->data, sizeof p->data, "%s", data);
    return threads >= 0 && batch >= 1 && batches >= 0 && read_widths(p, widths) &&
           gm_activation_from_name(hidden, &p->hidden) && gm_activation_from_name(output, &p->output) &&
           gm_loss_from_name(loss, &p->loss) && gm_optimizer_from_name(kind, &o->kind) &&
           gm_precision_from_name(precision, &p->precision);
}

static bool get(FILE *in, void *bytes, size_t count, size_t size)
{
    return fread(bytes, size, count, in) == count;
}

static bool read_head(gm_problem *p, FILE *in)
{
    char begin[sizeof magic], text[8192];
    uint64_t size;
    if (!get(in, begin, sizeof begin, 1) || memcmp(begin, magic, sizeof magic) != 0 ||
        !get(in, &size, 1, sizeof size) || size > sizeof text || !get(in, text, size, 1))
        return false;
    json_t *json = json_loadb(text, size, 0, NULL);
    const bool understood = json && read_description(p, json);
    json_decref(json);
    return understood;
}

static bool read_numbers(const gm_problem *p, FILE *in)
{
    const size_t rows = p->batch * p->batches;
    return get(in, p->parameters, p->parameter_count, sizeof(float)) &&
           get(in, p->x, rows * inputs_of(p), sizeof(float)) &&
           get(in, p->y, rows * outputs_of(p), sizeof(float));
}

gm_status gm_problem_read(gm_problem *p, const char *path, gm_error *error)
{
    *p = (gm_problem){0};
    FILE *in = fopen(path, "rb");
    if (!in)
        return gm_fail(error, GM_IO, "%s: cannot open: %s", path, strerror(errno));
    gm_status status = read_head(p, in) ? allocate(p, error) : GM_BAD_DATA;
    if (status == GM_OK && !read_numbers(p, in))
        status = GM_BAD_DATA;
    if (status == GM_BAD_DATA)
        gm_fail(error, status, "%s: not a problem of this program", path);
    fclose(in);
    if (status != GM_OK)
        gm_problem_clear(p);
    return status;
}
