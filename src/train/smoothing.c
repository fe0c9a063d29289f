/* Label smoothing (Szegedy et al. 2016), as PyTorch's CrossEntropyLoss has it: a share of each row of targets
 * is divided evenly among the classes. It is a matter of the targets alone, so the loss and its derivative
 * stay as they are. */
#include "train/smoothing.h"
#include "base/error.h"

gm_status gm_smoothing_check(const gm_network *network, double smoothing, gm_error *error)
{
    const gm_loss loss = gm_network_loss(network);
    if (!(smoothing >= 0 && smoothing < 1))
        return gm_fail(error, GM_USAGE, "label_smoothing is %g; expected a number of at least 0 and below 1",
                       smoothing);
    if (smoothing > 0 && loss != GM_CROSS_ENTROPY)
        return gm_fail(error, GM_USAGE, "label smoothing needs loss cross-entropy, got %s",
                       gm_loss_name(loss));
    return GM_OK;
}

void gm_smooth_targets(gm_mutable_array y, size_t rows, double smoothing)
{
    const double kept = 1 - smoothing, even = smoothing / (double)y.cols;
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = r * y.ld; i < r * y.ld + y.cols; i++) {
            if (y.type == GM_TYPE_F64)
                ((double *)y.data)[i] = kept * ((double *)y.data)[i] + even;
            else
                ((float *)y.data)[i] = (float)(kept * (double)((float *)y.data)[i] + even);
        }
    }
}
