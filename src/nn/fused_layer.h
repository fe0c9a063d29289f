/* One layer of the fused step on vectors of one width, which fused_vector.h describes. Included by
 * fused_tmpl.c for each width.
 *
 * The outputs of a layer are `vectors` of them, a constant: all of this is inlined. What lies beyond the last
 * output is padding (order.h). It may become anything in W, Z and A, since it is never mixed with the rest;
 * D is 0 there. */

/* sum += a_k W[k] */
ALWAYS void OF(add_row)(const int vectors, REAL a, const REAL *w, VEC sum[TILE_VECTORS])
{
    UNROLLED for (int v = 0; v < vectors; v++) sum[v] += OF(all)(a) * OF(read)(w + v * N);
}

/* z = b + sum_k a_k W[k]: several sums, because one waits for itself at every k; but no more of them than
 * there are inputs, because adding them up takes its time, too. */
ALWAYS void OF(product)(const int vectors, const gm_fused_layer *l, const REAL *a, VEC z[TILE_VECTORS])
{
    const size_t in = l->inputs, stride = STRIDE(vectors * N);
    const REAL *w = l->w;
    VEC sum[CHAINS][TILE_VECTORS];
    size_t k = 0;
    UNROLLED for (int v = 0; v < vectors; v++) z[v] = OF(read)(l->b + v * N);
    for (; k < in % CHAINS; k++)
        OF(add_row)(vectors, a[k], w + k * stride, z);
    if (k == in)
        return;
    UNROLLED for (int c = 0; c < CHAINS; c++)
    {
        UNROLLED for (int v = 0; v < vectors; v++) sum[c][v] = (VEC){0};
    }
    for (; k < in; k += CHAINS) {
        UNROLLED for (size_t c = 0; c < CHAINS; c++)
            OF(add_row)(vectors, a[k + c], w + (k + c) * stride, sum[c]);
    }
    UNROLLED for (int v = 0; v < vectors; v++) z[v] += (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]);
}

/* Z and A = f(Z); of softmax, which is the business of a whole row, only Z, in both places. */
ALWAYS void OF(forward)(const int vectors, const struct gm_fused *f, const gm_fused_layer *l)
{
    VEC z[TILE_VECTORS];
    OF(product)(vectors, l, inputs_of(f, l), z);
    UNROLLED for (int v = 0; v < vectors; v++)
    {
        OF(write)(l->z + v * N, z[v]);
        OF(write)(l->a + v * N, OF(activation)(l->f, z[v]));
    }
}

/* W[k] = keep W[k] - change d; what need not wait for d comes first. */
ALWAYS void OF(update)(const int vectors, const struct decay *decay, REAL *w, REAL change,
                       const VEC d[TILE_VECTORS])
{
    UNROLLED for (int v = 0; v < vectors; v++)
    {
        VEC old = OF(read)(w + v * N);
        if (decay->shrinks)
            old *= decay->keep;
        OF(write)(w + v * N, old - change * d[v]);
    }
}

/* BP4 and update of the first layer. The next step waits for its weights: the rate is multiplied with the
 * inputs, which have been there for long. */
ALWAYS void OF(learn_first)(const int vectors, const struct gm_fused *f, const struct decay *decay,
                            const VEC d[TILE_VECTORS])
{
    const REAL *x = f->x, *end = x + f->layers->inputs, rate = f->rate;
    REAL *w = f->layers->w;
    for (; x < end; x++, w += STRIDE(vectors * N))
        OF(update)(vectors, decay, w, rate * *x, d);
}

/* BP2 without its factor for one input: W[k] . d, in parts that are still to be added up. */
ALWAYS quad OF(dot)(const int vectors, const REAL *w, const VEC d[TILE_VECTORS], size_t outputs)
{
    const VEC end = OF(read)(w + (vectors - 1) * N);
    VEC sum = OF(first)(end, outputs - (size_t)(vectors - 1) * N) * d[vectors - 1];
    UNROLLED for (int v = 0; v < vectors - 1; v++) sum += OF(read)(w + v * N) * d[v];
    return OF(quarters)(sum);
}

