/* Backend `packed`: the weights stay in the layout that the kernels read, from one step to the next.
 *
 * A BLAS copies W into blocks at every call, because its caller keeps W row by row. Here the engine keeps W
 * in bands (bands.h) while it trains, and nothing is copied. One copy of W serves all three products, because
 * the micro-kernel (tile.h) multiplies L by R and can read L by its rows or by its columns:
 *
 *     forward   Z = A W^T             L = A,               R = a band of W^T    vectors run along the outputs
 *     BP2       D_prev^T = W^T D^T    L = a band of W^T,   R = D^T              along the rows of the batch
 *     BP4       GW^T = A^T D          L = A^T,             R = D                along the outputs
 *
 * Only BP2 needs transposes: of D before it and of D_prev after it. These move n (in + out) numbers, while
 * the product takes n in out multiply-adds. A small batch would fill only a few lanes of a vector, so for
 * small batches BP2 computes dot products instead.
 *
 * Each element of a result is summed in the same order, however the work is partitioned. So results have the
 * same bits for every number of threads. The file is compiled once for each precision and instruction set
 * (meson.build). docs/kernels.md has a picture of the loops and the measurements behind the constants. */
#include "backend/packed.h"
#include "backend/bands.h"
#include "backend/pack.h"
#include "backend/shuffle.h"
#include "backend/tile.h"

#include <string.h>

#define BAND (TILE_VECTORS * LANES)
/* Sizes of the blocks of a loop: each block stays in a cache while it is used again. */
#define INPUTS_AT_ONCE                                                                                       \
    512 /* inputs of a band; with the rows that they are multiplied by they fit in the L2 cache */
#define ROWS_AT_ONCE  256 /* rows of the batch in BP2; they use each part of W while it is in cache */
#define BANDS_AT_ONCE 2   /* bands in BP2; their part of D^T fits in the L1 cache */
#define DOTS_AT_ONCE  4   /* bands of a dot product; the lanes of the sum are added up once for all of them */
#define SLAB          (DOTS_AT_ONCE * BAND)
/* For at most this many rows of the batch, BP2 computes dot products. Transposed rows would fill only a part
 * of each vector. */
#define FEW_ROWS (LANES * 3 / 4)
/* Rows of the batch that BP4 sums up at once. More of them mean that GW is loaded and stored less often, but
 * their columns of A must stay in the L1 cache. A wide band does enough work with each number of A to afford
 * more of them. */
#define SAMPLES_AT_ONCE (VECTOR_BYTES == 64 ? 128 : 64)

static const gm_bands layout = {.band = BAND, .lanes = LANES, .inputs = INPUTS_AT_ONCE};

static size_t vectors_of(size_t count)
{
    return (count + LANES - 1) / LANES;
}

/* Number of tiles that `rows` rows of C are divided into. */
static size_t tiles_of(size_t rows, size_t vectors)
{
    return (rows + rows_of_tile[vectors - 1] - 1) / rows_of_tile[vectors - 1];
}

/* Divides `rest` into nearly equal pieces of at most `most` each, and returns the size of the next piece. */
static size_t piece_of(size_t rest, size_t most)
{
    const size_t pieces = (rest + most - 1) / most;
    return (rest + pieces - 1) / pieces;
}

/* Number of whole bands from output `first` on, at most `most`. If only an incomplete band is left, 1. */
static size_t bands_from(size_t first, size_t out, size_t most)
{
    return gm_max(1, gm_min(most, (out - first) / BAND));
}

/* Weights of more bytes than these do not stay in the cache until they are used again. */
#define IN_L1 ((size_t)64 << 10)
#define IN_L2 ((size_t)512 << 10)

/* Whether the weights of a layer must be prefetched, because they are larger than a cache of so many bytes.
 */
static bool outgrows(const gm_layer_view *l, size_t bytes)
{
    return l->w.cols * l->w.rows * sizeof(REAL) > bytes;
}

