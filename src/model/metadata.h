/* The metadata of a model file: everything about a model that is not a tensor, as strings. */
#ifndef GM_MODEL_METADATA_H
#define GM_MODEL_METADATA_H

#include "model/safetensors.h"

#include <gradmill/model.h>

/* The format that is written, and the newest one that is read. Format 1, of gradmill 0.1, has no columns. */
#define GM_MODEL_FORMAT      2

#define GM_KEY_FORMAT        "gradmill.format"
#define GM_KEY_VERSION       "gradmill.version"
#define GM_KEY_ACTIVATIONS   "gradmill.activations" /* "relu,relu,softmax" */
#define GM_KEY_LOSS          "gradmill.loss"
#define GM_KEY_SEED          "gradmill.seed"
#define GM_KEY_CLASSES       "gradmill.classes"         /* a JSON array of names; left out for regression */
#define GM_KEY_COLUMNS       "gradmill.columns"         /* a JSON array of names, one for each input */
#define GM_KEY_MEANS         "gradmill.columns.means"   /* a JSON array of numbers, one for each input */
#define GM_KEY_TARGETS       "gradmill.targets"         /* a JSON array of names; for now one */
#define GM_KEY_TARGET_PLACES "gradmill.targets.columns" /* a JSON array of numbers from 1; for now one */
#define GM_KEY_SCALING       "gradmill.scaling"         /* a gm_scaling_kind */
#define GM_KEY_SHIFT         "gradmill.scaling.shift"   /* a JSON array of numbers; with "standard" only */
#define GM_KEY_FACTOR        "gradmill.scaling.factor"
/* Of targets that were standardised: JSON arrays of numbers, one for each output; left out if they were not.
 */
#define GM_KEY_TARGET_SHIFT  "gradmill.targets.shift"
#define GM_KEY_TARGET_FACTOR "gradmill.targets.factor"

/* Of a checkpoint, which is no model: its format. It follows the checksum directly. */
#define GM_KEY_CHECKPOINT "gradmill.checkpoint"

/* Makes the metadata of a model for writing. The checksum is the first key; its value is written later
 * (checksum.h). *metadata is NULL on failure. GM_USAGE: the model cannot be stored, because a class name is
 * not UTF-8 or a scaling is not finite. GM_LIMIT. */
gm_status gm_metadata_write(json_t **metadata, const gm_model *model, gm_error *error);

/* Checks that all needed keys are there, and that the format is known. GM_BAD_MODEL. */
gm_status gm_metadata_check(const gm_safetensors *file, gm_error *error);

/* Sets version, seed, classes, columns and scaling of a model that already has its network. GM_BAD_MODEL,
 * GM_LIMIT. */
gm_status gm_metadata_read(gm_model *model, const gm_safetensors *file, gm_error *error);

/* The value of a key; NULL if it is not there. */
const char *gm_metadata_value(const gm_safetensors *file, const char *key);

/* Reads a JSON array of `count` different names. *names becomes an array of `count` strings, or NULL if the
 * key is missing. `expected` says in words what `count` is. GM_BAD_MODEL, GM_LIMIT. */
gm_status gm_metadata_names(const gm_safetensors *file, const char *key, const char *expected, size_t count,
                            char ***names, gm_error *error);

/* Reads a JSON array of `count` finite numbers and rounds them to the precision. The key must be there.
 * GM_BAD_MODEL. */
gm_status gm_metadata_numbers(const gm_safetensors *file, const char *key, double *values, size_t count,
                              gm_precision precision, gm_error *error);

#endif
