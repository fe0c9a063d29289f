/* An engine: a network bound to a backend, a team of threads, an optimizer, and a workspace for one batch.
 *
 * What runs: forward, BP2, BP3 and BP4 are products of matrices, or of a matrix and a vector, which the
 * backend computes. Backend "packed" has kernels of its own; "blas" makes one call of a BLAS library for each
 * of them; "naive" and "naive-ikj" are loops. BP1 and activations are elementwise and the same for all
 * backends.
 *
 * Threads: the engine is the one owner of threads. A BLAS library runs single-threaded inside the engine's
 * team.
 *
 * Process-wide state that is touched:
 *   - The number of threads of the BLAS library is 1 while an engine with backend "blas" exists. The former
 *     number returns when the last such engine is destroyed. The library itself stays loaded.
 *   - The calling thread may be moved to another processor, by an affinity mask that is narrowed and restored
 *     within the call. It flushes denormals to zero during a call; its floating-point mode is then restored.
 *   - Signals are blocked in the calling thread while it starts others, and in the threads of the team for
 *     good, so that signals reach the program's own threads.
 *   - Handlers of pthread_atfork are installed. A fork waits while another thread copies shared weights,
 *     or sets the number of threads of the BLAS library.
 *   - gm_system_blas and gm_matrix_multiply load the BLAS library as well, and leave its threads alone.
 * That is all, for the whole library: no file, environment variable, locale or signal handler is changed but
 * the files that a caller names.
 *
 * An engine borrows its network. One engine may be used by one thread at a time. Engines for inference on one
 * network may be made, used and destroyed by several threads at the same time: they share one copy of the
 * weights, which they only read. While an engine of that network trains, or a program writes to the network's
 * parameters, no other engine of it may work. After a fork the child may use and destroy its copy of an
 * engine that was not at work: its threads are started anew, in the first call that needs them (GM_LIMIT if
 * that fails). No function below allocates except gm_engine_create.
 */
#ifndef GRADMILL_ENGINE_H
#define GRADMILL_ENGINE_H

#include <gradmill/array.h>
#include <gradmill/network.h>
#include <gradmill/status.h>
#include <stdint.h>

GM_BEGIN_DECLS

typedef enum gm_optimizer_kind {
    GM_SGD,      /* W = (1 - rate decay) W - rate G, done by the BP4 call itself            */
    GM_MOMENTUM, /* V = momentum V + G;  W -= rate V                    (PyTorch's SGD)     */
    GM_NESTEROV, /* V = momentum V + G;  W -= rate (G + momentum V)     (PyTorch's SGD)     */
    GM_ADAM,     /* Kingma and Ba 2015, bias-corrected; epsilon outside the square root     */
    GM_ADAMW,    /* Adam with decoupled decay, Loshchilov and Hutter 2019; default decay 0.01 */
    GM_RMSPROP,  /* V = beta2 V + (1 - beta2) G^2;  W -= rate G / (sqrt V + epsilon)   (PyTorch's RMSprop,
                    whose alpha is beta2, without momentum: Hinton 2012)                */
    GM_ADAGRAD,  /* V = V + G^2;  W -= rate G / (sqrt V + epsilon): Duchi, Hazan and Singer 2011, PyTorch's
                    Adagrad                                                             */
} gm_optimizer_kind;
#define GM_OPTIMIZER_COUNT 7

typedef struct gm_optimizer {
    gm_optimizer_kind kind;
    double rate; /* learning rate; default 0.1 for SGD, momentum, Nesterov; 0.001 for Adam, AdamW; 0.01 for
                    RMSprop, Adagrad */
    double momentum;    /* default 0.9 */
    double beta1;       /* default 0.9 */
    double beta2;       /* default 0.999; RMSprop 0.99 */
    double epsilon;     /* default 1e-8; Adagrad 1e-10 */
    double l2;          /* adds l2 W to the gradient of W (never of b); default 0 */
    double decay;       /* decoupled: W shrinks by rate * decay a step (never b); default 0, AdamW 0.01 */
    bool freeze_bias;   /* leave every b as it is; default false */
    double reserved[8]; /* 0: room for settings to come, because this struct is part of gm_engine_options */
} gm_optimizer;

