/* Tests that other programs can use a model file: PyTorch, or plain Python, computes the same outputs from
 * it. */
#include <gradmill/model.h>

#include "scratch.h"

#include <math.h>

TestSuite(model_python, .init = scratch_make, .fini = scratch_remove);

enum { INPUTS = 3, HIDDEN = 2, OUTPUTS = 2, ROWS = 2 };

static gm_network *make_network(gm_precision precision)
{
    static const gm_layer_options layers[] = {{HIDDEN, GM_TANH}, {OUTPUTS, GM_SOFTMAX}};
    gm_network_options options = gm_network_options_default();
    gm_network *network;
    options.inputs = INPUTS;
    options.layer_count = 2;
    options.layers = layers;
    options.loss = GM_CROSS_ENTROPY;
    options.precision = precision;
    cr_assert_eq(gm_network_create(&network, &options, NULL), GM_OK);
    for (size_t i = 0; i < gm_network_parameter_count(network); i++)
        gm_network_set_parameter(network, i, 1.0 / (double)(i + 3) - 0.2);
    return network;
}

/* Element o of W x + b for the layer whose parameters begin at `first`. */
static double affine(const gm_network *network, size_t first, size_t inputs, size_t outputs, size_t o,
                     const double *x)
{
    double sum = gm_network_parameter(network, first + outputs * inputs + o);
    for (size_t i = 0; i < inputs; i++)
        sum += gm_network_parameter(network, first + o * inputs + i) * x[i];
    return sum;
}

static void run_by_definition(const gm_network *network, const double *x, double *y)
{
    double hidden[HIDDEN], sum = 0;
    for (size_t o = 0; o < HIDDEN; o++)
        hidden[o] = tanh(affine(network, 0, INPUTS, HIDDEN, o, x));
    for (size_t o = 0; o < OUTPUTS; o++) {
        y[o] = exp(affine(network, HIDDEN * (INPUTS + 1), HIDDEN, OUTPUTS, o, hidden));
        sum += y[o];
    }
    for (size_t o = 0; o < OUTPUTS; o++)
        y[o] /= sum;
}

/* Saves the model and lets the script compute its outputs for the rows of inputs.csv. */
static void run_script(const gm_model *model, const char *option, double outputs[ROWS][OUTPUTS])
{
    char command[2048];
    gm_error error = {0};
    const scratch_text path = scratch_path("model.safetensors"), inputs = scratch_path("inputs.csv");
    const char *source = getenv("GM_SOURCE_DIR");
    cr_assert_not_null(source, "GM_SOURCE_DIR must name the root of the source tree");
    cr_assert_eq(gm_model_save(path.text, model, &error), GM_OK, "%s", error.message);
    snprintf(command, sizeof command, "/usr/bin/python3 -B '%s/tests/read_safetensors.py' %s '%s' '%s'",
             source, option, path.text, inputs.text);
    FILE *python = popen(command, "r");
    cr_assert_not_null(python);
    for (size_t r = 0; r < ROWS; r++)
        cr_assert_eq(fscanf(python, "%lf,%lf", &outputs[r][0], &outputs[r][1]), OUTPUTS, "%s", command);
    cr_assert_eq(pclose(python), 0);
}

Test(model_python, computes_what_the_definitions_say, .timeout = 120)
{
    static const char csv[] = "1,2,3\n-0.5,0.25,4\n";
    static const double rows[ROWS][INPUTS] = {{1, 2, 3}, {-0.5, 0.25, 4}};
    static const double shift[] = {0.5, -1, 2}, factor[] = {2, 0.25, 1};
    static const struct {
        gm_precision precision;
        const char *option;
        double tolerance;
    } cases[] = {{GM_F64, "", 1e-14}, {GM_F64, "--plain", 1e-14}, {GM_F32, "", 1e-6}};
    scratch_write(scratch_path("inputs.csv").text, csv, sizeof csv - 1);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double theirs[ROWS][OUTPUTS];
        gm_model model = {.network = make_network(cases[c].precision)};
        cr_assert_eq(gm_scaling_create(&model.scaling, GM_SCALING_STANDARD, INPUTS, shift, factor, NULL),
                     GM_OK);
        run_script(&model, cases[c].option, theirs);
        for (size_t r = 0; r < ROWS; r++) {
            double x[INPUTS], y[OUTPUTS];
            for (size_t i = 0; i < INPUTS; i++)
                x[i] = (rows[r][i] - shift[i]) * factor[i];
            run_by_definition(model.network, x, y);
            for (size_t o = 0; o < OUTPUTS; o++)
                cr_expect_float_eq(theirs[r][o], y[o], cases[c].tolerance, "case %zu", c);
        }
        gm_model_clear(&model);
    }
}
