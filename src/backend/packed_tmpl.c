/* Backend `packed`: the weights stay in the order that the kernels want, from one step to the next.
 *
 * A matrix product of BLAS copies W into blocks at every call; with the batches of training that copy costs
 * 10 to 35 % of the time. Here W lies in bands (order.h) all the time, and one copy serves all three
 * products, because a tile (tile.h) takes its left operand either way round:
 *
 *     forward   Z      = A W^T      L = A,    R = a band of W^T               along the outputs
 *     BP2       D_prev = D W        computed as D_prev^T = W^T D^T:
 *                                   L = a band of W^T, R = D^T                along the rows of the batch
 *     BP4       GW^T   = A^T D      L = A^T,  R = D, C = a band of GW^T       along the outputs
 *
 * so only D is turned round, before BP2, and D_prev after it: n (in + out) numbers beside n in out products.
 * With one row there is nothing along the batch; BP2 is then a dot product of d with each input's weights.
 *
 * Every element of a result is summed in the same order whatever slab it is computed in, so the same bits
 * come out for every number of threads. Compiled once for each precision and instruction set (meson.build).
 */
#include "backend/packed.h"
#include "backend/shuffle.h"

#include <string.h>

#define BAND            (TILE_VECTORS * LANES)
#define INPUTS_AT_ONCE  512 /* a band of so many inputs stays in the L2 cache with the rows that it meets */
#define ROWS_AT_ONCE    256 /* of the batch, in BP2 */
#define SAMPLES_AT_ONCE 64  /* of the batch, summed up at once in BP4: their D and A stay in the L1 cache */

static const gm_order order = {BAND, LANES, INPUTS_AT_ONCE};

static size_t vectors_of(size_t count)
{
    return (count + LANES - 1) / LANES;
}

/* Tiles that `rows` rows of C are cut into. */
static size_t tiles_of(size_t rows, size_t vectors)
{
    return (rows + rows_of_tile[vectors - 1] - 1) / rows_of_tile[vectors - 1];
}

/* The next of the nearly equal pieces, none above `most`, that `rest` is cut into. */
static size_t piece_of(size_t rest, size_t most)
{
    const size_t pieces = (rest + most - 1) / most;
    return (rest + pieces - 1) / pieces;
}

/* Whether the weights of a layer are too many to wait in the L2 cache for their turn: then they are fetched
 * before they are needed. */
static bool is_large(const gm_layer_view *l)
{
    return l->w.cols * l->w.rows * sizeof(REAL) > (size_t)512 << 10;
}

/* The numbers, in tile_rows' terms, that follow the band at `first` and input `i`: to be fetched meanwhile.
 */
static void look_ahead(struct tile *t, const gm_layer_view *l, size_t first, size_t i, size_t rows,
                       size_t width)
{
    const size_t in = l->w.cols, out = l->w.rows;
    const bool last_band = first + BAND >= out;
    const size_t here = tiles_of(rows, width / LANES);
    if (here == 1) /* it reads what it needs from end to end, and the processor sees that */
        return;
    if (!is_large(l) || (last_band && i + t->k >= in))
        return;
    t->ahead = l->w.data + (last_band ? gm_order_index(order, out, in, 0, i + t->k)
                                      : gm_order_index(order, out, in, first + BAND, i));
    t->ahead_step = t->k * width / here;
}

/* Z = A W^T + 1 b^T         n x out = (n x in)(out x in)^T, band by band of the outputs */
static void forward(const gm_layer_view *l, gm_mat a, gm_mat z)
{
    const size_t in = l->w.cols, out = l->w.rows;
    /* Weights that only one tile meets need not stay in cache. */
    const size_t most = tiles_of(z.rows, vectors_of(gm_min(out, BAND))) == 1 ? in : INPUTS_AT_ONCE;
    for (size_t i = 0, inputs; i < in; i += inputs) {
        inputs = piece_of(in - i, most);
        for (size_t first = 0; first < out; first += BAND) {
            const size_t width = gm_order_width(order, out, first);
            struct tile t = {
                .l = a.data + i,
                .l_row = a.ld,
                .l_k = 1,
                .r = l->w.data + gm_order_index(order, out, in, first, i),
                .r_k = width,
                .c = z.data + first,
                .c_row = z.ld,
                .base = i == 0 ? l->b + first : z.data + first,
                .base_row = i == 0 ? 0 : z.ld,
                .beta = 1,
                .k = inputs,
            };
            look_ahead(&t, l, first, i, z.rows, width);
            tile_rows(t, z.rows, width / LANES);
        }
    }
}

