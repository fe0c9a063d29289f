/* The functions that one precision puts into its table (numerics.h, where each of them is explained). For
 * *_tmpl.c only. */
#ifndef GM_NN_PASS_TABLE_H
#define GM_NN_PASS_TABLE_H

#include "base/real.h"
#include "nn/numerics.h"

/* Each of these exists once for each precision. */
#define gm_pass_create       GM_TYPED(gm_pass_create)
#define gm_pass_destroy      GM_TYPED(gm_pass_destroy)
#define gm_pass_plan         GM_TYPED(gm_pass_plan)
#define gm_pass_bind         GM_TYPED(gm_pass_bind)
#define gm_pass_run          GM_TYPED(gm_pass_run)
#define gm_pass_apply        GM_TYPED(gm_pass_apply)
#define gm_pass_held         GM_TYPED(gm_pass_held)
#define gm_pass_apply_held   GM_TYPED(gm_pass_apply_held)
#define gm_pass_drop_held    GM_TYPED(gm_pass_drop_held)
#define gm_pass_row_steps    GM_TYPED(gm_pass_row_steps)
#define gm_pass_copy_outputs GM_TYPED(gm_pass_copy_outputs)
#define gm_pass_view         GM_TYPED(gm_pass_view)
#define gm_pass_buffer       GM_TYPED(gm_pass_buffer)
#define gm_pass_take_weights GM_TYPED(gm_pass_take_weights)
#define gm_pass_give_weights GM_TYPED(gm_pass_give_weights)
#define gm_pass_get_state    GM_TYPED(gm_pass_get_state)
#define gm_pass_set_state    GM_TYPED(gm_pass_set_state)
#define gm_pass_swap_average GM_TYPED(gm_pass_swap_average)
#define gm_pass_get_held     GM_TYPED(gm_pass_get_held)
#define gm_pass_steps        GM_TYPED(gm_pass_steps)
#define gm_pass_set_steps    GM_TYPED(gm_pass_set_steps)

/* pass_create_tmpl.c */
struct gm_pass *gm_pass_create(const gm_binding *b);
void gm_pass_destroy(struct gm_pass *p);

/* batch_tmpl.c */
gm_plan gm_pass_plan(struct gm_pass *p, size_t buffer, size_t rows, bool predicted);
gm_status gm_pass_bind(struct gm_pass *p, size_t buffer, gm_array x, const gm_array *y, gm_error *error);
void gm_pass_copy_outputs(const struct gm_pass *p, void *outputs, size_t ld);
gm_array gm_pass_view(const struct gm_pass *p, gm_view what, size_t layer);
gm_batch_buffer gm_pass_buffer(const struct gm_pass *p, size_t index);

/* pass_tmpl.c */
gm_status gm_pass_run(struct gm_pass *p, const gm_job *job, double *loss, gm_error *error);
void gm_pass_apply(struct gm_pass *p, const void *gradient);
size_t gm_pass_held(const struct gm_pass *p);
void gm_pass_apply_held(struct gm_pass *p);
void gm_pass_drop_held(struct gm_pass *p);
gm_row_steps gm_pass_row_steps(const struct gm_pass *p);

/* state_tmpl.c */
void gm_pass_take_weights(struct gm_pass *p);
void gm_pass_give_weights(struct gm_pass *p);
void gm_pass_get_state(const struct gm_pass *p, size_t copy, void *block);
void gm_pass_set_state(struct gm_pass *p, size_t copy, const void *block);
void gm_pass_swap_average(struct gm_pass *p);
void gm_pass_get_held(const struct gm_pass *p, void *block);
size_t gm_pass_steps(const struct gm_pass *p);
void gm_pass_set_steps(struct gm_pass *p, size_t count);

#endif