/* BP2, BP4 and update in one pass over the weights of QUAD inputs from k on, or of those that there are.
 * rate_d is rate d. */
ALWAYS void OF(learn)(const int vectors, const struct decay *decay, const gm_fused_layer *l, size_t k,
                      const size_t count, const VEC d[TILE_VECTORS], const VEC rate_d[TILE_VECTORS])
{
    const size_t stride = STRIDE(vectors * N);
    const REAL *a = l[-1].a + k;
    REAL *w = l->w + k * stride;
    quad dots[QUAD];
    UNROLLED for (size_t i = 0; i < QUAD; i++) dots[i] =
        OF(dot)(vectors, w + gm_min(i, count - 1) * stride, d, l->outputs);
    const quad dw = l->outputs == 1 ? first_of_each(dots) : sum_of_each(dots);
    UNROLLED for (size_t i = 0; i < QUAD; i++)
    {
        if (i < count)
            OF(update)(vectors, decay, w + i * stride, a[i], rate_d);
    }
    send_back(l - 1, k, count, dw);
}

/* BP2, BP3, BP4 and the update of a layer, of which d is the delta. */
ALWAYS void OF(backward)(const int vectors, const struct gm_fused *f, const gm_fused_layer *l,
                         const VEC d[TILE_VECTORS])
{
    const struct decay decay = {f->shrinks, f->keep}; /* where no store can change it */
    const size_t in = l->inputs, whole = in - in % QUAD;
    VEC rate_d[TILE_VECTORS];
    UNROLLED for (int v = 0; v < vectors; v++) rate_d[v] = f->rate * d[v];
    if (l == f->layers) {
        OF(learn_first)(vectors, f, &decay, d);
    } else {
        for (size_t k = 0; k < whole; k += QUAD)
            OF(learn)(vectors, &decay, l, k, QUAD, d, rate_d);
        if (whole < in)
            OF(learn)(vectors, &decay, l, whole, in - whole, d, rate_d);
    }
    if (f->optimizer->freeze_bias)
        return;
    UNROLLED for (int v = 0; v < vectors; v++) OF(write)(l->b + v * N, OF(read)(l->b + v * N) - rate_d[v]);
}

/* The same for a layer whose D is in its place. */
ALWAYS void OF(hidden)(const int vectors, const struct gm_fused *f, const gm_fused_layer *l)
{
    VEC d[TILE_VECTORS];
    UNROLLED for (int v = 0; v < vectors; v++) d[v] = OF(read)(l->d + v * N);
    OF(backward)(vectors, f, l, d);
}

/* BP1 for the outputs from c on: their D, and their part of the loss if it is wanted. */
ALWAYS VEC OF(judge)(const struct gm_fused *f, const gm_fused_layer *l, size_t c, VEC z, VEC a, REAL *loss)
{
    const size_t count = l->outputs - c;
    const VEC y = OF(read_first)(f->y + c, count);
    VEC d = OF(loss_derivative)(f->loss, a, y);
    if (f->scale != 1)
        d *= f->scale;
    if (f->value)
        *loss += OF(sum_of_first)(OF(loss)(f->loss, f->from_z ? z : a, y), count);
    if (!f->from_z) /* otherwise the closed form has f' in it */
        d *= OF(activation_derivative)(l->f, z, a);
    return OF(first)(d, count);
}

/* The output layer forward, BP1, and the layer backward. */
ALWAYS void OF(output)(const int vectors, const struct gm_fused *f, const gm_fused_layer *l)
{
    VEC z[TILE_VECTORS], d[TILE_VECTORS];
    REAL loss = 0;
    OF(product)(vectors, l, inputs_of(f, l), z);
    UNROLLED for (int v = 0; v < vectors; v++)
    {
        const VEC a = OF(activation)(l->f, z[v]);
        d[v] = OF(judge)(f, l, (size_t)v * N, z[v], a, &loss);
        OF(write)(l->z + v * N, z[v]);
        OF(write)(l->a + v * N, a);
        OF(write)(l->d + v * N, d[v]);
    }
    if (f->value)
        *f->value = (double)(f->scale * loss);
    OF(backward)(vectors, f, l, d);
}
