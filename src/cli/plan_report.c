/* Prints what `plan` has found, as a table or as JSON. */
#include "cli/plan_report.h"
#include "base/number.h"
#include "cli/json_out.h"

#include <gradmill/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Prints one line: a name, a number, and its unit and meaning in words. */
static void row(const char *what, const char *number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void row(const char *what, const char *number, const char *format, ...)
{
    va_list arguments;
    printf("%-20s %16s ", what, number);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static void count_row(const char *what, double count, const char *meaning)
{
    char number[32];
    row(what, gm_format_grouped(number, sizeof number, count, 0), "%s", meaning);
}

static void bytes_row(const char *what, size_t bytes, const char *meaning)
{
    char number[32], size[32];
    gm_format_grouped(number, sizeof number, (double)bytes, 0);
    if (bytes < 1024)
        row(what, number, "bytes: %s", meaning);
    else
        row(what, number, "bytes (%s): %s", gm_format_bytes(size, sizeof size, bytes), meaning);
}

/* Prints a time in a suitable unit. */
static void time_row(const char *what, double seconds, const char *meaning)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"days", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}};
    enum { COUNT = sizeof units / sizeof *units };
    char number[32];
    size_t unit = 0;
    while (unit + 1 < COUNT && seconds < units[unit].seconds)
        unit++;
    row(what, gm_format_short(number, sizeof number, seconds / units[unit].seconds), "%s, %s",
        units[unit].name, meaning);
}

static double flop_of(const cli_forecast *forecast)
{
    return gm_step_flop(gm_engine_network(forecast->engine), gm_engine_batch(forecast->engine));
}

static double samples_per_second(const cli_forecast *forecast, double seconds)
{
    return (double)gm_engine_batch(forecast->engine) / seconds;
}

/* Prints the time of a step, rows per second, and the speed of the arithmetic. */
static void step_rows(const cli_forecast *forecast, const char *what, double seconds, const char *meaning)
{
    char samples[32], gflops[32];
    time_row(what, seconds, meaning);
    row("", gm_format_short(samples, sizeof samples, samples_per_second(forecast, seconds)), "samples/s");
    row("", gm_format_short(gflops, sizeof gflops, flop_of(forecast) / seconds / 1e9), "GFLOP/s");
}

/* Prints "784-128-10". In a long network the widths in the middle are replaced by dots. */
static void print_widths(const gm_network *network)
{
    enum { MOST = 12 };
    const size_t count = gm_network_layer_count(network);
    printf("%zu", gm_network_inputs(network));
    for (size_t i = 0; i < count; i++) {
        if (count <= MOST || i < MOST / 2 || i >= count - MOST / 2)
            printf("-%zu", gm_network_layer(network, i).outputs);
        else if (i == MOST / 2)
            fputs("-...", stdout);
    }
}

static void print_head(const cli_forecast *forecast)
{
    const gm_network *network = gm_engine_network(forecast->engine);
    const char *kernels = gm_engine_kernels(forecast->engine);
    const size_t batch = gm_engine_batch(forecast->engine);
    print_widths(network);
    printf(", %s, %s, %s, batches of %zu row%s, backend %s", gm_loss_name(gm_network_loss(network)),
           gm_optimizer_name(forecast->optimizer), gm_precision_name(gm_network_precision(network)), batch,
           gm_plural(batch), gm_engine_backend(forecast->engine));
    printf(kernels ? " (%s)\n\n" : "\n\n", kernels);
}

/* The optimizer's copies of the parameters, and those that are kept beside them. */
static void print_state(const cli_forecast *forecast, size_t bytes)
{
    char text[96];
    snprintf(text, sizeof text, "what it remembers of each parameter%s%s",
             gm_engine_averages(forecast->engine) ? ", averaged weights" : "",
             forecast->stores_gradient ? ", a gradient" : "");
    bytes_row("optimizer state", bytes, bytes > 0 ? text : "it remembers nothing");
}

static void print_memory(const cli_forecast *forecast)
{
    const gm_memory memory = gm_engine_memory(forecast->engine);
    const size_t count = gm_network_parameter_count(gm_engine_network(forecast->engine));
    char text[64], number[32], available[32];
    snprintf(text, sizeof text, "%s weights and biases",
             gm_format_grouped(number, sizeof number, (double)count, 0));
    bytes_row("parameters", memory.parameters, text);
    bytes_row("packed copy", memory.packed,
              memory.packed > 0 ? "the same in the order of the backend" : "the backend keeps none");
    print_state(forecast, memory.optimizer);
    bytes_row("workspace", memory.workspace, "activations, deltas, a batch, what each thread needs");
    snprintf(text, sizeof text, "the data comes on top; %s are free",
             gm_format_bytes(available, sizeof available, forecast->available));
    bytes_row("in all", memory.total, text);
}

static void print_work(const cli_forecast *forecast)
{
    const size_t threads = gm_engine_threads(forecast->engine);
    count_row("arithmetic", flop_of(forecast),
              "FLOP a step: 2 for each multiply-add of forward, BP2 (none in layer 1), BP4");
    count_row("traffic", gm_step_traffic(gm_engine_network(forecast->engine), forecast->optimizer),
              "bytes a step: parameters and optimizer state, read and written");
    char number[32];
    snprintf(number, sizeof number, "%zu", forecast->step.threads);
    if (forecast->step.threads > 1)
        row("threads", number, "of %zu, each with some %s", threads,
            forecast->step.by_weights ? "weights of every wide layer" : "rows of the batch");
    else
        row("threads", number, "of %zu%s", threads, threads > 1 ? ": sharing would take longer" : "");
}

