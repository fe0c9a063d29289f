/* Model files and worked examples.
 *
 * A model is a safetensors file. Its tensors are the state_dict of the equivalent torch.nn.Sequential, in
 * which activations take an index too: "0.weight" (out x in), "0.bias", "2.weight" ... Everything else
 * (activations, loss, columns, scaling, class names, seed, version) is string metadata. */
#ifndef GRADMILL_MODEL_H
#define GRADMILL_MODEL_H

#include <gradmill/dataset.h>
#include <gradmill/network.h>
#include <gradmill/status.h>

GM_BEGIN_DECLS

/* A network with what is needed to use it on raw data. The parts are owned by the model. */
typedef struct gm_model {
    gm_network *network;
    gm_columns *columns; /* what it knows of its input columns and its target: gm_columns_fit. NULL: nothing;
                            never NULL after gm_model_load */
    gm_scaling *scaling; /* of features, and of targets (gm_scaling_fit_targets); NULL: none */
    char **classes;      /* class_count names, or NULL for regression */
    size_t class_count;
    uint64_t seed; /* that the weights were drawn with */
    bool sealed;   /* of a loaded model: its file had a checksum, which held */
    char
        version[32]; /* of gradmill that wrote the file; gm_model_save writes gm_version() whatever is here */
    void *reserved[8]; /* NULL */
} gm_model;

/* Copies the class names of a data set into the model, for one that has labels. GM_LIMIT. */
GM_API gm_status gm_model_name_classes(gm_model *model, const gm_dataset *dataset, gm_error *error);

/* Frees the parts and zeroes the model; a zeroed model is fine. */
GM_API void gm_model_clear(gm_model *model);

/* Writes durably: a temporary file in the same directory, fsync, rename, fsync of the directory. An existing
 * file keeps its mode and stays whole if anything fails; one that is neither a model nor empty is left alone.
 * Temporary files in that directory that a killed process left are removed. The same model gives the same
 * bytes. Several processes or threads may save to one path at the same time: the file is always the whole
 * model of one of them, at the end that of the last. GM_IO; GM_DIVERGED: a weight is not finite; GM_USAGE: a
 * file of another kind is there, names that are not UTF-8, counts that do not fit; GM_LIMIT.
 */
GM_API gm_status gm_model_save(const char *path, const gm_model *model, gm_error *error);

/* Whether gm_model_save could write there, found out without leaving anything behind: to be called before
 * training. GM_IO names the reason; GM_USAGE: a file of another kind is there. */
GM_API gm_status gm_model_can_save(const char *path, gm_error *error);

/* Reads strictly; the tensors may stand in any order. A model of gradmill 0.1 that was written before columns
 * had names has none. A checksum of "00000000" says that another program wrote the file, and that there is
 * nothing to compare: it is loaded, but not as sealed. A file of another kind (gzip, zip, pickle, HTML, Git
 * LFS pointer) is named. GM_BAD_MODEL, GM_IO, GM_LIMIT. *model is zeroed on failure. */
GM_API gm_status gm_model_load(gm_model *model, const char *path, gm_error *error);

/* A worked example: a small network with all its weights, samples with targets, and a rate; f64. JSON:
 *   { "title": "...", "source": "...", "rate": 0.5, "loss": "half-squares", "freeze_bias": true,
 *     "inputs": 2,
 *     "layers": [ { "activation": "sigmoid", "weights": [[.15, .2], [.25, .3]], "biases": [.35, .35] }, ...
 * ], "samples": [ { "x": [.05, .1], "y": [.01, .99] } ], "notes": [ "..." ] } weights has one row for each
 * unit. title, source, freeze_bias, notes may be left out. Unknown keys are refused. */
typedef struct gm_example {
    char *title, *source; /* NULL if not given */
    char **notes;
    size_t note_count;
    gm_network *network; /* f64 */
    double rate;
    bool freeze_bias;
    size_t sample_count;
    double *x, *y; /* sample_count x inputs, sample_count x outputs */
} gm_example;

GM_API gm_status gm_example_load(gm_example *example, const char *path, gm_error *error);
GM_API void gm_example_clear(gm_example *example);

GM_END_DECLS

#endif