/* The usual settings of an optimizer. One for a kind that does not exist is refused wherever it is used
 * (GM_USAGE). */
GM_API gm_optimizer gm_optimizer_default(gm_optimizer_kind kind);
GM_API const char *gm_optimizer_name(gm_optimizer_kind kind);
GM_API bool gm_optimizer_from_name(const char *name, gm_optimizer_kind *kind);

/* The four equations and the forward pass, as the seam between engine and backend names them. */
typedef enum gm_equation {
    GM_FORWARD,         /* Z = A_prev W^T + 1 b^T    n x out   */
    GM_OUTPUT_DELTA,    /* BP1                       n x out   */
    GM_HIDDEN_DELTA,    /* BP2  D W (.) f'(Z_prev)   n x in    */
    GM_BIAS_GRADIENT,   /* BP3  D^T 1                out       */
    GM_WEIGHT_GRADIENT, /* BP4  D^T A_prev           out x in  */
} gm_equation;

/* A BLAS call as it was made. Fields that the routine lacks are 0. In single precision
 * forward may be computed as Z^T = W A_prev^T, whose m is the number of outputs. */
typedef struct gm_call {
    gm_equation equation;
    size_t layer;          /* from 0 */
    char routine[16];      /* "cblas_dgemm" */
    char trans_a, trans_b; /* 'N' or 'T' */
    size_t m, n, k;
    size_t lda, ldb, ldc; /* leading dimensions; for vectors the increments */
    double alpha, beta;
} gm_call;

typedef struct gm_trace {
    gm_call *calls; /* room for `capacity` records, owned by the caller */
    size_t capacity;
    size_t count; /* calls seen; more than capacity means that the later ones were dropped */
} gm_trace;

/* Where the time of a step goes. */
typedef enum gm_phase {
    GM_PHASE_FORWARD,    /* Z = A_prev W^T + 1 b^T                       */
    GM_PHASE_ACTIVATION, /* A = f(Z)                                     */
    GM_PHASE_LOSS,       /* value of the loss, and BP1; output layer     */
    GM_PHASE_BP2,        /* D W, kept under the layer that W belongs to  */
    GM_PHASE_BP2_FACTOR, /* (.) f'(Z_prev), under the previous layer     */
    GM_PHASE_BP3,        /* and the step of the biases                   */
    GM_PHASE_BP4,        /* and the step of the weights, where no UPDATE */
    GM_PHASE_UPDATE,     /* the step of the weights after BP4, and their average; or 0 */
    GM_PHASE_WAIT,       /* for the slower threads; under layer 0        */
} gm_phase;
#define GM_PHASE_COUNT 9

/* Seconds by thread, layer and phase, added up over steps. An engine refuses a profile that has no room for
 * all of its threads, which are gm_system_threads().usable if its options ask for 0. */
typedef struct gm_profile {
    double *seconds; /* threads * layers * GM_PHASE_COUNT, owned and zeroed by the caller */
    size_t threads;  /* of the engine, or more */
    size_t layers;   /* of the network */
} gm_profile;

