/* gradmill: trains fully connected networks on CPUs. Each equation of backpropagation is one matrix product
 * per layer. A backend computes it: with kernels of its own, with a BLAS library, or with plain loops.
 *
 * The headers are the manual. Read them in this order:
 *   status.h    how errors come back
 *   array.h     how a matrix is handed over
 *   network.h   layers, activations, losses, parameters
 *   engine.h    a network bound to a backend, threads, an optimizer: forward, gradient, step
 *   dataset.h   CSV, NumPy, LIBSVM and IDX files, scaling, split
 *   survey.h    what a file holds, before anything is trained on it
 *   export.h    data sets as files of these formats
 *   row_source.h where the training loop gets its rows from: a data set, or a program of your own
 *   train.h     the training loop, loss and accuracy
 *   checkpoint.h    the state of a run in a file, from which it goes on
 *   find_rate.h which learning rates are worth trying
 *   post_mortem.h   why a run has diverged
 *   evaluation.h    figures of each class and target, confusion, calibration
 *   model.h     model files that PyTorch reads, worked examples
 *   predict.h   a model in use: raw rows in, classes and probabilities or values out
 *   gradcheck.h BP1 to BP4 against central differences
 *   matrix.h    the product of two matrices, for equations that are written out
 *   system.h    threads, memory, CPU, which BLAS is loaded
 *   version.h   the version, for the preprocessor and at run time
 */
#ifndef GRADMILL_H
#define GRADMILL_H

#include <gradmill/array.h>
#include <gradmill/checkpoint.h>
#include <gradmill/dataset.h>
#include <gradmill/engine.h>
#include <gradmill/evaluation.h>
#include <gradmill/export.h>
#include <gradmill/find_rate.h>
#include <gradmill/gradcheck.h>
#include <gradmill/matrix.h>
#include <gradmill/model.h>
#include <gradmill/network.h>
#include <gradmill/post_mortem.h>
#include <gradmill/predict.h>
#include <gradmill/row_source.h>
#include <gradmill/status.h>
#include <gradmill/survey.h>
#include <gradmill/system.h>
#include <gradmill/train.h>
#include <gradmill/version.h>

#endif
