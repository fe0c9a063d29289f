/* One layer of the step on vectors of one width, which vector.h describes. Included by step_tmpl.c for each
 * width.
 *
 * `vectors` is the number of vectors that hold the outputs of a layer. It is a constant, because all
 * functions are inlined. Numbers beyond the last output are padding (backend/bands.h). In W, Z and A the
 * padding may have any values, because nothing is computed from it; in D it is 0.
 *
 * `act` is the activation of the layer; for a narrow layer it is a constant. A layer of at most QUAD units
 * passes A, or W^T d, to the next layer in a register. Storing and loading so few numbers would take as long
 * as the arithmetic. Wider layers pass them through memory. */

/* sum += a_k W[k] */
ALWAYS void OF(add_row)(const int vectors, REAL a, const REAL *w, VEC sum[TILE_VECTORS])
{
    UNROLLED for (int v = 0; v < vectors; v++) sum[v] += OF(all)(a) * OF(read)(w + v * N);
}

/* z = b + sum_k a_k W[k], with several partial sums. With a single one, each addition would wait for the one
 * before. There are no more partial sums than inputs, because adding them up takes time, too. */
ALWAYS void OF(product)(const int vectors, const gm_online_layer *l, const REAL *a, VEC z[TILE_VECTORS])
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

/* The same for inputs that fit into a quad, which stay in a register. */
ALWAYS void OF(short_product)(const int vectors, const gm_online_layer *l, quad a, VEC z[TILE_VECTORS])
{
    const REAL *w = l->w;
    UNROLLED for (int v = 0; v < vectors; v++) z[v] = OF(read)(l->b + v * N);
    UNROLLED for (size_t k = 0; k < QUAD; k++, w += STRIDE(vectors * N))
    {
        if (k < l->inputs)
            OF(add_row)(vectors, a[k], w, z);
    }
}

/* Z, from the quad or from memory. */
ALWAYS void OF(weighted)(const int vectors, const struct gm_online_sample *f, const gm_online_layer *l,
                         quad a, VEC z[TILE_VECTORS])
{
    if (l > f->layers && l->inputs <= QUAD)
        OF(short_product)(vectors, l, a, z);
    else
        OF(product)(vectors, l, inputs_of(f, l), z);
}

/* Computes Z, A = f(Z), and f'(Z), which is stored in D for BP2. Softmax needs a whole row, so for softmax
 * only Z is stored, both as Z and as A. Returns the first numbers of A. */
ALWAYS quad OF(forward)(const int vectors, const gm_activation act, const struct gm_online_sample *f,
                        const gm_online_layer *l, quad before)
{
    VEC z[TILE_VECTORS], a[TILE_VECTORS];
    OF(weighted)(vectors, f, l, before, z);
    UNROLLED for (int v = 0; v < vectors; v++)
    {
        const size_t count = v + 1 == vectors ? l->outputs - (size_t)v * N : N;
        a[v] = OF(activation)(act, z[v]);
        OF(write)(l->z + v * N, z[v]);
        OF(write)(l->a + v * N, a[v]);
        OF(write)(l->d + v * N, OF(first)(OF(activation_derivative)(act, z[v], a[v]), count));
    }
    return OF(first_quad)(a[0]);
}

/* W[k] = keep W[k] - change d. Operations that do not need d come first, so that they run while d is
 * computed. */
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

/* BP4 and the update of the first layer. The next step needs its weights at once. So the rate is multiplied
 * with the inputs, which are known long before D is. */
ALWAYS void OF(learn_first)(const int vectors, const struct gm_online_sample *f, const struct decay *decay,
                            const VEC d[TILE_VECTORS])
{
    const REAL *x = f->x, *end = x + f->layers->inputs, rate = f->rate;
    REAL *w = f->layers->w;
    for (; x < end; x++, w += STRIDE(vectors * N))
        OF(update)(vectors, decay, w, rate * *x, d);
}

/* The partial sums of W[k] . d. The caller adds them up. */
ALWAYS quad OF(dot)(const int vectors, const REAL *w, const VEC d[TILE_VECTORS], size_t outputs)
{
    const VEC end = OF(read)(w + (vectors - 1) * N);
    VEC sum = OF(first)(end, outputs - (size_t)(vectors - 1) * N) * d[vectors - 1];
    UNROLLED for (int v = 0; v < vectors - 1; v++) sum += OF(read)(w + v * N) * d[v];
    return OF(quarters)(sum);
}