/* A vector whose lanes from `count` on are 0. */
ALWAYS vec first_lanes(vec v, size_t count)
{
    if (count >= LANES)
        return v;
    REAL lanes[LANES];
    store(lanes, v);
    for (size_t i = count; i < LANES; i++)
        lanes[i] = 0;
    return load(lanes);
}

/* The dot products of d with the weights of LANES inputs, `w_row` apart (the last one again where there are
 * fewer). */
ALWAYS vec dot_each(const REAL *w, size_t w_row, size_t inputs, const REAL *d, size_t outputs)
{
    const size_t last = (outputs - 1) / LANES * LANES;
    const vec d_end = first_lanes(load(d + last), outputs - last);
    vec sum[LANES];
    UNROLLED for (size_t j = 0; j < LANES; j++)
    {
        const REAL *row = w + gm_min(j, inputs - 1) * w_row;
        sum[j] = first_lanes(load(row + last), outputs - last) * d_end;
        for (size_t o = 0; o < last; o += LANES)
            sum[j] += load(row + o) * load(d + o);
    }
    return sum_each(sum);
}

/* d_prev = W^T d            in = (out x in)^T (out), LANES inputs at a time
 * Padding is masked: zeros are no help against a NaN. */
static void hidden_delta_of_one(const gm_layer_view *l, const REAL *d, size_t begin, gm_mat d_prev)
{
    const size_t in = l->w.cols, out = l->w.rows;
    for (size_t first = 0; first < out; first += BAND) {
        const size_t width = gm_order_width(order, out, first), outputs = gm_order_outputs(order, out, first);
        for (size_t i = 0; i < d_prev.cols; i += LANES) {
            const REAL *w = l->w.data + gm_order_index(order, out, in, first, begin + i);
            const size_t inputs = d_prev.cols - i;
            const vec sums = first_lanes(dot_each(w, width, inputs, d + first, outputs), inputs);
            REAL *to = d_prev.data + i;
            store(to, first == 0 ? sums : load(to) + sums);
        }
    }
}

/* D_prev^T += W^T D^T for one band and some inputs        in x n = (in x out)(out x n), a tile's width of
 * rows of the batch at a time, while that part of W waits in cache. */
static void add_band(const gm_layer_view *l, size_t first, size_t i, size_t inputs, const REAL *dt, REAL *et,
                     size_t vectors)
{
    const size_t in = l->w.cols, out = l->w.rows, ld = vectors * LANES;
    const size_t width = gm_order_width(order, out, first);
    const REAL *w = l->w.data + gm_order_index(order, out, in, first, i);
    for (size_t v = 0; v < vectors; v += TILE_VECTORS) {
        const size_t some = gm_min(TILE_VECTORS, vectors - v), height = rows_of_tile[some - 1];
        const struct tile t = {
            .l = w,
            .l_row = width,
            .l_k = 1,
            .r = dt + first * ld + v * LANES,
            .r_k = ld,
            .c = et + v * LANES,
            .c_row = ld,
            .base = et + v * LANES,
            .base_row = ld,
            .beta = first == 0 ? 0 : 1,
            .k = gm_order_outputs(order, out, first),
            .ahead = w + height * width,
            .ahead_step = v == 0 && is_large(l) ? height * width : 0,
            .ahead_close = true,
        };
        tile_rows(t, inputs, some);
    }
}