/* Prefetches `row` bytes for each of `height` rows of a tile, from `at` on, spread evenly over k sums. */
static struct ahead fetch(const REAL *at, size_t row, size_t height, size_t k)
{
    return (struct ahead){.at = (const char *)at, .row = row, .k = (row * height + k - 1) / k};
}

/* What forward prefetches while it multiplies k inputs, from `i` on, of the band at `first` by `rows` rows of
 * A: the weights that it needs after these. */
static struct ahead next_band(const gm_layer_view *l, size_t first, size_t i, size_t k, size_t rows)
{
    const size_t in = l->w.cols, out = l->w.rows, width = gm_bands_width(layout, out, first);
    const bool last_band = first + BAND >= out;
    if (tiles_of(rows, width / LANES) == 1) /* one tile reads W from end to end: the processor prefetches */
        return (struct ahead){0};
    if (!outgrows(l, IN_L2) || (last_band && i + k >= in))
        return (struct ahead){0};
    const size_t next = last_band ? gm_bands_index(layout, out, in, 0, i + k)
                                  : gm_bands_index(layout, out, in, first + BAND, i);
    return fetch(l->w.data + next, k * width * sizeof(REAL) / rows, rows_of_tile[width / LANES - 1], k);
}

/* What the backward pass prefetches during k sums: the rows of a band of W or of GW that the next tile reads.
 */
static struct ahead next_tile(const REAL *band, size_t width, size_t height, size_t k)
{
    return fetch(band + height * width, width * sizeof(REAL), height, k);
}

/* Z = A W^T + 1 b^T         n x out = (n x in)(out x in)^T, band by band of the outputs */
static void forward(const gm_layer_view *l, gm_mat a, gm_mat z, REAL *spare)
{
    (void)spare;
    const size_t in = l->w.cols, out = l->w.rows;
    /* If there is only one tile, each weight is used once and need not stay in cache. */
    const size_t most = tiles_of(z.rows, vectors_of(gm_min(out, BAND))) == 1 ? in : INPUTS_AT_ONCE;
    for (size_t i = 0, inputs; i < in; i += inputs) {
        inputs = piece_of(in - i, most);
        for (size_t first = 0; first < out; first += BAND) {
            const size_t width = gm_bands_width(layout, out, first);
            const struct tile t = {
                .l = a.data + i,
                .l_row = a.ld,
                .l_k = 1,
                .r = l->w.data + gm_bands_index(layout, out, in, first, i),
                .r_k = width,
                .c = z.data + first,
                .c_row = z.ld,
                .base = i == 0 ? l->b + first : z.data + first,
                .base_row = i == 0 ? 0 : z.ld,
                .k = inputs,
                .pieces = 1,
                .ahead = next_band(l, first, i, inputs, z.rows),
            };
            tile_rows(t, z.rows, width / LANES);
        }
    }
}

/* v with its lanes from `count` on set to 0. */
ALWAYS vec first_lanes(vec v, size_t count)
{
    static const LANE_INT numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const lane_ints number = *(const lane_ints_at *)numbers;
    const lane_ints keep = number < (LANE_INT)gm_min(count, LANES) - (lane_ints){0};
    return (vec)((lane_ints)v & keep);
}

/* Dot products of d with the weights of LANES inputs, which lie `w_row` numbers apart, summed over bands that
 * lie `w_band` apart. If there are fewer inputs, the last one is used again in the remaining lanes. */
ALWAYS vec dot_each(const REAL *w, size_t w_row, size_t inputs, const REAL *d, size_t outputs, size_t bands,
                    size_t w_band)
{
    const size_t last = (outputs - 1) / LANES * LANES, rest = outputs - last;
    vec sum[LANES] = {0};
    for (; bands > 0; bands--, w += w_band, d += BAND) {
        const vec d_end = first_lanes(load(d + last), rest);
        UNROLLED for (size_t j = 0; j < LANES; j++)
        {
            const REAL *row = w + gm_min(j, inputs - 1) * w_row;
            sum[j] += first_lanes(load(row + last), rest) * d_end;
            for (size_t o = 0; o < last; o += LANES)
                sum[j] += load(row + o) * load(d + o);
        }
    }
    return sum_each(sum);
}

