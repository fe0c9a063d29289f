/* Collects the epochs of a training, and writes its report page. */
#include "cli/train_page.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/json_out.h"
#include "cli/model_page.h"

#include <math.h>

#define LEAST_SAMPLE 1000 /* training rows to evaluate, if there are so many */
#define MOST_EPOCHS  2000 /* points of a curve; more epochs are thinned out */

static gm_status draw_sample(cli_train_page *page, gm_error *error)
{
    const size_t rows = gm_dataset_rows(page->setup->train);
    const size_t wanted = gm_max(page->valid ? gm_dataset_rows(page->valid) : 0, LEAST_SAMPLE);
    if (wanted >= rows)
        return GM_OK;
    return gm_dataset_split(page->setup->train, (double)wanted / (double)rows, 1, &page->rest, &page->sample,
                            error);
}

gm_status cli_train_page_open(cli_train_page *page, const char *path, const cli_train_setup *setup,
                              gm_error *error)
{
    *page = (cli_train_page){.path = path, .setup = setup};
    if (!path)
        return GM_OK;
    page->valid = setup->valid && gm_dataset_rows(setup->valid) > 0 ? setup->valid : NULL;
    page->epochs = json_array();
    return page->epochs ? draw_sample(page, error) : gm_fail_memory(error, "the report page", 0);
}

void cli_train_page_close(cli_train_page *page)
{
    json_decref(page->epochs);
    gm_dataset_destroy(page->sample);
    gm_dataset_destroy(page->rest);
    *page = (cli_train_page){0};
}

static const gm_dataset *sample_of(const cli_train_page *page)
{
    return page->sample ? page->sample : page->setup->train;
}

static json_t *layer_json(const gm_layer_figures *layer)
{
    return json_pack("{s:o, s:o, s:o}", "gradient_norm", gm_json_real(layer->gradient_norm), "update_ratio",
                     gm_json_real(layer->update_ratio), "dead", gm_json_real(layer->dead));
}

static json_t *metrics_json(const gm_metrics *m)
{
    return json_pack("{s:o, s:o, s:o}", "loss", gm_json_real(m->loss), "accuracy", gm_json_real(m->accuracy),
                     "rmse", gm_json_real(m->rmse));
}

static json_t *epoch_json(const gm_epoch *e, const gm_metrics *sample)
{
    json_t *layers = json_array();
    for (size_t l = 0; l < e->layer_count; l++)
        layers = cli_json_push(layers, layer_json(&e->layers[l]));
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "epoch", (json_int_t)e->epoch,
                     "batch_loss", gm_json_real(e->train_loss), "train", metrics_json(sample), "valid",
                     e->has_valid ? metrics_json(&e->valid) : json_null(), "rate", gm_json_real(e->rate),
                     "gradient_norm", gm_json_real(e->gradient_norm), "layers", layers, "seconds",
                     gm_json_real(e->seconds), "samples_per_second", gm_json_real(e->samples_per_second));
}

gm_status cli_train_page_epoch(cli_train_page *page, const gm_epoch *epoch, gm_error *error)
{
    gm_metrics sample;
    if (!page->path)
        return GM_OK;
    const gm_status status =
        gm_evaluate(page->setup->engine, sample_of(page), page->setup->model.scaling, &sample, error);
    if (status != GM_OK)
        return status;
    page->epochs = cli_json_push(page->epochs, epoch_json(epoch, &sample));
    return page->epochs ? GM_OK : gm_fail_memory(error, "the report page", 0);
}

/* At most MOST_EPOCHS of the epochs, the last one and the kept one among them. */
static json_t *thin_out(const json_t *epochs, size_t kept)
{
    const size_t count = json_array_size(epochs), stride = gm_pieces(count, MOST_EPOCHS);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *epoch = json_array_get(epochs, i);
        const bool is_kept = (size_t)json_integer_value(json_object_get(epoch, "epoch")) == kept;
        if (i % stride == 0 || i + 1 == count || is_kept)
            array = cli_json_push(array, json_incref(epoch));
    }
    return array;
}

static json_t *run_json(const cli_train_page *page, const cli_train_end *end, const char *fault)
{
    const gm_train_result *result = end->result;
    return json_pack("{s:o, s:I, s:I, s:I, s:s, s:o, s:s, s:o, s:I, s:I}", "epochs",
                     thin_out(page->epochs, result->kept_epoch), "epoch_count", (json_int_t)result->epochs,
                     "kept_epoch", (json_int_t)result->kept_epoch, "best_epoch",
                     (json_int_t)result->best_epoch, "monitor", gm_monitor_name(end->monitor), "options",
                     gm_json_printable(end->options), "ended", cli_train_end_word(result->end), "fault",
                     fault ? gm_json_printable(fault) : json_null(), "train_rows",
                     (json_int_t)gm_dataset_rows(page->setup->train), "valid_rows",
                     (json_int_t)(page->valid ? gm_dataset_rows(page->valid) : 0));
}

gm_status cli_train_page_write(cli_train_page *page, const char *data, const cli_train_end *end,
                               const char *fault, gm_error *error)
{
    gm_evaluation *figures = NULL;
    const gm_network *network = page->setup->model.network;
    const gm_dataset *judged = page->valid ? page->valid : sample_of(page);
    gm_status status = GM_OK;
    if (!page->path)
        return GM_OK;
    if (end->result->kept_epoch > 0)
        status =
            gm_evaluation_create(&figures, page->setup->engine, judged, page->setup->model.scaling, error);
    const cli_evaluation evaluation = {figures, judged, page->setup->model.columns, gm_network_loss(network)};
    const cli_model_page written = {
        .path = page->path,
        .verb = "train",
        .data = data,
        .network = network,
        .evaluation = figures ? &evaluation : NULL,
        .rows = page->valid    ? "the validation rows"
                : page->sample ? "a sample of the training rows"
                               : "the training rows",
    };
    if (status == GM_OK)
        status = cli_model_page_write(&written, run_json(page, end, fault), error);
    gm_evaluation_destroy(figures);
    return status;
}