/* BP2 for at most ROWS_AT_ONCE rows: D_prev^T = W^T D^T        in x n = (in x out)(out x n) */
static void hidden_delta_of_some(const gm_layer_view *l, gm_mat d, size_t begin, gm_mat d_prev, REAL *scratch)
{
    const size_t out = l->w.rows, vectors = vectors_of(d.rows), ld = vectors * LANES;
    REAL *dt = scratch, *et = scratch + gm_order_padded(order, out) * ld;
    transpose(d, dt, ld);
    for (size_t i = 0, inputs; i < d_prev.cols; i += inputs) {
        inputs = piece_of(d_prev.cols - i, INPUTS_AT_ONCE);
        for (size_t first = 0; first < out; first += BAND)
            add_band(l, first, begin + i, inputs, dt, et, vectors);
        transpose((gm_mat){et, inputs, d.rows, ld}, d_prev.data + i, d_prev.ld);
    }
}

/* BP2: D_prev = D W         n x in = (n x out)(out x in) */
static void hidden_delta(const gm_layer_view *l, gm_mat d, size_t first, gm_mat d_prev, REAL *scratch)
{
    if (l->batch == 1) {
        hidden_delta_of_one(l, d.data, first, d_prev);
        return;
    }
    for (size_t r = 0; r < d.rows; r += ROWS_AT_ONCE) {
        const size_t rows = gm_min(ROWS_AT_ONCE, d.rows - r);
        hidden_delta_of_some(l, gm_rows(d, r, rows), first, gm_rows(d_prev, r, rows), scratch);
    }
}

static size_t scratch_size(size_t in, size_t out)
{
    const size_t inputs = gm_order_padded(order, gm_min(in, INPUTS_AT_ONCE));
    const size_t transposed = (gm_order_padded(order, out) + inputs) * ROWS_AT_ONCE;
    return gm_max(transposed, SAMPLES_AT_ONCE * BAND);
}

/* BP3: gb = alpha D^T 1 + beta gb          out = (n x out)^T (n), LANES outputs at a time */
static void bias_gradient(const gm_layer_view *l, gm_mat d, REAL alpha, REAL beta, REAL *gb)
{
    (void)l;
    for (size_t c = 0; c < d.cols; c += LANES) {
        REAL sums[LANES];
        vec sum = {0};
        for (size_t r = 0; r < d.rows; r++)
            sum += load(gm_row(d, r) + c);
        store(sums, sum);
        for (size_t i = 0; i < LANES && c + i < d.cols; i++)
            gb[c + i] = beta == 0 ? alpha * sums[i] : alpha * sums[i] + beta * gb[c + i];
    }
}

/* Rows of d times alpha, close together: one panel that stays in the L1 cache. */
static void scale(REAL alpha, gm_mat d, REAL *panel, size_t width)
{
    for (size_t r = 0; r < d.rows; r++) {
        for (size_t c = 0; c < width; c += LANES)
            store(panel + r * width + c, spread(alpha) * load(gm_row(d, r) + c));
    }
}

/* BP4: GW^T = alpha A^T D + beta GW^T      in x out = (n x in)^T (n x out), for one band and some inputs */
static void weight_gradient(const gm_layer_view *l, gm_mat d, gm_mat a, REAL alpha, REAL beta, gm_mat gw,
                            REAL *scratch)
{
    const size_t vectors = gw.ld / LANES, height = rows_of_tile[vectors - 1];
    for (size_t r = 0, samples; r < d.rows; r += samples) {
        samples = gm_min(SAMPLES_AT_ONCE, d.rows - r);
        scale(alpha, gm_rows(d, r, samples), scratch, gw.ld);
        const struct tile t = {
            .l = gm_row(a, r),
            .l_row = 1,
            .l_k = a.ld,
            .r = scratch,
            .r_k = gw.ld,
            .c = gw.data,
            .c_row = gw.ld,
            .base = gw.data,
            .base_row = gw.ld,
            .beta = r == 0 ? beta : 1,
            .k = samples,
            .ahead = gw.data + height * gw.ld,
            .ahead_step = is_large(l) ? height * gw.ld : 0,
            .ahead_close = true,
        };
        tile_rows(t, a.cols, vectors);
    }
}

const gm_backend GM_PACKED = {
    .name = "packed",
    .summary = "weights kept in the order of the kernels",
    .kernels = GM_ISA_NAME,
    .order = {BAND, LANES, INPUTS_AT_ONCE},
    .scratch_size = scratch_size,
    .forward = forward,
    .hidden_delta = hidden_delta,
    .bias_gradient = bias_gradient,
    .weight_gradient = weight_gradient,
};