/* D_prev = D W + beta D_prev        n x in = (n x out)(out x in), by dot products, LANES inputs at a time
 * Padding is masked, because multiplying it by zero would not remove a NaN. */
static void hidden_delta_of_few(const gm_layer_view *l, gm_mat d, size_t begin, REAL beta, gm_mat d_prev)
{
    const size_t in = l->w.cols, out = l->w.rows;
    for (size_t first = 0, bands; first < out; first += bands * BAND, beta = 1) {
        const size_t width = gm_bands_width(layout, out, first),
                     outputs = gm_bands_outputs(layout, out, first);
        bands = bands_from(first, out, DOTS_AT_ONCE);
        for (size_t i = 0; i < d_prev.cols; i += LANES) {
            const REAL *w = l->w.data + gm_bands_index(layout, out, in, first, begin + i);
            const size_t inputs = d_prev.cols - i;
            for (size_t r = 0; r < d.rows; r++) {
                const REAL *row = gm_row(d, r) + first;
                REAL *to = gm_row(d_prev, r) + i;
                const vec sums = outputs == BAND && inputs >= LANES /* the usual case, with constant bounds */
                                     ? dot_each(w, BAND, LANES, row, BAND, bands, BAND * in)
                                     : dot_each(w, width, inputs, row, outputs, bands, BAND * in);
                store(to, first_lanes(beta == 0 ? sums : sums + spread(beta) * load(to), inputs));
            }
        }
    }
}

/* Rows of the batch as BP2 needs them: transposed, in panels that are one tile wide. */
typedef struct panels {
    REAL *data;
    size_t length; /* numbers of each row */
    size_t rows;
} panels;

/* The panel that begins with row r of the batch. */
static gm_mat panel_of(panels p, size_t r)
{
    const size_t rows = gm_min(BAND, p.rows - r);
    return (gm_mat){p.data + r * p.length, p.length, rows, vectors_of(rows) * LANES};
}

/* D_prev^T = W^T D^T + beta D_prev^T           in x n = (in x out)(out x n)
 * for some bands of the same width and the inputs from `i` on. All panels are multiplied by this part of W
 * while it is in cache. */
static void add_bands(const gm_layer_view *l, size_t first, size_t bands, size_t i, panels dt, REAL beta,
                      panels et)
{
    const size_t in = l->w.cols, out = l->w.rows;
    const size_t width = gm_bands_width(layout, out, first), outputs = gm_bands_outputs(layout, out, first);
    const REAL *w = l->w.data + gm_bands_index(layout, out, in, first, i);
    for (size_t r = 0; r < dt.rows; r += BAND) {
        const gm_mat d = panel_of(dt, r), e = panel_of(et, r);
        const size_t vectors = d.ld / LANES;
        struct tile t = {
            .l = w,
            .l_row = width,
            .l_k = 1,
            .l_piece = BAND * in,
            .r = gm_row(d, first),
            .r_k = d.ld,
            .c = e.data,
            .c_row = e.ld,
            .beta = beta,
            .k = outputs,
            .pieces = bands,
        };
        if (r == 0 && outgrows(l, IN_L1))
            t.ahead = next_tile(w, width, tile_height(&t, vectors), outputs);
        tile_rows(t, e.rows, vectors);
    }
}

/* Writes the rows of m, transposed, into panels. */
static void write_panels(gm_mat m, panels to)
{
    for (size_t r = 0; r < m.rows; r += BAND) {
        const gm_mat panel = panel_of(to, r);
        transpose(gm_rows(m, r, panel.cols), panel.data, panel.ld);
    }
}