static void print_training(const cli_forecast *forecast)
{
    char meaning[128], rows[32], steps[32];
    snprintf(meaning, sizeof meaning, "predicted: %zu epoch%s of %s rows, %s steps; the steps alone",
             forecast->training.epochs, gm_plural(forecast->training.epochs),
             gm_format_grouped(rows, sizeof rows, (double)forecast->training.rows, 0),
             gm_format_grouped(steps, sizeof steps, (double)forecast->training.steps, 0));
    time_row("training", forecast->training.seconds, meaning);
}

static void print_measured(const cli_forecast *forecast)
{
    char meaning[64], ratio[32];
    snprintf(meaning, sizeof meaning, "measured: the median of %zu samples", forecast->measured.samples);
    putchar('\n');
    step_rows(forecast, "step", forecast->measured.seconds, meaning);
    row("predicted / measured",
        gm_format_grouped(ratio, sizeof ratio, forecast->step.seconds / forecast->measured.seconds, 2),
        "times");
}

void cli_forecast_print(const cli_forecast *forecast)
{
    print_head(forecast);
    print_memory(forecast);
    putchar('\n');
    print_work(forecast);
    putchar('\n');
    step_rows(forecast, "step", forecast->step.seconds, "predicted");
    if (forecast->training.rows > 0)
        print_training(forecast);
    if (forecast->measured.seconds > 0)
        print_measured(forecast);
}

static json_t *pack_layers(const gm_network *network)
{
    json_t *array = json_array();
    for (size_t i = 0; i < gm_network_layer_count(network); i++) {
        const gm_layer layer = gm_network_layer(network, i);
        array = cli_json_push(array, json_pack("{s:I, s:I, s:s}", "inputs", (json_int_t)layer.inputs,
                                               "outputs", (json_int_t)layer.outputs, "activation",
                                               gm_activation_name(layer.activation)));
    }
    return array;
}

static json_t *pack_memory(const cli_forecast *forecast)
{
    const gm_memory memory = gm_engine_memory(forecast->engine);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "parameters", (json_int_t)memory.parameters, "packed",
                     (json_int_t)memory.packed, "optimizer", (json_int_t)memory.optimizer, "workspace",
                     (json_int_t)memory.workspace, "total", (json_int_t)memory.total, "available",
                     (json_int_t)forecast->available);
}

static json_t *pack_speed(const cli_forecast *forecast, double seconds)
{
    return json_pack("{s:o, s:o, s:o}", "seconds", gm_json_real(seconds), "samples_per_second",
                     gm_json_real(samples_per_second(forecast, seconds)), "gflops",
                     gm_json_real(flop_of(forecast) / seconds / 1e9));
}

static json_t *pack_step(const cli_forecast *forecast)
{
    const gm_plan *step = &forecast->step;
    const char *partition = step->threads == 1 ? NULL : step->by_weights ? "weights" : "rows";
    return json_pack("{s:o, s:o, s:I, s:s?, s:o}", "flop", gm_json_real(flop_of(forecast)), "bytes_moved",
                     gm_json_real(gm_step_traffic(gm_engine_network(forecast->engine), forecast->optimizer)),
                     "threads", (json_int_t)step->threads, "partition", partition, "predicted",
                     pack_speed(forecast, step->seconds));
}

static json_t *pack_training(const cli_forecast *forecast)
{
    if (forecast->training.rows == 0)
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:o}", "rows", (json_int_t)forecast->training.rows, "epochs",
                     (json_int_t)forecast->training.epochs, "steps", (json_int_t)forecast->training.steps,
                     "seconds", gm_json_real(forecast->training.seconds));
}

static json_t *pack_measured(const cli_forecast *forecast)
{
    if (forecast->measured.seconds <= 0)
        return json_null();
    json_t *measured = pack_speed(forecast, forecast->measured.seconds);
    measured = cli_json_put(measured, "samples", json_integer((json_int_t)forecast->measured.samples));
    return cli_json_put(measured, "predicted_over_measured",
                        gm_json_real(forecast->step.seconds / forecast->measured.seconds));
}

gm_status cli_forecast_print_json(const cli_forecast *forecast, gm_error *error)
{
    const gm_network *network = gm_engine_network(forecast->engine);
    json_t *root = json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:s, s:s?, s:I, s:I}", "version", gm_version(), "layers",
        pack_layers(network), "loss", gm_loss_name(gm_network_loss(network)), "precision",
        gm_precision_name(gm_network_precision(network)), "optimizer", gm_optimizer_name(forecast->optimizer),
        "backend", gm_engine_backend(forecast->engine), "kernels", gm_engine_kernels(forecast->engine),
        "batch", (json_int_t)gm_engine_batch(forecast->engine), "threads",
        (json_int_t)gm_engine_threads(forecast->engine));
    root = cli_json_put(root, "parameters", json_integer((json_int_t)gm_network_parameter_count(network)));
    root = cli_json_put(root, "memory_bytes", pack_memory(forecast));
    root = cli_json_put(root, "step", pack_step(forecast));
    root = cli_json_put(root, "training", pack_training(forecast));
    root = cli_json_put(root, "measured", pack_measured(forecast));
    return cli_json_print(root, 17, error);
}