/* BP2 for QUAD inputs, of which `count` exist: factor (.) W d. Operations that do not need d come first. */
ALWAYS quad OF(dots)(const int vectors, quad factor, const REAL *w, size_t count, const VEC d[TILE_VECTORS],
                     size_t outputs)
{
    quad parts[QUAD] = {0};
    if (N == QUAD && outputs == 1) {
        UNROLLED for (size_t i = 0; i < QUAD; i++)
        {
            if (i < count)
                parts[i] = read_narrow(w + i * STRIDE(N));
        }
        return factor * first_of_each(parts) * d[0][0];
    }
    UNROLLED for (size_t i = 0; i < QUAD; i++)
    {
        if (i < count)
            parts[i] = OF(dot)(vectors, w + i * STRIDE(vectors * N), d, outputs);
    }
    return factor * sum_of_each(parts);
}

/* BP2, BP4 and the update in one pass over the weights of QUAD inputs from k on (fewer at the end). rate_d is
 * rate times d. Returns D of these inputs. */
ALWAYS quad OF(learn)(const int vectors, const struct decay *decay, const gm_online_layer *l, size_t k,
                      const size_t count, const VEC d[TILE_VECTORS], const VEC rate_d[TILE_VECTORS])
{
    const size_t stride = STRIDE(vectors * N);
    const REAL *a = l[-1].a + k;
    REAL *w = l->w + k * stride;
    const quad before = OF(dots)(vectors, read_narrow(l[-1].d + k), w, count, d, l->outputs);
    UNROLLED for (size_t i = 0; i < QUAD; i++)
    {
        if (i < count)
            OF(update)(vectors, decay, w + i * stride, a[i], rate_d);
    }
    return before;
}

/* BP2 for all inputs, for a sample of a batch, where weights change only after all samples. It is a function
 * of its own because a condition in OF(learn) would make steps of single rows slower (docs/kernels.md). */
ALWAYS quad OF(send_back)(const int vectors, const gm_online_layer *l, const VEC d[TILE_VECTORS])
{
    const size_t in = l->inputs, stride = STRIDE(vectors * N);
    quad before = {0};
    for (size_t k = 0; k < in; k += QUAD) {
        before = OF(dots)(vectors, read_narrow(l[-1].d + k), l->w + k * stride, in - k, d, l->outputs);
        if (in > QUAD)
            write_narrow(l[-1].d + k, before);
    }
    return before;
}

/* BP3 and its update. */
ALWAYS void OF(learn_biases)(const int vectors, const struct gm_online_sample *f, const gm_online_layer *l,
                             const VEC rate_d[TILE_VECTORS])
{
    if (f->optimizer->freeze_bias)
        return;
    UNROLLED for (int v = 0; v < vectors; v++) OF(write)(l->b + v * N, OF(read)(l->b + v * N) - rate_d[v]);
}

/* BP3, BP4 and the update of a layer for a batch, when D of all rows has been stored. */
ALWAYS void OF(learn_rows)(const int vectors, struct gm_online_sample *f, size_t layer, size_t rows)
{
    for (size_t r = 0; r < rows; r++) {
        const struct gm_online_sample *row = gm_online_row(f, r);
        const gm_online_layer *l = &row->layers[layer];
        const struct decay once = {r == 0 && f->shrinks, f->keep};
        const REAL *a = inputs_of(row, l);
        VEC rate_d[TILE_VECTORS];
        UNROLLED for (int v = 0; v < vectors; v++) rate_d[v] = f->rate * OF(read)(l->d + v * N);
        for (size_t k = 0; k < l->inputs; k++)
            OF(update)(vectors, &once, l->w + k * STRIDE(vectors * N), a[k], rate_d);
        OF(learn_biases)(vectors, f, l, rate_d);
    }
}

/* OF(learn) for all inputs. If D of the inputs fits into a quad, it is returned; otherwise it is stored. */
ALWAYS quad OF(learn_all)(const int vectors, const struct decay *decay, const gm_online_layer *l,
                          const VEC d[TILE_VECTORS], const VEC rate_d[TILE_VECTORS])
{
    const size_t in = l->inputs;
    size_t k = 0;
    if (in > QUAD) {
        for (; k < in - in % QUAD; k += QUAD)
            write_narrow(l[-1].d + k, OF(learn)(vectors, decay, l, k, QUAD, d, rate_d));
        if (k < in)
            write_narrow(l[-1].d + k, OF(learn)(vectors, decay, l, k, in - k, d, rate_d));
        return (quad){0};
    }
    switch (N == QUAD ? in
                      : 0) { /* constant numbers of inputs for narrow layers, so that loops are unrolled */
    case 1:
        return OF(learn)(vectors, decay, l, 0, 1, d, rate_d);
    case 2:
        return OF(learn)(vectors, decay, l, 0, 2, d, rate_d);
    case 3:
        return OF(learn)(vectors, decay, l, 0, 3, d, rate_d);
    case 4:
        return OF(learn)(vectors, decay, l, 0, 4, d, rate_d);
    default:
        return OF(learn)(vectors, decay, l, 0, in, d, rate_d);
    }
}