/* BP2 for at most ROWS_AT_ONCE rows: D_prev^T = W^T D^T + beta D_prev^T     in x n = (in x out)(out x n) */
static void hidden_delta_of_some(const gm_layer_view *l, gm_mat d, size_t begin, REAL beta, gm_mat d_prev,
                                 REAL *scratch)
{
    const size_t out = l->w.rows;
    const panels dt = {scratch, gm_bands_padded(layout, out), d.rows};
    panels et = {scratch + dt.length * ROWS_AT_ONCE, 0, d.rows};
    write_panels(d, dt);
    for (size_t i = 0; i < d_prev.cols; i += et.length) {
        /* All pieces but the last are whole vectors. Padding is written after the last one only, where it
         * belongs to the same row. */
        et.length = gm_min(vectors_of(piece_of(d_prev.cols - i, INPUTS_AT_ONCE)) * LANES, d_prev.cols - i);
        if (beta != 0)
            write_panels(gm_cols(d_prev, i, et.length), et);
        for (size_t first = 0, bands; first < out; first += bands * BAND) {
            bands = bands_from(first, out, BANDS_AT_ONCE);
            add_bands(l, first, bands, begin + i, dt, first == 0 ? beta : 1, et);
        }
        for (size_t r = 0; r < d.rows; r += BAND)
            transpose(panel_of(et, r), gm_row(d_prev, r) + i, d_prev.ld);
    }
}

/* Whether dot products are faster than transposing D. */
static bool few(const gm_layer_view *l)
{
    return l->batch <= (l->w.rows < BAND ? FEW_ROWS / 2 : FEW_ROWS);
}

/* BP2: D_prev = D W + beta D_prev          n x in = (n x out)(out x in) */
static void hidden_delta(const gm_layer_view *l, gm_mat d, size_t first, REAL beta, gm_mat d_prev,
                         REAL *scratch)
{
    if (few(l)) {
        hidden_delta_of_few(l, d, first, beta, d_prev);
        return;
    }
    for (size_t r = 0; r < d.rows; r += ROWS_AT_ONCE) {
        const size_t rows = gm_min(ROWS_AT_ONCE, d.rows - r);
        hidden_delta_of_some(l, gm_rows(d, r, rows), first, beta, gm_rows(d_prev, r, rows), scratch);
    }
}

static size_t scratch_size(size_t in, size_t out)
{
    const size_t inputs = gm_bands_padded(layout, gm_min(in, INPUTS_AT_ONCE));
    const size_t transposed = (gm_bands_padded(layout, out) + inputs) * ROWS_AT_ONCE;
    return gm_max(transposed, SAMPLES_AT_ONCE * BAND);
}

/* Sums of `vectors` vectors of columns, from column c on. */
ALWAYS void sum_columns(const int vectors, gm_mat d, size_t c, REAL *sums)
{
    vec sum[TILE_VECTORS] = {0};
    for (size_t r = 0; r < d.rows; r++) {
        UNROLLED for (int j = 0; j < vectors; j++) sum[j] += load(gm_row(d, r) + c + j * LANES);
    }
    UNROLLED for (int j = 0; j < vectors; j++) store(sums + j * LANES, sum[j]);
}

/* BP3: gb = alpha D^T 1 + beta gb          out = (n x out)^T (n) */
static void bias_gradient(const gm_layer_view *l, gm_mat d, REAL alpha, REAL beta, REAL *gb)
{
    (void)l;
    for (size_t c = 0, cols; c < d.cols; c += cols) {
        REAL sums[BAND];
        const bool wide = d.cols - c >= BAND;
        cols = wide ? BAND : gm_min(LANES, d.cols - c);
        if (wide)
            sum_columns(TILE_VECTORS, d, c, sums);
        else
            sum_columns(1, d, c, sums);
        for (size_t i = 0; i < cols; i++)
            gb[c + i] = beta == 0 ? alpha * sums[i] : alpha * sums[i] + beta * gb[c + i];
    }
}

/* Writes alpha d into a panel without gaps between its rows, which stays in the L1 cache. */
static void scale(REAL alpha, gm_mat d, REAL *panel, size_t width)
{
    for (size_t r = 0; r < d.rows; r++) {
        for (size_t c = 0; c < width; c += LANES)
            store(panel + r * width + c, spread(alpha) * load(gm_row(d, r) + c));
    }
}

