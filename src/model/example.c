/* Reads worked examples: a small JSON file that gives a network, its samples and a learning rate. */
#include <gradmill/model.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/file.h"
#include "model/json_reader.h"
#include "model/printable.h"

#include <unistd.h>

/* Examples are computed by hand, so a larger file is not one. */
#define EXAMPLE_LIMIT ((size_t)1 << 20)

static gm_status no_memory(const gm_json_source *from, size_t bytes)
{
    return gm_fail_memory(from->error, "an example", bytes);
}

static gm_status read_notes(const gm_json_source *from, gm_example *example, const json_t *notes)
{
    const size_t count = json_array_size(notes);
    if (!notes)
        return GM_OK;
    if (!json_is_array(notes))
        return gm_json_expect(from, "notes", "an array", notes);
    example->notes = gm_alloc(count, sizeof *example->notes);
    if (!example->notes)
        return no_memory(from, count * sizeof *example->notes);
    gm_status status = GM_OK;
    for (size_t i = 0; i < count && status == GM_OK; i++) {
        const json_t *note = json_array_get(notes, i);
        status = gm_json_text(from, gm_json_at("notes[%zu]", i).text, note, &example->notes[i]);
        example->note_count++;
    }
    return status;
}

static gm_status fail_name(const gm_json_source *from, const char *place, const char *what, const char *name)
{
    return gm_fail(from->error, GM_BAD_DATA, "%s: %s: unknown %s \"%s\"", from->path, place, what,
                   gm_printable(name).text);
}

/* Reads the sizes and the activation of a layer that has `inputs` inputs. Its weights and biases are read
 * later, when the network has been created. */
static gm_status read_layer_shape(const gm_json_source *from, size_t l, json_t *layer, size_t inputs,
                                  gm_layer_options *options)
{
    static const char *const known[] = {"activation", "weights", "biases", NULL};
    const char *name;
    const gm_json_path place = gm_json_at("layers[%zu].activation", l);
    const json_t *weights = json_object_get(layer, "weights");
    gm_status status = gm_json_keys(from, gm_json_at("layers[%zu]", l).text, layer, known);
    if (status == GM_OK)
        status = gm_json_name(from, place.text, json_object_get(layer, "activation"), &name);
    if (status == GM_OK && !gm_activation_from_name(name, &options->activation))
        status = fail_name(from, place.text, "activation", name);
    if (status == GM_OK)
        status = gm_json_array(from, gm_json_at("layers[%zu].weights", l).text, weights, 0,
                               "one row for each unit");
    options->outputs = json_array_size(weights);
    for (size_t r = 0; r < options->outputs && status == GM_OK; r++)
        status = gm_json_array(from, gm_json_at("layers[%zu].weights[%zu]", l, r).text,
                               json_array_get(weights, r), inputs, inputs == 1 ? "number" : "numbers");
    return status;
}

static gm_status make_network(const gm_json_source *from, gm_example *example, gm_network_options *options,
                              gm_layer_options *layers, const json_t *list)
{
    gm_error reason = {0};
    gm_status status = GM_OK;
    size_t inputs = options->inputs;
    for (size_t l = 0; l < options->layer_count && status == GM_OK; l++) {
        status = read_layer_shape(from, l, json_array_get(list, l), inputs, &layers[l]);
        inputs = layers[l].outputs;
    }
    if (status != GM_OK)
        return status;
    options->layers = layers;
    options->precision = GM_F64;
    options->init = GM_INIT_CONSTANT; /* they are overwritten by those of the file */
    status = gm_network_create(&example->network, options, &reason);
    return gm_file_blame(from->path, status, GM_BAD_DATA, &reason, from->error);
}

static gm_status read_inputs(const gm_json_source *from, const json_t *value, size_t *inputs)
{
    if (!json_is_integer(value) || json_integer_value(value) < 1)
        return gm_fail(from->error, GM_BAD_DATA, "%s: inputs: expected a whole number from 1", from->path);
    *inputs = (size_t)json_integer_value(value);
    return GM_OK;
}

static gm_status read_network(const gm_json_source *from, gm_example *example, const json_t *root)
{
    gm_network_options options = gm_network_options_default();
    const char *loss;
    const json_t *list = json_object_get(root, "layers");
    gm_status status = read_inputs(from, json_object_get(root, "inputs"), &options.inputs);
    if (status == GM_OK)
        status = gm_json_name(from, "loss", json_object_get(root, "loss"), &loss);
    if (status == GM_OK && !gm_loss_from_name(loss, &options.loss))
        status = fail_name(from, "loss", "loss", loss);
    if (status == GM_OK)
        status = gm_json_array(from, "layers", list, 0, "one layer or more");
    if (status != GM_OK)
        return status;
    options.layer_count = json_array_size(list);
    gm_layer_options *layers = gm_alloc(options.layer_count, sizeof *layers);
    if (!layers)
        return no_memory(from, options.layer_count * sizeof *layers);
    status = make_network(from, example, &options, layers, list);
    gm_free(layers);
    return status;
}

static gm_status read_parameters(const gm_json_source *from, gm_network *network, size_t l,
                                 const json_t *layer)
{
    const gm_layer shape = gm_network_layer(network, l);
    double *to = gm_network_parameters(network).data;
    const json_t *weights = json_object_get(layer, "weights");
    gm_status status = GM_OK;
    for (size_t r = 0; r < shape.outputs && status == GM_OK; r++)
        status =
            gm_json_numbers(from, gm_json_at("layers[%zu].weights[%zu]", l, r).text,
                            json_array_get(weights, r), shape.inputs, to + shape.weights + r * shape.inputs);
    if (status == GM_OK)
        status = gm_json_numbers(from, gm_json_at("layers[%zu].biases", l).text,
                                 json_object_get(layer, "biases"), shape.outputs, to + shape.biases);
    return status;
}

