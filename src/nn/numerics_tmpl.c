/* The table of one precision, through which the rest of src/nn reaches what has a precision (numerics.h): the
 * pass, and what the backends of that precision can do. */
#include "backend/backend.h"
#include "nn/pass_table.h"

static const char *backend_name(size_t index)
{
    const gm_backend *backend = gm_backend_at(index);
    return backend ? backend->name : NULL;
}

static const char *backend_summary(size_t index)
{
    const gm_backend *backend = gm_backend_at(index);
    return backend ? backend->summary : NULL;
}

static const char *kernels(const char *backend)
{
    return gm_backend_find(backend)->kernels;
}

static bool fast(const char *backend)
{
    return gm_backend_find(backend)->fast;
}

static bool calls_blas(const char *backend)
{
    return gm_backend_find(backend)->calls_blas;
}

static const gm_storage *storage(const char *backend)
{
    return gm_backend_find(backend)->storage;
}

static size_t scratch_size(const char *name, size_t in, size_t out)
{
    const gm_backend *backend = gm_backend_find(name);
    return backend->scratch_size ? backend->scratch_size(in, out) : 0;
}

const gm_numerics GM_TYPED(gm_numerics) = {
    .backend_name = backend_name,
    .backend_summary = backend_summary,
    .kernels = kernels,
    .fast = fast,
    .calls_blas = calls_blas,
    .storage = storage,
    .scratch_size = scratch_size,
    .create = gm_pass_create,
    .destroy = gm_pass_destroy,
    .bind = gm_pass_bind,
    .run = gm_pass_run,
    .apply = gm_pass_apply,
    .held = gm_pass_held,
    .apply_held = gm_pass_apply_held,
    .drop_held = gm_pass_drop_held,
    .row_steps = gm_pass_row_steps,
    .copy_outputs = gm_pass_copy_outputs,
    .view = gm_pass_view,
    .buffer = gm_pass_buffer,
    .plan = gm_pass_plan,
    .take_weights = gm_pass_take_weights,
    .give_weights = gm_pass_give_weights,
    .get_state = gm_pass_get_state,
    .set_state = gm_pass_set_state,
    .swap_average = gm_pass_swap_average,
    .get_held = gm_pass_get_held,
    .steps = gm_pass_steps,
    .set_steps = gm_pass_set_steps,
};