/* GW^T = alpha A^T D + beta GW^T           in x out = (n x in)^T (n x out), for one band and some inputs
 * If `descent` is not NULL, W takes its step with the last of the samples. */
static void add_samples(const gm_layer_view *l, gm_mat d, gm_mat a, REAL alpha, REAL beta, gm_mat gw,
                        const gm_descent *descent, REAL *scratch)
{
    const size_t vectors = gw.ld / LANES;
    for (size_t r = 0, samples; r < d.rows; r += samples) {
        samples = gm_min(SAMPLES_AT_ONCE, d.rows - r);
        scale(alpha, gm_rows(d, r, samples), scratch, gw.ld);
        struct tile t = {
            .l = gm_row(a, r),
            .l_row = 1,
            .l_k = a.ld,
            .r = scratch,
            .r_k = gw.ld,
            .c = gw.data,
            .c_row = gw.ld,
            .beta = r == 0 ? beta : 1,
            .k = samples,
            .pieces = 1,
        };
        if (descent && r + samples == d.rows) {
            t.descent = *descent;
        } else if (t.beta == 1 && samples <= FEW_K) { /* C begins the sum: cheaper than adding it (tile.h) */
            t.base = t.c;
            t.base_row = t.c_row;
            t.beta = 0;
        }
        if (t.descent.w || outgrows(l, IN_L1))
            t.ahead = next_tile(gw.data, gw.ld, tile_height(&t, vectors), samples);
        tile_rows(t, a.cols, vectors);
    }
}

/* BP4: GW = alpha D^T A + beta GW          out x in = (n x out)^T (n x in) */
static void weight_gradient(const gm_layer_view *l, gm_mat d, gm_mat a, REAL alpha, REAL beta, gm_mat gw,
                            REAL *scratch)
{
    add_samples(l, d, a, alpha, beta, gw, NULL, scratch);
}

/* BP4: V = D^T A + momentum V + l2 W       out x in = (n x out)^T (n x in)
 *      W = keep W - rate V */
static void momentum_step(const gm_layer_view *l, gm_mat d, gm_mat a, REAL momentum, gm_mat v,
                          const gm_descent *step, REAL *scratch)
{
    add_samples(l, d, a, 1, momentum, v, step, scratch);
}

static size_t weights(size_t in, size_t out)
{
    return in * gm_bands_padded(layout, out);
}

static size_t part_count(gm_block block)
{
    return gm_bands_part_count(layout, block);
}

static gm_part part(size_t in, size_t out, gm_block block, size_t index)
{
    return gm_bands_part(layout, in, out, block, index);
}

static size_t largest_part(size_t in)
{
    return gm_min(in, INPUTS_AT_ONCE) * BAND;
}

static const gm_storage storage = {
    .own = true,
    .lanes = LANES,
    .grain = {.outputs = BAND, .inputs = 16, .biases = LANES > 4 ? LANES : 4},
    .weights = weights,
    .part_count = part_count,
    .part = part,
    .largest_part = largest_part,
};

static void pack(gm_mat w, REAL *packed)
{
    gm_pack(layout, w, packed);
}

static void unpack(const REAL *packed, gm_mat w)
{
    gm_unpack(layout, packed, w);
}

const gm_backend GM_PACKED = {
    .name = "packed",
    .summary = "weights kept in a layout of the kernels",
    .kernels = GM_ISA_NAME,
    .fast = true,
    .same_bits = true,
    .parts_by_input = true,
    .sweep = {.rows = FEW_ROWS, .outputs = SLAB, .inputs = INPUTS_AT_ONCE},
    .storage = &storage,
    .pack = pack,
    .unpack = unpack,
    .unpack_part = gm_unpack_part,
    .pack_part = gm_pack_part,
    .scratch_size = scratch_size,
    .forward = forward,
    .hidden_delta = hidden_delta,
    .bias_gradient = bias_gradient,
    .weight_gradient = weight_gradient,
    .momentum_step = momentum_step,
};
