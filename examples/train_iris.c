/* Learns to tell irises apart: load, split, scale, train, judge, save. Run it where data/iris.csv is. */
#include <gradmill.h>
#include <stdio.h>

static const gm_layer_options layers[] = {{16, GM_RELU}, {3, GM_SOFTMAX}};

int main(void)
{
    gm_error error = {0};
    gm_dataset *all = NULL, *train = NULL, *test = NULL;
    gm_model model = {0};
    gm_engine *engine = NULL;
    gm_metrics result;
    gm_network_options network = gm_network_options_default();
    network.inputs = 4, network.layers = layers, network.layer_count = 2, network.loss = GM_CROSS_ENTROPY;
    gm_engine_options compute = gm_engine_options_default();
    compute.batch = 16, compute.optimizer = gm_optimizer_default(GM_ADAM);
    gm_train_options training = gm_train_options_default();
    training.epochs = 200;
    if (gm_dataset_load(&all, "data/iris.csv", NULL, &error) ||
        gm_dataset_split(all, 0.2, 1, &train, &test, &error) || gm_model_name_classes(&model, all, &error) ||
        gm_columns_fit(&model.columns, train, NULL, &error) ||
        gm_scaling_fit(&model.scaling, GM_SCALING_STANDARD, train, &error) ||
        gm_network_create(&model.network, &network, &error) ||
        gm_engine_create(&engine, model.network, &compute, &error) ||
        gm_train(engine, train, NULL, model.scaling, &training, NULL, &error) ||
        gm_evaluate(engine, test, model.scaling, &result, &error) ||
        gm_model_save("iris.safetensors", &model, &error))
        fprintf(stderr, "%s\n", error.message);
    else
        printf("%zu test rows, %.1f %% right\n", result.rows, 100 * result.accuracy);
    gm_engine_destroy(engine);
    gm_model_clear(&model);
    gm_dataset_destroy(test), gm_dataset_destroy(train), gm_dataset_destroy(all);
    return (int)error.status;
}
