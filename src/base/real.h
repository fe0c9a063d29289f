/* Arithmetic written once and compiled for both precisions.
 *
 * A file *_tmpl.c is compiled twice, with GM_REAL_BITS 32 and 64. In it REAL is float or double. A function
 * or table that other files can see exists once for each precision, as name_f32 and name_f64. Its header says
 * so with one line, `#define name GM_TYPED(name)`; everywhere else it is called by its plain name. Only
 * *_tmpl.c files include this header. */
#ifndef GM_BASE_REAL_H
#define GM_BASE_REAL_H

#include <stddef.h>

#if GM_REAL_BITS == 32
#define REAL           float
#define GM_TYPED(name) name##_f32
#define REAL_EPSILON   0x1p-23f
#define RMATH(name)    name##f /* the function of <math.h> for this precision */
#elif GM_REAL_BITS == 64
#define REAL           double
#define GM_TYPED(name) name##_f64
#define REAL_EPSILON   0x1p-52
#define RMATH(name)    name
#else
#error "a template file is compiled with GM_REAL_BITS = 32 or 64"
#endif

/* A borrowed row-major matrix: element (r, c) is data[r * ld + c]. */
typedef struct gm_mat {
    REAL *data;
    size_t rows, cols, ld;
} gm_mat;

static inline REAL *gm_row(gm_mat m, size_t r)
{
    return m.data + r * m.ld;
}

/* Rows [first, first + count) of m. */
static inline gm_mat gm_rows(gm_mat m, size_t first, size_t count)
{
    m.data += first * m.ld;
    m.rows = count;
    return m;
}

/* Columns [first, first + count) of m. */
static inline gm_mat gm_cols(gm_mat m, size_t first, size_t count)
{
    m.data += first;
    m.cols = count;
    return m;
}

#endif