typedef struct gm_engine_options {
    size_t size;         /* of this struct, which gm_engine_options_default sets */
    const char *backend; /* a name from gm_backend_name, default "packed"; or "auto": packed or blas, by
                            measurement when the engine is made; packed if there is no
                            BLAS library */
    size_t batch;        /* largest number of rows in one call, >= 1; default 128 */
    size_t threads;      /* default 0: up to what affinity and quota allow (gm_system_threads) */
    gm_optimizer optimizer;
    bool inference;      /* no deltas, no optimizer state: step and gradient are refused; default false */
    bool keep_z;         /* keep Z apart from A so that gm_engine_view can show it; default false */
    gm_profile *profile; /* keep times here; default NULL */
    gm_trace *trace;     /* record BLAS calls here; the engine then runs on one thread; default NULL */
    /* Bounds of the gradient of every step, as PyTorch's clip_grad_value_ and clip_grad_norm_ have them: of
     * each number, and of the Euclidean norm over all layers (Pascanu et al. 2013); with both, the numbers
     * come first. Default 0: none. With a bound of each number, or with few weights or many rows, the engine
     * holds a whole gradient. gm_engine_gradient and
     * gm_engine_apply are not concerned. GM_USAGE: negative, or no number. */
    double clip_norm, clip_value;
    bool accumulates; /* gm_engine_hold works; the engine holds a whole gradient; default false */
    /* Each step is followed by average = d average + (1 - d) W, for all weights and biases (an exponential
     * moving average, as AveragedModel of PyTorch computes it). After the first step the average is W itself.
     * It is one more copy of the parameters, the last one of gm_engine_get_state; gm_engine_use_average gives
     * it to the network. Default 0: none. GM_USAGE: not in [0, 1). */
    double average_decay;
    /* Dropout: in steps, holds and gradients, each number of A of hidden layer l becomes 0 with probability
     * dropout[l], and is divided by 1 - dropout[l] otherwise, as in PyTorch. Predictions and gm_engine_loss
     * have no dropout. Which numbers become 0 is a function of dropout_seed, the number of the step
     * (gm_engine_steps), the layer, the row (counted over all batches that are held for a step) and the
     * column. It is the same for every backend and number of threads. dropout_count is the number of hidden
     * layers, or 1 for the same probability in all of them. The numbers are read only in gm_engine_create.
     * Default: none. GM_USAGE: another count, or a probability that is not in [0, 1). */
    const double *dropout;
    size_t dropout_count;
    uint64_t dropout_seed;
} gm_engine_options;

/* Bytes that an engine and its network need, computed before anything is allocated. */
typedef struct gm_memory {
    size_t parameters; /* W and b */
    size_t packed;     /* the backend's own copy of them; 0 for most */
    size_t optimizer;  /* velocities, moments; averaged weights; a gradient, if one is held */
    size_t workspace;  /* activations, deltas, the batch; gradient tile and scratch of each thread */
    size_t total;
    /* What all engines for inference on one network have in common: parameters and packed. n of them hold
     * n (total - shared) + shared. For an engine that trains only parameters are. */
    size_t shared;
    size_t reserved[4]; /* 0 */
} gm_memory;

typedef struct gm_engine gm_engine;

GM_API void gm_engine_options_fill(gm_engine_options *options, size_t size);
static inline gm_engine_options gm_engine_options_default(void)
{
    gm_engine_options options;
    gm_engine_options_fill(&options, sizeof options);
    return options;
}

/* Names of the backends: "naive", "naive-ikj", "blas", "packed". NULL past the last. */
GM_API const char *gm_backend_name(size_t index);
GM_API const char *gm_backend_summary(size_t index); /* one line for humans */

/* The memory of a network and engine with these options. GM_LIMIT: the sizes overflow. */
GM_API gm_status gm_memory_plan(const gm_network_options *network, const gm_engine_options *engine,
                                gm_memory *memory, gm_error *error);

/* GM_USAGE: unknown backend, batch 0, a rate that is negative or no number, a profile or trace without room.
 * GM_LIMIT: more memory than the machine has, or no thread could be started. GM_IO: a backend that calls BLAS
 * finds no such library; a program that is linked with -static has none. *engine is NULL on failure. */
GM_API gm_status gm_engine_create(gm_engine **engine, gm_network *network, const gm_engine_options *options,
                                  gm_error *error);
GM_API void gm_engine_destroy(gm_engine *engine);

/* What this engine and its network hold. */
GM_API gm_memory gm_engine_memory(const gm_engine *engine);
GM_API size_t gm_engine_batch(const gm_engine *engine);
GM_API size_t gm_engine_threads(const gm_engine *engine);
/* How the work of a step of `rows` rows will be partitioned, and how long it should take. */
typedef struct gm_plan {
    size_t threads;  /* that take part in the step. If options.threads is 0, one or all of them, whichever is
                        expected to be faster; full batches of `packed` are timed, and change over if the
                        other becomes faster. A few rows of a small network always go to one thread. */
    bool by_weights; /* true: each thread has some weights of every layer that has enough of them; false:
                          each thread has some rows of the batch */
    double seconds;  /* of the step, expected; 0 if nothing was measured because there was no choice */
} gm_plan;
/* 1 <= rows <= batch. The first call of this, or of anything below, measures the network's layers for some
 * milliseconds where there is a choice; this one does so in any case. What gm_engine_buffer(engine, 0) holds
 * is then lost. */
