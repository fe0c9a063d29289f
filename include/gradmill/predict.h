/* A model in use: raw rows in, as they were before any scaling; probabilities or values out, and classes. */
#ifndef GRADMILL_PREDICT_H
#define GRADMILL_PREDICT_H

#include <gradmill/engine.h>
#include <gradmill/model.h>

GM_BEGIN_DECLS

/* The class of a row whose outputs are not all finite. */
#define GM_NO_CLASS UINT32_MAX

/* A model with an engine that works for it. One predictor may be used by one thread at a time; several
 * predictors of one model may work at the same time, and they share its weights (gm_engine_create). */
typedef struct gm_predictor gm_predictor;

/* The model is borrowed: it must stay as it is for as long as the predictor exists. The options are those of
 * its engine (NULL: the defaults), which is made for inference whatever they say; options->batch is the
 * number of rows that are computed at a time. GM_USAGE: columns, scaling or classes do not fit the network,
 * and as gm_engine_create says; GM_LIMIT, GM_IO. *predictor is NULL on failure. */
GM_API gm_status gm_predictor_create(gm_predictor **predictor, const gm_model *model,
                                     const gm_engine_options *options, gm_error *error);
GM_API void gm_predictor_destroy(gm_predictor *predictor);

/* Any number of rows (n x inputs, U8, F32 or F64), with the columns in the order of the model. A missing
 * value is NaN; it becomes the mean of its column if the model has means. The model's scaling is applied.
 *
 * outputs receives A of the output layer, n x outputs of the network's precision or of F64: probabilities
 * after a softmax or sigmoid, otherwise values, in the units of the data if the model scales its targets (for
 * such a model F64 keeps digits that f32 has no room for). labels receives for each row the index of its
 * largest output in model->classes, the first of equals, or GM_NO_CLASS. Either of the two may be
 * gm_no_array().
 *
 * GM_USAGE: types or shapes that do not fit, or labels of a model without classes. GM_BAD_DATA: a missing
 * value and no mean for it. What is not finite is no failure. Rows before a failure may be written already.
 */
GM_API gm_status gm_predictor_run(gm_predictor *predictor, gm_array x, gm_mutable_array outputs,
                                  gm_mutable_array labels, gm_error *error);

/* The same for `count` rows of a data set from row `first` on. It was loaded with the columns of this model,
 * so missing values are replaced already: GM_USAGE if there are any left. */
GM_API gm_status gm_predictor_run_dataset(gm_predictor *predictor, const gm_dataset *dataset, size_t first,
                                          size_t count, gm_mutable_array outputs, gm_mutable_array labels,
                                          gm_error *error);

GM_END_DECLS

#endif
