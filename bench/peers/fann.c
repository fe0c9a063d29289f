/* FANN as a peer: its float library, with incremental training for single samples and batch training
 * otherwise. FANN knows only the squared error, so only that loss is compared. */
#include "bench/peers/peer.h"

#include <floatfann.h>
#include <stdlib.h>

static const char *unsuitable(const gm_problem *p)
{
    if (p->loss != GM_HALF_SQUARES)
        return "FANN trains the squared error only";
    return p->output == GM_SIGMOID ? gm_peer_needs_plain(p) : "only sigmoid outputs are the same there";
}

/* Its weights are stored unit by unit: `in` weights and then the bias. */
static void set_weights(struct fann *ann, const gm_problem *p)
{
    const float *w = p->parameters;
    float *own = ann->weights;
    for (size_t l = 1; l < p->width_count; l++) {
        const size_t in = p->widths[l - 1], out = p->widths[l];
        for (size_t i = 0; i < out; i++) {
            for (size_t j = 0; j < in; j++)
                *own++ = w[i * in + j];
            *own++ = w[in * out + i];
        }
        w += in * out + out;
    }
}

static struct fann *make_network(const gm_problem *p)
{
    unsigned widths[GM_PROBLEM_WIDTHS];
    for (size_t i = 0; i < p->width_count; i++)
        widths[i] = (unsigned)p->widths[i];
    struct fann *ann = fann_create_standard_array((unsigned)p->width_count, widths);
    if (!ann)
        return NULL;
    fann_set_activation_function_hidden(ann, FANN_SIGMOID); /* 1 / (1 + exp(-2 s z)) */
    fann_set_activation_function_output(ann, FANN_SIGMOID);
    fann_set_activation_steepness_hidden(ann, 0.5F);
    fann_set_activation_steepness_output(ann, 0.5F);
    fann_set_train_error_function(ann, FANN_ERRORFUNC_LINEAR);
    fann_set_training_algorithm(ann, p->batch == 1 ? FANN_TRAIN_INCREMENTAL : FANN_TRAIN_BATCH);
    fann_set_learning_rate(ann, (float)p->optimizer.rate);
    set_weights(ann, p);
    return ann;
}

static struct fann_train_data *make_batch(const gm_problem *p, size_t index)
{
    const size_t in = p->widths[0], out = p->widths[p->width_count - 1], first = index * p->batch;
    struct fann_train_data *data = fann_create_train((unsigned)p->batch, (unsigned)in, (unsigned)out);
    for (size_t i = 0; data && i < p->batch; i++) {
        for (size_t j = 0; j < in; j++)
            data->input[i][j] = p->x[(first + i) * in + j];
        for (size_t j = 0; j < out; j++)
            data->output[i][j] = p->y[(first + i) * out + j];
    }
    return data;
}

struct pupil {
    const gm_problem *problem;
    struct fann *ann;
    struct fann_train_data **batches;
};

static void destroy(void *own)
{
    struct pupil *pupil = own;
    for (size_t i = 0; pupil->batches && i < pupil->problem->batches; i++)
        if (pupil->batches[i])
            fann_destroy_train(pupil->batches[i]);
    free(pupil->batches);
    if (pupil->ann)
        fann_destroy(pupil->ann);
    free(pupil);
}

static void *create(const gm_problem *p, char *choice, size_t size)
{
    (void)choice, (void)size; /* FANN uses one thread; there is nothing to choose */
    struct pupil *pupil = calloc(1, sizeof *pupil);
    if (!pupil)
        return NULL;
    *pupil = (struct pupil){p, make_network(p), calloc(p->batches, sizeof *pupil->batches)};
    bool complete = pupil->ann && pupil->batches;
    for (size_t i = 0; complete && i < p->batches; i++)
        complete = (pupil->batches[i] = make_batch(p, i)) != NULL;
    if (complete)
        return pupil;
    destroy(pupil);
    return NULL;
}

/* FANN's error is a mean over samples and outputs. */
static double train(void *own, size_t first, size_t count)
{
    const struct pupil *pupil = own;
    const gm_problem *p = pupil->problem;
    float error = 0;
    for (size_t i = 0; i < count; i++)
        error = fann_train_epoch(pupil->ann, pupil->batches[(first + i) % p->batches]);
    return (double)error * (double)p->widths[p->width_count - 1] / 2;
}

int main(int argc, char **argv)
{
    const gm_peer fann = {"FANN 2.2", unsuitable, create, train, destroy};
    return gm_peer_main(&fann, argc, argv);
}