GM_API gm_plan gm_engine_plan(gm_engine *engine, size_t rows);
GM_API gm_network *gm_engine_network(gm_engine *engine);
GM_API const char *gm_engine_backend(const gm_engine *engine); /* never "auto" */
/* The instruction set that this backend was compiled for and that it uses here; NULL if that is not its own
 * choice. */
GM_API const char *gm_engine_kernels(const gm_engine *engine);

/* The engine's own memory for batches, gm_engine_batch rows in the network's precision. There the beginnings
 * of rows are spread over the cache, while for example rows of 1024 floats without a gap would all compete
 * for the same lines of it. A batch in a buffer is not copied: hand x and y of the same buffer over, or the
 * first rows of them (gm_buffer_rows).
 *
 *   index 0   the buffer that a call has worked on last, or the first one: its rows are no longer needed
 *   index 1   the other one, which can be filled beside a step on the former
 *
 * w, for the weights of the rows, is there for those who have some: hand it over in gm_step_options.
 *
 * So buffer 0 may be used between any two steps, as gm_evaluate does, without harm to a batch that waits in
 * buffer 1. Arrays of other types are converted to buffer 0. An engine for inference has only one buffer:
 * data is NULL for index 1, and for any other, and so is that of w for index 0. */
GM_API gm_batch_buffer gm_engine_buffer(gm_engine *engine, size_t index);

/* Forward only: writes A of the output layer, x.rows x outputs numbers of the network's precision.
 * x.rows <= batch. GM_USAGE: types or shapes that do not fit (also below). */
GM_API gm_status gm_engine_predict(gm_engine *engine, gm_array x, gm_mutable_array outputs, gm_error *error);

/* Forward and the mean loss of the batch. outputs may be gm_no_array(), else as in gm_engine_predict. */
GM_API gm_status gm_engine_loss(gm_engine *engine, gm_array x, gm_array y, double *loss,
                                gm_mutable_array outputs, gm_error *error);

/* Forward, BP1 to BP4 without an update: the gradient of the mean loss. It is laid out as the parameter
 * block, 1 x gm_network_parameter_count numbers of the network's precision. */
GM_API gm_status gm_engine_gradient(gm_engine *engine, gm_array x, gm_array y, gm_mutable_array gradient,
                                    double *loss, gm_error *error);

/* The gradient of one layer within the caller's block, in the network's precision. The biases follow the
 * weights directly, so that one message can carry both. */
typedef struct gm_layer_gradient {
    size_t layer;             /* from 0 */
    gm_mutable_array weights; /* outputs x inputs, without gaps */
    gm_mutable_array biases;  /* 1 x outputs */
} gm_layer_gradient;

/* Where a gradient goes, and who is told of it. */
typedef struct gm_gradient {
    size_t size;            /* of this struct, which gm_gradient_default sets */
    gm_mutable_array block; /* of the caller, as in gm_engine_gradient */
    double scale;           /* the block becomes scale * gradient; any finite number; default 1 */
    bool accumulate;        /* ... and what the block held is added; default false: that is not read */
    /* Called once for each layer, from the last to the first, as soon as the gradient of that layer is
     * complete in the block; those of earlier layers are still to be computed. It is always called by the
     * thread that called gm_engine_gradient_to. While it runs, other threads go on with earlier layers as far
     * as they can without this one, so it should begin work (such as sending the gradient), not wait for it.
     * It may read and write this layer's gradient, and those of the layers that it was called for before; it
     * must touch neither the rest of the block nor the engine, the network or the batch. Denormals may be
     * flushed to zero meanwhile. If it returns anything but GM_OK, it is not called again, and
     * gm_engine_gradient_to returns that status, with the line that it left in *error. Default NULL. */
    gm_status (*layer_done)(void *context, const gm_layer_gradient *layer, gm_error *error);
    void *context;
    gm_array weights; /* how much each row counts, as in gm_step_options; default gm_no_array() */
} gm_gradient;

