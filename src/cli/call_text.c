/* Writes a BLAS call as text, with the names that the equation has for its matrices. */
#include "cli/explanation.h"

#include <stdio.h>
#include <string.h>

/* What an equation calls the operands of gemm (C = op(A) op(B)), gemv (y = op(A) x) and ger (A += x y^T). In
 * double precision, in which examples are computed, forward is never computed as its transpose (blas_tmpl.c).
 */
struct operands {
    const char *gemm[3], *gemv[3], *ger[3];
};

static const struct operands operands[] = {
    [GM_FORWARD] = {{"A_prev", "W", "Z"}, {"W", "a_prev", "z"}, {"", "", ""}},
    [GM_HIDDEN_DELTA] = {{"D", "W", "D_prev"}, {"W", "d", "d_prev"}, {"", "", ""}},
    [GM_BIAS_GRADIENT] = {{"", "", ""}, {"D", "1", "gb"}, {"", "", ""}},
    [GM_WEIGHT_GRADIENT] = {{"D", "A_prev", "GW"}, {"", "", ""}, {"d", "a_prev", "GW"}},
};

static const char *trans(char letter)
{
    return letter == 'T' ? "Trans" : "NoTrans";
}

void cli_call_text(const gm_call *c, char *text, size_t size)
{
    const struct operands *o = &operands[c->equation];
    if (strstr(c->routine, "gemm"))
        snprintf(text, size,
                 "%s(RowMajor, %s, %s, m=%zu, n=%zu, k=%zu, alpha=%g, %s, lda=%zu, %s, ldb=%zu, beta=%g, %s, "
                 "ldc=%zu)",
                 c->routine, trans(c->trans_a), trans(c->trans_b), c->m, c->n, c->k, c->alpha, o->gemm[0],
                 c->lda, o->gemm[1], c->ldb, c->beta, o->gemm[2], c->ldc);
    else if (strstr(c->routine, "gemv"))
        snprintf(text, size,
                 "%s(RowMajor, %s, m=%zu, n=%zu, alpha=%g, %s, lda=%zu, %s, incx=%zu, beta=%g, %s, incy=%zu)",
                 c->routine, trans(c->trans_a), c->m, c->n, c->alpha, o->gemv[0], c->lda, o->gemv[1], c->ldb,
                 c->beta, o->gemv[2], c->ldc);
    else
        snprintf(text, size, "%s(RowMajor, m=%zu, n=%zu, alpha=%g, %s, incx=%zu, %s, incy=%zu, %s, lda=%zu)",
                 c->routine, c->m, c->n, c->alpha, o->ger[0], c->lda, o->ger[1], c->ldb, o->ger[2], c->ldc);
}
