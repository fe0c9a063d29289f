/* The metadata of a model file: everything about a model that is not a tensor, as strings. */
#ifndef GM_MODEL_METADATA_H
#define GM_MODEL_METADATA_H

#include "model/safetensors.h"

#include <gradmill/model.h>

#define GM_MODEL_FORMAT    1 /* the format that is written, and the newest one that is read */

#define GM_KEY_FORMAT      "gradmill.format"
#define GM_KEY_VERSION     "gradmill.version"
#define GM_KEY_ACTIVATIONS "gradmill.activations" /* "relu,relu,softmax" */
#define GM_KEY_LOSS        "gradmill.loss"
#define GM_KEY_SEED        "gradmill.seed"
#define GM_KEY_CLASSES     "gradmill.classes"       /* a JSON array of names; left out for regression */
#define GM_KEY_SCALING     "gradmill.scaling"       /* a gm_scaling_kind */
#define GM_KEY_SHIFT       "gradmill.scaling.shift" /* a JSON array of numbers; with "standard" only */
#define GM_KEY_FACTOR      "gradmill.scaling.factor"

/* The metadata of a model to be written, checksum first and still open. *metadata is NULL on failure.
 * GM_USAGE: what no file can hold, a class name that is not UTF-8 or a scaling that is not finite. GM_LIMIT.
 */
gm_status gm_metadata_write(json_t **metadata, const gm_model *model, gm_error *error);

/* Whether the keys are there and of a format that we know. GM_BAD_MODEL. */
gm_status gm_metadata_check(const gm_safetensors *file, gm_error *error);

/* Fills in version, seed, classes and scaling; model->network is there already. GM_BAD_MODEL, GM_LIMIT. */
gm_status gm_metadata_read(gm_model *model, const gm_safetensors *file, gm_error *error);

/* The value of a key; NULL if it is not there. */
const char *gm_metadata_value(const gm_safetensors *file, const char *key);

#endif