GM_API void gm_gradient_fill(gm_gradient *gradient, size_t size);
static inline gm_gradient gm_gradient_default(gm_mutable_array block)
{
    gm_gradient gradient;
    gm_gradient_fill(&gradient, sizeof gradient);
    gradient.block = block;
    return gradient;
}

/* gm_engine_gradient, for a caller who accumulates gradients of several batches, or who wants the gradient of
 * each layer as soon as it is complete. The numbers are the same, with layer_done or without it. GM_USAGE: a
 * block or weights that do not fit, or a scale that is not finite. After a failure the content of the block
 * is undefined. */
GM_API gm_status gm_engine_gradient_to(gm_engine *engine, gm_array x, gm_array y, const gm_gradient *gradient,
                                       double *loss, gm_error *error);

/* The other half of a step: the engine's optimizer takes one step with this gradient, which is only read. It
 * is as gm_engine_gradient leaves it; the caller may have changed it, for example clipped it or summed it
 * over processes. It must not contain the L2 penalty, which is added here. The step counts as any other:
 * moments, decay, freeze_bias and the rate are those of gm_engine_step.
 *
 * A gradient and its application change the weights as gm_engine_step does: to the bit, unless the optimizer
 * is SGD or momentum or the backend is "blas"; then within rounding, because a step adds products to weights
 * or velocities directly. Numbers that are not finite are applied as they are, as in a step: to judge them is
 * up to the caller. GM_USAGE: no gradient, or an engine for inference. */
GM_API gm_status gm_engine_apply(gm_engine *engine, gm_array gradient, gm_error *error);

/* One training step: forward, loss, BP1 to BP4, update. *loss (may be NULL) is the mean loss before the
 * update; it is not finite when training has diverged, which is the caller's to judge. */
GM_API gm_status gm_engine_step(gm_engine *engine, gm_array x, gm_array y, double *loss, gm_error *error);

/* Work beside a step, such as gathering the next batch: piece(context, i) once for every i < pieces, in any
 * order, several at a time; denormals may be flushed to zero. It must touch neither engine nor batch. */
typedef struct gm_side_work {
    void (*piece)(void *context, size_t i);
    void *context;
    size_t pieces;
} gm_side_work;

/* gm_engine_step, and threads that are done with it work beside it until all are. All of that is done when
 * this returns GM_OK, and nothing of it otherwise. beside may be NULL. */
GM_API gm_status gm_engine_step_beside(gm_engine *engine, gm_array x, gm_array y, const gm_side_work *beside,
                                       double *loss, gm_error *error);

/* What belongs to one batch alone. */
typedef struct gm_step_options {
    size_t size;                /* of this struct, which gm_step_options_default sets */
    const gm_side_work *beside; /* as in gm_engine_step_beside; default NULL */
    /* How much each row counts: rows x 1 numbers of the network's precision, finite and not negative. The
     * loss, whose gradient the step takes, is then sum w l / sum w over the rows, as PyTorch's and
     * scikit-learn's weighted means are. A batch whose weights add up to 0 has loss and gradient 0. Default
     * gm_no_array(): every row counts as 1. */
    gm_array weights;
} gm_step_options;

GM_API void gm_step_options_fill(gm_step_options *options, size_t size);
static inline gm_step_options gm_step_options_default(void)
{
    gm_step_options options;
    gm_step_options_fill(&options, sizeof options);
    return options;
}

/* gm_engine_step with options; NULL stands for the defaults. GM_USAGE: weights that do not fit. */
GM_API gm_status gm_engine_step_with(gm_engine *engine, gm_array x, gm_array y,
                                     const gm_step_options *options, double *loss, gm_error *error);