static gm_status read_layers(const gm_json_source *from, gm_example *example, const json_t *root)
{
    const json_t *list = json_object_get(root, "layers");
    gm_status status = GM_OK;
    for (size_t l = 0; l < json_array_size(list) && status == GM_OK; l++)
        status = read_parameters(from, example->network, l, json_array_get(list, l));
    return status;
}

static gm_status read_sample(const gm_json_source *from, gm_example *example, size_t i, json_t *sample)
{
    static const char *const known[] = {"x", "y", NULL};
    const size_t inputs = gm_network_inputs(example->network), outputs = gm_network_outputs(example->network);
    gm_status status = gm_json_keys(from, gm_json_at("samples[%zu]", i).text, sample, known);
    if (status == GM_OK)
        status = gm_json_numbers(from, gm_json_at("samples[%zu].x", i).text, json_object_get(sample, "x"),
                                 inputs, example->x + i * inputs);
    if (status == GM_OK)
        status = gm_json_numbers(from, gm_json_at("samples[%zu].y", i).text, json_object_get(sample, "y"),
                                 outputs, example->y + i * outputs);
    return status;
}

static gm_status read_samples(const gm_json_source *from, gm_example *example, const json_t *root)
{
    const json_t *list = json_object_get(root, "samples");
    const size_t count = json_array_size(list);
    const size_t inputs = gm_network_inputs(example->network), outputs = gm_network_outputs(example->network);
    gm_status status = gm_json_array(from, "samples", list, 0, "one sample or more");
    if (status != GM_OK)
        return status;
    size_t x_size, y_size;
    if (gm_mul(count, inputs, &x_size) && gm_mul(count, outputs, &y_size)) {
        example->x = gm_alloc(x_size, sizeof *example->x);
        example->y = gm_alloc(y_size, sizeof *example->y);
    }
    if (!example->x || !example->y)
        return no_memory(from, EXAMPLE_LIMIT);
    example->sample_count = count;
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = read_sample(from, example, i, json_array_get(list, i));
    return status;
}

static gm_status read_settings(const gm_json_source *from, gm_example *example, const json_t *root)
{
    const json_t *freeze = json_object_get(root, "freeze_bias");
    gm_status status = gm_json_number(from, "rate", json_object_get(root, "rate"), &example->rate);
    if (status == GM_OK && example->rate <= 0)
        status = gm_fail(from->error, GM_BAD_DATA, "%s: rate: expected a number above 0", from->path);
    if (status == GM_OK && freeze && !json_is_boolean(freeze))
        status = gm_json_expect(from, "freeze_bias", "true or false", freeze);
    if (status == GM_OK)
        example->freeze_bias = json_is_true(freeze);
    return status;
}

static gm_status read_example(const gm_json_source *from, gm_example *example, json_t *root)
{
    static const char *const known[] = {"title",  "source", "rate",    "loss",  "freeze_bias",
                                        "inputs", "layers", "samples", "notes", NULL};
    gm_status status = gm_json_keys(from, "the example", root, known);
    if (status == GM_OK)
        status = gm_json_text(from, "title", json_object_get(root, "title"), &example->title);
    if (status == GM_OK)
        status = gm_json_text(from, "source", json_object_get(root, "source"), &example->source);
    if (status == GM_OK)
        status = read_notes(from, example, json_object_get(root, "notes"));
    if (status == GM_OK)
        status = read_settings(from, example, root);
    if (status == GM_OK)
        status = read_network(from, example, root);
    if (status == GM_OK)
        status = read_layers(from, example, root);
    if (status == GM_OK)
        status = read_samples(from, example, root);
    return status;
}

static gm_status read_text_file(const gm_json_source *from, int fd, size_t size, gm_example *example)
{
    json_t *root = NULL;
    if (size > EXAMPLE_LIMIT)
        return gm_fail(from->error, GM_BAD_DATA, "%s: %zu bytes; expected an example of at most 1 MiB",
                       from->path, size);
    char *text = gm_alloc(size, 1);
    if (!text)
        return no_memory(from, size);
    gm_status status = gm_file_read(fd, from->path, 0, text, size, from->error);
    if (status == GM_OK)
        status = gm_json_parse(from, text, size, &root);
    gm_free(text);
    if (status == GM_OK)
        status = read_example(from, example, root);
    json_decref(root);
    return status;
}

gm_status gm_example_load(gm_example *example, const char *path, gm_error *error)
{
    const gm_json_source from = {path, GM_BAD_DATA, error};
    int fd;
    size_t size;
    *example = (gm_example){0};
    gm_status status = gm_file_open(path, &fd, &size, error);
    if (status != GM_OK)
        return status;
    status = read_text_file(&from, fd, size, example);
    close(fd);
    if (status != GM_OK)
        gm_example_clear(example);
    return status;
}

void gm_example_clear(gm_example *example)
{
    gm_free(example->title);
    gm_free(example->source);
    for (size_t i = 0; i < example->note_count; i++)
        gm_free(example->notes[i]);
    gm_free(example->notes);
    gm_network_destroy(example->network);
    gm_free(example->x);
    gm_free(example->y);
    *example = (gm_example){0};
}
