/* Writes the report page of `train` and `eval`. */
#include "cli/model_page.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "bench/output/output_parts.h"
#include "cli/json_out.h"
#include "cli/model_page_parts.h"
#include "model/durable.h"
#include "page/page.h"

#include <string.h>

#define TITLE "gradmill report" /* by which a page is known */

static const gm_page model_page = {
    .title = TITLE, .main = {page_main, sizeof page_main}, .script = {page_script, sizeof page_script}};

static bool is_model_page(const char *head, size_t size)
{
    static const char begin[] = "<!doctype html>", title[] = "<title>" TITLE "</title>";
    return size >= sizeof begin - 1 && memcmp(head, begin, sizeof begin - 1) == 0 &&
           memmem(head, size, title, sizeof title - 1);
}

const gm_file_kind gm_kind_model_page = {"a report page of gradmill train or eval", is_model_page};

static char command[GM_COMMAND_SIZE];

void cli_model_page_command(int argc, char **argv)
{
    gm_environment_command(command, argc, argv);
}

/* Pairs of a label and a text. */
static json_t *environment_json(void)
{
    gm_line lines[GM_MOST_LINES];
    gm_environment environment = gm_environment_read(0, NULL);
    const size_t count = gm_environment_lines(&environment, lines);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        array = cli_json_push(array, json_pack("[s, o]", lines[i].label, gm_json_printable(lines[i].text)));
    return array;
}

static json_t *layers_json(const gm_network *network)
{
    json_t *array = json_array();
    for (size_t l = 0; l < gm_network_layer_count(network); l++) {
        const gm_layer layer = gm_network_layer(network, l);
        array = cli_json_push(array, json_pack("{s:I, s:I, s:s}", "inputs", (json_int_t)layer.inputs,
                                               "outputs", (json_int_t)layer.outputs, "activation",
                                               gm_activation_name(layer.activation)));
    }
    return array;
}

static json_t *page_json(const cli_model_page *page, json_t *more)
{
    const cli_evaluation *e = page->evaluation;
    more = cli_json_put(more, "verb", json_string(page->verb));
    more = cli_json_put(more, "command", gm_json_printable(command));
    more = cli_json_put(more, "data", gm_json_printable(page->data));
    more = cli_json_put(more, "environment", environment_json());
    more = cli_json_put(more, "layers", layers_json(page->network));
    more = cli_json_put(more, "loss_name", json_string(gm_loss_name(gm_network_loss(page->network))));
    more = cli_json_put(more, "rows", json_string(page->rows));
    return cli_json_put(more, "evaluation", e ? cli_evaluation_json(e) : json_null());
}

/* The page as text, which is then written durably. */
static gm_status save(const char *path, const char *json, gm_error *error)
{
    gm_text text = {0};
    FILE *out = gm_text_open(&text);
    if (!out)
        return gm_fail_memory(error, path, 0);
    gm_page_write(&model_page, json, out);
    const bool written = fclose(out) == 0;
    const gm_status status = written ? gm_durable_write(&gm_durable_system, path, &gm_kind_model_page,
                                                        &(gm_buffer){text.data, text.size}, 1, error)
                                     : gm_fail_memory(error, path, text.size);
    gm_text_clear(&text);
    return status;
}

gm_status cli_model_page_write(const cli_model_page *page, json_t *more, gm_error *error)
{
    json_t *root = page_json(page, more);
    char *json = root ? gm_json_write(root, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(root);
    if (!json)
        return gm_fail_memory(error, "the report page", 0);
    const gm_status status = save(page->path, json, error);
    gm_free(json);
    return status;
}
