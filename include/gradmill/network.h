/* A network: the sizes and activations of its layers, its loss, and one block of parameters.
 *
 * Row-major, batch first. Layer l maps n x in to n x out:  Z = A_prev W^T + 1 b^T,  A = f(Z).
 * W is out x in, as PyTorch stores it. The block is flat: W1 b1 W2 b2 ... without gaps.
 */
#ifndef GRADMILL_NETWORK_H
#define GRADMILL_NETWORK_H

#include <gradmill/array.h>
#include <gradmill/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

GM_BEGIN_DECLS

typedef enum gm_activation {
    GM_IDENTITY,   /* z                                                       */
    GM_SIGMOID,    /* 1 / (1 + exp(-z))                                       */
    GM_TANH,       /* tanh(z)                                                 */
    GM_RELU,       /* max(z, 0), derivative 0 at 0                            */
    GM_LEAKY_RELU, /* z if z > 0, else 0.01 z (PyTorch's default slope)       */
    GM_GELU,       /* z Phi(z), the exact form with erf (PyTorch's default)   */
    GM_SOFTPLUS,   /* log(1 + exp(z))                                         */
    GM_ELU,        /* z if z > 0, else exp(z) - 1 (PyTorch's default alpha)   */
    GM_SILU,       /* z / (1 + exp(-z)), also called swish                    */
    GM_MISH,       /* z tanh(log(1 + exp(z))): Misra 2019                     */
    GM_EXP,        /* exp(z): a positive mean, such as a rate; output layer only */
    GM_SOFTMAX,    /* exp(z_j) / sum_k exp(z_k) over a row; output layer only */
} gm_activation;
#define GM_ACTIVATION_COUNT 12

/* The loss of one sample with target y and output a; a batch takes the mean over its samples. */
typedef enum gm_loss {
    GM_HALF_SQUARES,  /* sum_j 1/2 (y_j - a_j)^2: the worked examples                                 */
    GM_MEAN_SQUARES,  /* mean_j (y_j - a_j)^2: PyTorch's MSELoss                                       */
    GM_LOGISTIC,      /* mean_j -(y log a + (1 - y) log(1 - a)), computed from z; sigmoid output only.
                         With several outputs each target is a question of its own, yes or no (multi-label):
                         PyTorch's BCEWithLogitsLoss                                                   */
    GM_CROSS_ENTROPY, /* -sum_j y_j log a_j, computed from z; softmax output only                      */
    GM_HUBER,         /* mean_j of e^2/2 if |e| <= 1, else |e| - 1/2, with e = a - y                   */
    GM_MEAN_ABSOLUTE, /* mean_j |y_j - a_j|: PyTorch's L1Loss                                          */
    GM_POISSON,       /* mean_j (a - y log a), computed from z; exp output only: PyTorch's PoissonNLLLoss
                         with log_input, whose input is z. Targets are at least 0                      */
} gm_loss;
#define GM_LOSS_COUNT 7

/* How weights begin; biases begin at 0 except where GM_INIT_TORCH or GM_INIT_CONSTANT says otherwise. fan_in
 * = in, fan_out = out. The uniform ranges and normal deviations give the variance named here. */
typedef enum gm_init {
    GM_INIT_AUTO, /* TORCH for rectifiers, from relu to elu, silu and mish, and for identity and softmax,
                     which the output has; else XAVIER_UNIFORM */
    GM_INIT_XAVIER_UNIFORM, /* variance 2 / (fan_in + fan_out): Glorot and Bengio 2010 */
    GM_INIT_XAVIER_NORMAL,
    GM_INIT_HE_UNIFORM, /* variance 2 / fan_in: He et al. 2015 */
    GM_INIT_HE_NORMAL,
    GM_INIT_LECUN_UNIFORM, /* variance 1 / fan_in: LeCun et al. 1998 */
    GM_INIT_LECUN_NORMAL,
    GM_INIT_TORCH,    /* weights and biases uniform in [-1/sqrt(fan_in), 1/sqrt(fan_in)): PyTorch's Linear */
    GM_INIT_CONSTANT, /* every weight and bias = init_value */
} gm_init;
#define GM_INIT_COUNT 9