/* BP2, BP3, BP4 and the update of a layer with delta d. For a sample of a batch only BP2. */
ALWAYS quad OF(backward)(const int vectors, const struct gm_online_sample *f, const gm_online_layer *l,
                         const VEC d[TILE_VECTORS])
{
    const struct decay decay = {
        f->shrinks, f->keep}; /* a local copy, so that the compiler knows that stores do not change it */
    VEC rate_d[TILE_VECTORS];
    quad before = {0};
    if (f->several)
        return l == f->layers ? before : OF(send_back)(vectors, l, d);
    UNROLLED for (int v = 0; v < vectors; v++) rate_d[v] = f->rate * d[v];
    if (l == f->layers)
        OF(learn_first)(vectors, f, &decay, d);
    else
        before = OF(learn_all)(vectors, &decay, l, d, rate_d);
    OF(learn_biases)(vectors, f, l, rate_d);
    return before;
}

/* The backward step of a hidden layer. Its D is in the quad, or stored. */
ALWAYS quad OF(hidden)(const int vectors, const struct gm_online_sample *f, const gm_online_layer *l,
                       quad handed)
{
    VEC d[TILE_VECTORS];
    UNROLLED for (int v = 0; v < vectors; v++) d[v] = OF(read_or_handed)(l->d + v * N, handed);
    if (N == QUAD)
        OF(write)(l->d, d[0]);
    return OF(backward)(vectors, f, l, d);
}

/* BP1 for the outputs from c on: stores their D, and returns their part of the loss if the loss is wanted. */
ALWAYS VEC OF(judge)(const gm_activation act, const struct gm_online_sample *f, const gm_online_layer *l,
                     size_t c, VEC z, VEC a, REAL *loss)
{
    const size_t count = l->outputs - c;
    const VEC y = OF(read_first)(f->y + c, count);
    VEC d = OF(loss_derivative)(f->loss, a, y);
    if (f->scale != 1)
        d *= f->scale;
    if (f->value)
        *loss += OF(sum_of_first)(OF(loss)(f->loss, f->from_z ? z : a, y), count);
    if (f->from_z) /* the derivative in closed form includes f' */
        return OF(first)(d, count);
    return OF(first)(d * OF(activation_derivative)(act, z, a), count);
}

/* The output layer with softmax and cross-entropy if all classes fit into one vector: forward, BP1 (a_j sum_k
 * y_k - y_j) and backward. The arithmetic is that of softmax.h and losses.h. */
ALWAYS quad OF(classify)(const struct gm_online_sample *f, const gm_online_layer *l, quad before)
{
    const size_t count = l->outputs;
    const VEC y = OF(read_first)(f->y, count);
    VEC z[TILE_VECTORS], d[TILE_VECTORS];
    OF(weighted)(1, f, l, before, z);
    const REAL most = OF(largest)(OF(first_or)(z[0], count, -(REAL)INFINITY));
    const VEC e = OF(first)(OF(exp)(z[0] - most), count);
    const REAL sum = OF(sum_of_first)(e, N);
    const VEC a = e * (1 / sum);
    d[0] = f->scale * (a * OF(sum_of_first)(y, N) - y);
    OF(write)(l->z, z[0]);
    OF(write)(l->a, a);
    OF(write)(l->d, d[0]);
    if (f->value) {
        REAL zs[N], ys[N];
        OF(write)(zs, z[0]);
        OF(write)(ys, y);
        *f->value = (double)cross_entropy(most + vlog_from_1(sum), zs, ys, N);
    }
    return OF(backward)(1, f, l, d);
}

/* The output layer: forward, BP1 and backward. */
ALWAYS quad OF(output)(const int vectors, const gm_activation act, const struct gm_online_sample *f,
                       const gm_online_layer *l, quad before)
{
    VEC z[TILE_VECTORS], d[TILE_VECTORS];
    REAL loss = 0;
    OF(weighted)(vectors, f, l, before, z);
    UNROLLED for (int v = 0; v < vectors; v++)
    {
        const VEC a = OF(activation)(act, z[v]);
        d[v] = OF(judge)(act, f, l, (size_t)v * N, z[v], a, &loss);
        OF(write)(l->z + v * N, z[v]);
        OF(write)(l->a + v * N, a);
        OF(write)(l->d + v * N, d[v]);
    }
    if (f->value)
        *f->value = (double)(f->mean * loss);
    return OF(backward)(vectors, f, l, d);
}
