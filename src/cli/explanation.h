/* One step of a small network with all its numbers, which `explain` prints as text or JSON. */
#ifndef GM_CLI_EXPLANATION_H
#define GM_CLI_EXPLANATION_H

#include <gradmill.h>
#include <stdbool.h>

/* A layer's matrices, dense. n = samples. */
typedef struct cli_explained_layer {
    gm_layer shape;
    double *z, *a, *d; /* n x out */
    double *dw;        /* n x in: D W, the delta before its factor f'(Z_prev); NULL for layer 1 */
} cli_explained_layer;

typedef struct cli_explanation {
    const gm_example *example;
    gm_optimizer optimizer; /* plain SGD; rate and freeze_bias as used */
    size_t layer_count, samples;
    cli_explained_layer *layers;
    double *old_parameters, *gradient, *new_parameters; /* blocks W1 b1 W2 b2 ... */
    gm_trace gradient_trace, step_trace;
    double loss;       /* before the step */
    double next_loss;  /* after it */
    double difference; /* largest |blas - naive| / max |naive| over outputs and gradient */
    size_t steps;      /* number of steps to train */
    double last_loss;  /* after all steps */
    double *last_outputs;
    struct cli_loss_at { /* steps 1, 2, 5, 10, 20, ... and the last one */
        size_t step;
        double loss; /* after that many steps */
    } * curve;
    size_t curve_count;
} cli_explanation;

/* Runs the first step and stores every number of it, and then runs the other steps. Call
 * cli_explanation_clear even after a failure. */
gm_status cli_explanation_make(cli_explanation *explanation, const gm_example *example, size_t steps,
                               const gm_optimizer *optimizer, gm_error *error);
void cli_explanation_clear(cli_explanation *explanation);

/* Whether all its numbers are finite. If one is not, all that are computed from it are not finite either. */
bool cli_explanation_is_finite(const cli_explanation *explanation);

void cli_explanation_print(const cli_explanation *explanation);
gm_status cli_explanation_print_json(const cli_explanation *explanation, gm_error *error); /* GM_LIMIT */

/* Writes a call as text: "cblas_dgemv(RowMajor, NoTrans, m=2, n=2, alpha=1, W, lda=2, ...)". */
void cli_call_text(const gm_call *call, char *text, size_t size);

#endif