/* Names as on the command line and in model files: "leaky-relu", "cross-entropy", "he-normal", "f32".
 * The _from_name functions return false for an unknown name. */
GM_API const char *gm_activation_name(gm_activation activation);
GM_API bool gm_activation_from_name(const char *name, gm_activation *activation);
GM_API const char *gm_loss_name(gm_loss loss);
GM_API bool gm_loss_from_name(const char *name, gm_loss *loss);
GM_API const char *gm_init_name(gm_init init);
GM_API bool gm_init_from_name(const char *name, gm_init *init);
GM_API const char *gm_precision_name(gm_precision precision);
GM_API bool gm_precision_from_name(const char *name, gm_precision *precision);

/* The output activation that belongs to a loss: softmax for cross-entropy, sigmoid for logistic, exp for
 * Poisson, else identity. */
GM_API gm_activation gm_loss_output_activation(gm_loss loss);

typedef struct gm_layer_options {
    size_t outputs;           /* units of this layer, >= 1 */
    gm_activation activation; /* f of this layer */
} gm_layer_options;

typedef struct gm_network_options {
    size_t size;                    /* of this struct, which gm_network_options_default sets */
    size_t inputs;                  /* width of a sample, >= 1 */
    size_t layer_count;             /* number of weight matrices, >= 1 */
    const gm_layer_options *layers; /* layer_count of them; copied */
    gm_loss loss;
    gm_precision precision; /* default GM_F32 */
    gm_init init;           /* default GM_INIT_AUTO */
    double init_value;      /* for GM_INIT_CONSTANT; default 0 */
    uint64_t seed;          /* default 1; the same seed gives the same weights on every machine */
} gm_network_options;

/* One layer of a network: where its parameters lie in the block. */
typedef struct gm_layer {
    size_t inputs, outputs; /* W is outputs x inputs, b has outputs elements */
    gm_activation activation;
    size_t weights; /* index of W's first element in the block */
    size_t biases;  /* index of b's first element in the block */
} gm_layer;

typedef struct gm_network gm_network;

/* Options with every default set; inputs, layer_count and layers are still to be filled in. The same for a
 * caller whose struct has `size` bytes. */
GM_API void gm_network_options_fill(gm_network_options *options, size_t size);
static inline gm_network_options gm_network_options_default(void)
{
    gm_network_options options;
    gm_network_options_fill(&options, sizeof options);
    return options;
}

/* Makes a network and initialises its parameters. GM_USAGE: a size of 0, a softmax that is not the output, a
 * loss that does not fit the output activation. GM_LIMIT: more bytes than the machine has; the text names
 * them. *network is NULL on failure. */
GM_API gm_status gm_network_create(gm_network **network, const gm_network_options *options, gm_error *error);
/* A network of the same shape with the same weights, which the caller owns. GM_LIMIT. *copy is NULL on
 * failure. */
GM_API gm_status gm_network_copy(gm_network **copy, const gm_network *network, gm_error *error);

GM_API void gm_network_destroy(gm_network *network);

GM_API size_t gm_network_inputs(const gm_network *network);
GM_API size_t gm_network_outputs(const gm_network *network);
GM_API size_t gm_network_layer_count(const gm_network *network);
GM_API gm_layer gm_network_layer(const gm_network *network, size_t index); /* index < layer_count */
GM_API gm_loss gm_network_loss(const gm_network *network);
GM_API gm_precision gm_network_precision(const gm_network *network);

/* The number of weights and biases. */
GM_API size_t gm_network_parameter_count(const gm_network *network);

/* All weights and biases: one row of gm_network_parameter_count numbers of the network's precision, which the
 * network owns. gm_network_layer tells where those of a layer begin. They may be read, and with the first
 * function written, until the next call of an engine. After that, ask for them again: while an engine trains,
 * it may hold the newest weights in a layout of its own, and these two functions bring them back. */
GM_API gm_mutable_array gm_network_parameters(gm_network *network);
GM_API gm_array gm_network_parameters_const(const gm_network *network);

/* One parameter by its index in the block, as a double whatever the precision. */
GM_API double gm_network_parameter(const gm_network *network, size_t index);
GM_API void gm_network_set_parameter(gm_network *network, size_t index, double value);

GM_END_DECLS

#endif
