/* Forward and the four equations of backpropagation, written out for a network of two layers of sigmoid
 * units. Weights and samples are those of M. Mazur's example, so every number can be compared with its text.
 *
 *     four_equations [naive | blas]        who multiplies the matrices: three loops, or a BLAS library */
#include <gradmill.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 1, IN = 2, HIDDEN = 2, OUT = 2 }; /* n samples; the units of each layer */

static const char *backend = "naive";

/* C = alpha A B + beta C. A matrix that does not fit ends the program. */
static void multiply(double alpha, gm_factor a, gm_factor b, double beta, gm_mutable_array c)
{
    gm_error error;
    if (gm_matrix_multiply(backend, alpha, a, b, beta, c, &error) != GM_OK) {
        fprintf(stderr, "four_equations: %s\n", error.message);
        exit((int)error.status);
    }
}

static void print(const char *name, const double *numbers, size_t count)
{
    printf("%-8s", name);
    for (size_t i = 0; i < count; i++)
        printf(" %.15g", numbers[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    double x[N * IN] = {.05, .10}, y[N * OUT] = {.01, .99}, ones[N] = {1}, rate = 0.5, loss = 0;
    double w1[HIDDEN * IN] = {.15, .20, .25, .30}, b1[HIDDEN] = {.35, .35};
    double w2[OUT * HIDDEN] = {.40, .45, .50, .55}, b2[OUT] = {.60, .60};
    double z1[N * HIDDEN], a1[N * HIDDEN], d1[N * HIDDEN], gw1[HIDDEN * IN], gb1[HIDDEN];
    double z2[N * OUT], a2[N * OUT], d2[N * OUT], gw2[OUT * HIDDEN], gb2[OUT];
    const gm_array X = gm_array_f64(x, N, IN), A1 = gm_array_f64(a1, N, HIDDEN),
                   one = gm_array_f64(ones, N, 1);
    const gm_array W1 = gm_array_f64(w1, HIDDEN, IN), D1 = gm_array_f64(d1, N, HIDDEN);
    const gm_array W2 = gm_array_f64(w2, OUT, HIDDEN), D2 = gm_array_f64(d2, N, OUT);
    if (argc > 1)
        backend = argv[1];

    /* Forward: Z = A_prev W^T + 1 b^T, A = f(Z) */
    multiply(1, gm_plain(one), gm_plain(gm_array_f64(b1, 1, HIDDEN)), 0, gm_mutable_f64(z1, N, HIDDEN));
    multiply(1, gm_plain(X), gm_transposed(W1), 1, gm_mutable_f64(z1, N, HIDDEN));
    for (size_t i = 0; i < N * HIDDEN; i++)
        a1[i] = 1 / (1 + exp(-z1[i]));
    multiply(1, gm_plain(one), gm_plain(gm_array_f64(b2, 1, OUT)), 0, gm_mutable_f64(z2, N, OUT));
    multiply(1, gm_plain(A1), gm_transposed(W2), 1, gm_mutable_f64(z2, N, OUT));
    for (size_t i = 0; i < N * OUT; i++)
        a2[i] = 1 / (1 + exp(-z2[i]));
    for (size_t i = 0; i < N * OUT; i++)
        loss += (y[i] - a2[i]) * (y[i] - a2[i]) / 2 / N;

    /* BP1: D = dC/dA (.) f'(Z), of the output layer */
    for (size_t i = 0; i < N * OUT; i++)
        d2[i] = (a2[i] - y[i]) / N * a2[i] * (1 - a2[i]);
    /* BP2: D_prev = (D W) (.) f'(Z_prev), with the W of the forward pass */
    multiply(1, gm_plain(D2), gm_plain(W2), 0, gm_mutable_f64(d1, N, HIDDEN));
    for (size_t i = 0; i < N * HIDDEN; i++)
        d1[i] *= a1[i] * (1 - a1[i]);
    /* BP3: dC/db = D^T 1 */
    multiply(1, gm_transposed(D2), gm_plain(one), 0, gm_mutable_f64(gb2, OUT, 1));
    multiply(1, gm_transposed(D1), gm_plain(one), 0, gm_mutable_f64(gb1, HIDDEN, 1));
    /* BP4: dC/dW = D^T A_prev */
    multiply(1, gm_transposed(D2), gm_plain(A1), 0, gm_mutable_f64(gw2, OUT, HIDDEN));
    multiply(1, gm_transposed(D1), gm_plain(X), 0, gm_mutable_f64(gw1, HIDDEN, IN));

    print("out", a2, N * OUT);
    print("loss", &loss, 1);
    print("delta 2", d2, N * OUT);
    print("delta 1", d1, N * HIDDEN);
    print("dC/db 2", gb2, OUT);
    print("dC/db 1", gb1, HIDDEN);
    print("dC/dW 2", gw2, OUT * HIDDEN);
    print("dC/dW 1", gw1, HIDDEN * IN);
    /* A step of gradient descent as one more product: W = W - rate D^T A_prev. The text leaves b as it is. */
    multiply(-rate, gm_transposed(D2), gm_plain(A1), 1, gm_mutable_f64(w2, OUT, HIDDEN));
    multiply(-rate, gm_transposed(D1), gm_plain(X), 1, gm_mutable_f64(w1, HIDDEN, IN));
    print("new W 2", w2, OUT * HIDDEN);
    print("new W 1", w1, HIDDEN * IN);
    return 0;
}
