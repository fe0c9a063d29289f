/* FANN as a peer: the float library, incremental training for single samples, batch training otherwise. Its
 * loss is the squared error alone, so only that is compared. */
#include "base/clock.h"
#include "bench/problem.h"

#include <floatfann.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *unsuitable(const gm_problem *p)
{
    if (p->loss != GM_HALF_SQUARES)
        return "FANN trains the squared error only";
    if (p->hidden != GM_SIGMOID || p->output != GM_SIGMOID)
        return "only sigmoid layers are the same there";
    if (p->optimizer.kind != GM_SGD)
        return "plain SGD only";
    if (p->precision != GM_F32)
        return "the float library";
    return *p->data ? "its sets are compared by steps" : NULL;
}

/* Its weights lie unit by unit, in + 1 each, the bias last. */
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

static struct fann *create(const gm_problem *p)
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

static struct fann_train_data *make_batch(gm_problem *p, size_t index)
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

/* FANN's error is a mean over samples and outputs. */
static void serve(struct fann *ann, struct fann_train_data **batches, const gm_problem *p)
{
    char command[64];
    size_t count, step = 0;
    puts("{\"ready\": true, \"name\": \"FANN 2.2\", \"detail\": \"one thread\"}");
    fflush(stdout);
    while (fgets(command, sizeof command, stdin) && sscanf(command, "step %zu", &count) == 1) {
        float error = 0;
        const uint64_t start = gm_clock();
        for (size_t i = 0; i < count; i++)
            error = fann_train_epoch(ann, batches[step++ % p->batches]);
        const double seconds = gm_clock_seconds(start, gm_clock());
        printf("{\"seconds\": %.9g, \"loss\": %.9g}\n", seconds,
               (double)error * (double)p->widths[p->width_count - 1] / 2);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    gm_problem problem;
    gm_error error;
    if (argc != 2 || gm_problem_read(&problem, argv[1], &error) != GM_OK) {
        fprintf(stderr, "%s\n", argc == 2 ? error.message : "expected a problem");
        return EXIT_FAILURE;
    }
    const char *reason = unsuitable(&problem);
    if (reason) {
        printf("{\"unsuitable\": \"%s\"}\n", reason);
        gm_problem_clear(&problem);
        return EXIT_SUCCESS;
    }
    struct fann *ann = create(&problem);
    struct fann_train_data **batches = calloc(problem.batches, sizeof *batches);
    bool complete = ann && batches;
    for (size_t i = 0; complete && i < problem.batches; i++)
        complete = (batches[i] = make_batch(&problem, i)) != NULL;
    if (complete)
        serve(ann, batches, &problem);
    else
        puts("{\"error\": \"no memory\"}");
    for (size_t i = 0; batches && i < problem.batches; i++)
        if (batches[i])
            fann_destroy_train(batches[i]);
    free(batches);
    if (ann)
        fann_destroy(ann);
    gm_problem_clear(&problem);
    return EXIT_SUCCESS;
}
