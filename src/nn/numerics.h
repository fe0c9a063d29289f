/* The table of functions through which engine.c, which knows no precision, reaches the code of one precision.
 * It is the only place where a precision is chosen. */
#ifndef GM_NN_NUMERICS_H
#define GM_NN_NUMERICS_H

#include "base/team.h"
#include "nn/layout.h"
#include "nn/network.h"
#include "nn/side_work.h"

struct gm_pass; /* nn/pass.h, of one precision or the other */

/* What a pass is bound to. All of it must live as long as the pass. */
typedef struct gm_binding {
    gm_network *network;
    const gm_engine_options *options;
    const gm_layout *layout;
    const gm_layer_layout *layouts;
    void *workspace, *state; /* blocks as layout says */
    void *own;               /* the weights in a layout of the backend's own; NULL: in the network's block */
    gm_team *team;
    bool chooses; /* the plan may leave threads out */
} gm_binding;

/* A function that does a whole step of one row that needs no conversion. The engine calls step(context, x, y,
 * loss). */
typedef struct gm_row_steps {
    void (*step)(void *context, const void *x, const void *y, double *loss);
    void *context;
} gm_row_steps;

/* What a pass does after forward. */
typedef enum gm_task {
    GM_TASK_FORWARD,  /* nothing */
    GM_TASK_GRADIENT, /* the gradient, to the caller */
    GM_TASK_STEP,     /* a step; the gradient need not be stored */
    GM_TASK_CLIP,     /* a step from the stored gradient, within the engine's bounds */
    GM_TASK_HOLD,     /* the gradient is added to what is held for a step to come */
} gm_task;

/* The task, and what belongs to it. */
typedef struct gm_job {
    gm_task task;
    const gm_side_work *beside;  /* what is to be done beside it; NULL: nothing */
    const gm_gradient *gradient; /* GM_TASK_GRADIENT: where it goes; otherwise NULL */
    gm_array weights;            /* of the rows, rows x 1 in the precision of the pass; or none */
} gm_job;

typedef struct gm_numerics {
    const char *(*backend_name)(size_t index); /* NULL past the last */
    const char *(*backend_summary)(size_t index);
    const char *(*kernels)(
        const char *backend); /* name of the kernels; NULL: the backend does not choose among kernels */
    bool (*fast)(const char *backend); /* the name must be that of a backend, here and in the next three */
    bool (*calls_blas)(const char *backend);
    const gm_storage *(*storage)(const char *backend);
    size_t (*scratch_size)(const char *backend, size_t in, size_t out); /* elements for each thread */
    struct gm_pass *(*create)(const gm_binding *binding); /* NULL without memory; the backend is known */
    void (*destroy)(struct gm_pass *pass);
    /* Makes a batch the current one. It is used where it is if it has the network's precision, and otherwise
     * converted into the engine's buffer of that number. y may be NULL. GM_USAGE: a label is not below the
     * number of outputs. */
    gm_status (*bind)(struct gm_pass *pass, size_t buffer, gm_array x, const gm_array *y, gm_error *error);
    /* Runs the task on the current batch. *loss is the mean loss, or 0 without targets; it is not computed if
     * loss is NULL. It fails only if the caller's layer_done fails. */
    gm_status (*run)(struct gm_pass *pass, const gm_job *job, double *loss, gm_error *error);
    /* Does a step of the optimizer from this gradient, which has the layout of the block of parameters. */
    void (*apply)(struct gm_pass *pass, const void *gradient);
    /* The rows whose gradients are held; a step with the mean of them; and to forget them. */
    size_t (*held)(const struct gm_pass *pass);
    void (*apply_held)(struct gm_pass *pass);
    void (*drop_held)(struct gm_pass *pass);
    /* How to learn more rows like the current batch without bind and run. `step` is NULL if that is not
     * possible. */
    gm_row_steps (*row_steps)(const struct gm_pass *pass);
    void (*copy_outputs)(const struct gm_pass *pass, void *outputs, size_t ld);
    gm_array (*view)(const struct gm_pass *pass, gm_view view, size_t layer);
    /* Copy the weights from the network's block to the backend's layout, and back. */
    void (*take_weights)(struct gm_pass *pass);
    void (*give_weights)(struct gm_pass *pass);
    /* A copy of the parameters that the optimizer keeps, or their average, laid out as the block; and the
     * steps that were taken. */
    void (*get_state)(const struct gm_pass *pass, size_t copy, void *block);
    void (*set_state)(struct gm_pass *pass, size_t copy, const void *block);
    /* Exchanges the weights and their average. */
    void (*swap_average)(struct gm_pass *pass);
    /* The mean of the gradients that are held, laid out as the block. */
    void (*get_held)(const struct gm_pass *pass, void *block);
    size_t (*steps)(const struct gm_pass *pass);
    void (*set_steps)(struct gm_pass *pass, size_t count);
    /* Makes a plan. Measurements for it may write over that buffer. */
    gm_plan (*plan)(struct gm_pass *pass, size_t buffer, size_t rows, bool predict);
    gm_batch_buffer (*buffer)(const struct gm_pass *pass,
                              size_t index); /* no data: there is no such buffer */
} gm_numerics;

extern const gm_numerics gm_numerics_f32, gm_numerics_f64;

#endif
