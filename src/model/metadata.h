/* The metadata of a model file: everything about a model that is not a tensor, as strings. */
#ifndef GM_MODEL_METADATA_H
#define GM_MODEL_METADATA_H

#include "model/safetensors.h"

#include <gradmill/model.h>

/* The newest format that is read. Format 1, of gradmill 0.1, has no columns. Format 3 has columns of
 * categories or indicators of missing values; models without them are written in format 2, which older
 * versions read. */
#define GM_MODEL_FORMAT    3

#define GM_KEY_FORMAT      "gradmill.format"
#define GM_KEY_VERSION     "gradmill.version"
#define GM_KEY_ACTIVATIONS "gradmill.activations" /* "relu,relu,softmax" */
#define GM_KEY_LOSS        "gradmill.loss"
#define GM_KEY_SEED        "gradmill.seed"
#define GM_KEY_CLASSES     "gradmill.classes" /* a JSON array of names; left out for regression */
#define GM_KEY_COLUMNS     "gradmill.columns" /* a JSON array of names, one for each column */
/* What replaces missing values, a JSON array of numbers, one for each column; of categories, their places. */
#define GM_KEY_MEANS "gradmill.columns.means"
/* Of format 3, with one item for each column: the categories as an array of texts, empty if it holds
 * numbers; whether (1 or 0) the other texts have an input of their own; whether there is an input for missing
 * values. */
#define GM_KEY_CATEGORIES    "gradmill.columns.categories"
#define GM_KEY_REST          "gradmill.columns.rest"
#define GM_KEY_INDICATORS    "gradmill.columns.indicators"
#define GM_KEY_TARGETS       "gradmill.targets"         /* a JSON array of names */
#define GM_KEY_TARGET_PLACES "gradmill.targets.columns" /* a JSON array of numbers from 1 */
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

/* The format in which a model with these columns (may be NULL) is written. */
uint64_t gm_metadata_format(const gm_columns *columns);

/* Stores what the model knows of its columns; nothing if it knows none. GM_USAGE, GM_LIMIT. */
gm_status gm_metadata_set_columns(json_t *metadata, const gm_model *model, gm_error *error);
/* Sets model->columns. GM_BAD_MODEL, GM_LIMIT. */
gm_status gm_metadata_read_columns(gm_model *model, const gm_safetensors *file, gm_error *error);

/* Store a JSON value; an array of names; an array of numbers in the precision of the network, which uses no
 * more digits of them. gm_metadata_append adds names to an array. `what` says in the error line what they
 * name. GM_USAGE: a name is not UTF-8; GM_LIMIT. */
gm_status gm_metadata_set_json(json_t *metadata, const char *key, const json_t *value, gm_error *error);
gm_status gm_metadata_set_names(json_t *metadata, const char *key, char *const *names, size_t count,
                                const char *what, gm_error *error);
gm_status gm_metadata_append(json_t *array, const char *const *names, size_t count, const char *what,
                             gm_error *error);
gm_status gm_metadata_set_numbers(json_t *metadata, const char *key, const double *values, size_t count,
                                  gm_precision precision, gm_error *error);

/* GM_BAD_MODEL: "FILE: KEY: what, got VALUE". */
gm_status gm_metadata_fail_key(const gm_safetensors *file, const char *key, const char *what,
                               gm_error *error);

/* Reads a JSON value; arrays may be nested to `depth`. *value is NULL if the key is missing. GM_BAD_MODEL. */
gm_status gm_metadata_json(const gm_safetensors *file, const char *key, size_t depth, json_t **value,
                           gm_error *error);

/* Copies the strings of a JSON array that are to be different names. *names becomes an array of `count` of
 * them. `expected` says in words what `count` is. GM_BAD_MODEL, GM_LIMIT. */
gm_status gm_metadata_copy_names(const gm_safetensors *file, const char *key, const char *expected,
                                 size_t count, const json_t *array, char ***names, gm_error *error);

/* Reads a JSON array of `count` different names. *names becomes an array of `count` strings, or NULL if the
 * key is missing. `expected` says in words what `count` is. GM_BAD_MODEL, GM_LIMIT. */
gm_status gm_metadata_names(const gm_safetensors *file, const char *key, const char *expected, size_t count,
                            char ***names, gm_error *error);

/* Reads a JSON array of `count` finite numbers and rounds them to the precision. The key must be there.
 * GM_BAD_MODEL. */
gm_status gm_metadata_numbers(const gm_safetensors *file, const char *key, double *values, size_t count,
                              gm_precision precision, gm_error *error);

#endif