/* Several batches, one step (gradient accumulation): the gradient of this batch is added to those that the
 * engine holds, and no weight changes. gm_engine_step_held then takes one step with the mean gradient over
 * all rows that are held, or their weighted mean: as one batch of all these rows would, within rounding.
 * *loss is that of this batch. Any other step forgets what is held. GM_USAGE: an engine without
 * `accumulates`. */
GM_API gm_status gm_engine_hold(gm_engine *engine, gm_array x, gm_array y, const gm_step_options *options,
                                double *loss, gm_error *error);
/* The rows whose gradients are held. */
GM_API size_t gm_engine_held(const gm_engine *engine);
/* The mean of the gradients that are held, laid out as in gm_engine_gradient. GM_USAGE: nothing is held. */
GM_API gm_status gm_engine_held_gradient(const gm_engine *engine, gm_mutable_array gradient, gm_error *error);
/* GM_USAGE: nothing is held. */
GM_API gm_status gm_engine_step_held(gm_engine *engine, gm_error *error);
/* Forgets what is held. */
GM_API void gm_engine_drop_held(gm_engine *engine);

/* A schedule's door: the rate of the steps to come. */
GM_API double gm_engine_rate(const gm_engine *engine);
/* The settings of the optimizer, with the rate of now. */
GM_API gm_optimizer gm_engine_optimizer(const gm_engine *engine);
GM_API void gm_engine_set_rate(gm_engine *engine, double rate);

/* Gives the network the averaged weights (options.average_decay), or its own ones again. The same call once
 * more changes nothing. While the network has the averaged weights, no step can be taken (GM_USAGE).
 * GM_USAGE: the engine does not average, or has taken no step. */
GM_API gm_status gm_engine_use_average(gm_engine *engine, bool use, gm_error *error);
/* Whether the engine averages weights. */
GM_API bool gm_engine_averages(const gm_engine *engine);

/* What the optimizer keeps between steps, so that training can go on in another engine as if it had not been
 * interrupted: copies of the parameter block (none for SGD; the velocity of momentum and Nesterov; the two
 * moments of Adam; then the averaged weights, if the engine averages them), and the number of steps taken.
 * All copies are 0 in a new engine. Blocks are laid out as the gradient of gm_engine_gradient, whatever the
 * backend. GM_USAGE: there is no such copy, or the block does not fit. */
GM_API size_t gm_engine_state_count(const gm_engine *engine);
GM_API gm_status gm_engine_get_state(const gm_engine *engine, size_t copy, gm_mutable_array block,
                                     gm_error *error);
GM_API gm_status gm_engine_set_state(gm_engine *engine, size_t copy, gm_array block, gm_error *error);
GM_API size_t gm_engine_steps(const gm_engine *engine);
GM_API void gm_engine_set_steps(gm_engine *engine, size_t steps);

/* What the last gradient or step left in the workspace, for explanations; borrowed until the next call of any
 * kind, which may write over all of it. */
typedef enum gm_view {
    GM_VIEW_Z,     /* needs keep_z */
    GM_VIEW_A,     /* f(Z), before dropout */
    GM_VIEW_DELTA, /* dC/dZ of the mean loss; after a step whose norm was above its bound perhaps less */
} gm_view;
/* Without data if there is no such layer, or no such view of it: an engine for inference has no deltas. */
GM_API gm_array gm_engine_view(const gm_engine *engine, gm_view view, size_t layer);

/* FLOP of one step of `batch` rows: 2 n (3 S - in_1 out_1), S = sum of in * out over the layers, because
 * layer 1 needs no BP2. Elementwise work is not counted. */
GM_API double gm_step_flop(const gm_network *network, size_t batch);

/* Bytes of W, b and the optimizer's state that one step reads and writes, pass by pass, whatever its rows: W
 * in forward and, but for layer 1, in BP2, then what BP4 and the optimizer touch. (With a few rows `packed`
 * takes BP2 and BP4 in one pass and reads W once less.) Activations and deltas, which grow with the batch and
 * mostly wait in a cache, are not counted. */
GM_API double gm_step_traffic(const gm_network *network, gm_optimizer_kind optimizer);

GM_END_DECLS

#endif
