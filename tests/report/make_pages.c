/* Writes report pages of invented results into the given folder. check.py opens them in a browser. */
#include "bench/output/output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static gm_environment made_up_environment(void)
{
    gm_environment e = {
        .date = "2026-01-02T03:04:05+00:00",
        .host = "</script><script>document.title='broken'</script>",
        .command = "gradmill bench step --net '<b>\"a&b\"' \xff",
        .flags = "-O3",
        .cache = {0, 49152, 1048576, 33554432},
        .peak_one = {120e9, 0},
        .peak_all = {230e9, 0},
        .gemm_one = {105e9, 0},
        .gemm_all = {200e9, 0},
        .bandwidth_one = 14e9,
        .bandwidth_all = 22e9,
    };
    e.facts.compiler = "GCC 12";
    e.facts.optimised = true;
    e.facts.cpu = (gm_cpu){.model = "Example CPU 9000", .features = "avx2 fma avx512f", .arch = "x86-64"};
    e.facts.threads = (gm_threads){4, 4, 0, 4};
    e.facts.load = 0.25;
    e.facts.blas = (gm_blas){.vendor = "OpenBLAS",
                             .path = "/usr/lib/libopenblas.so.0",
                             .core = "SkylakeX",
                             .threading = GM_BLAS_PTHREADS,
                             .threads = 4};
    gm_environment_warn(&e, "the clock is governed by \"powersave\": short runs may be timed at a low clock");
    return e;
}

/* Five samples around the seconds. */
static gm_status time_row(gm_result_row *row, double seconds, gm_error *error)
{
    const double samples[] = {seconds, seconds * 1.02, seconds * 0.99, seconds * 1.01, seconds * 0.98};
    return gm_result_samples(row, samples, NULL, 5, 10, error);
}

static gm_status fill_crossover(gm_result *result, gm_error *error)
{
    static const gm_column *const columns[] = {&gm_column_sweep,
                                               &gm_column_width,
                                               &gm_column_batch,
                                               &gm_column_backend,
                                               &gm_column_threads,
                                               &gm_column_milliseconds,
                                               &gm_column_samples_per_second,
                                               &gm_column_gflops_fine,
                                               &gm_column_among_fastest};
    static const struct {
        const char *backend;
        size_t threads;
        double peak, knee;
    } curves[] = {
        {"naive", 1, 2.1, 4}, {"naive-ikj", 1, 11, 16}, {"blas", 1, 105, 90}, {"blas", 4, 310, 400}};
    *result = gm_result_make("crossover", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "Naive loops against BLAS as the width grows");
    for (size_t width = 4; width <= 4096; width *= 2)
        for (size_t i = 0; i < 4; i++) {
            const double w = (double)width, gflops = curves[i].peak * w / (w + curves[i].knee);
            const double seconds = 6 * 64 * w * w / gflops / 1e9;
            if (i < 2 && width > 1024)
                continue;
            gm_result_row *row = gm_result_add(result, error, "crossover/width:%zu/%s/threads:%zu", width,
                                               curves[i].backend, curves[i].threads);
            if (!row || time_row(row, seconds, error) != GM_OK)
                return error->status;
            gm_result_text(result, row, &gm_column_sweep, "width");
            gm_result_number(result, row, &gm_column_width, w);
            gm_result_number(result, row, &gm_column_batch, 64);
            gm_result_text(result, row, &gm_column_backend, "%s", curves[i].backend);
            gm_result_number(result, row, &gm_column_threads, (double)curves[i].threads);
            gm_result_number(result, row, &gm_column_milliseconds, seconds * 1e3);
            gm_result_number(result, row, &gm_column_samples_per_second, 64 / seconds);
            gm_result_number(result, row, &gm_column_gflops_fine, gflops);
            if (i == 3 && width > 64)
                gm_result_text(result, row, &gm_column_among_fastest, "fastest");
        }
    gm_result_note(result, "On this machine BLAS overtakes the best loops at width %d.", 16);
    return GM_OK;
}

static gm_status fill_anatomy(gm_result *result, gm_error *error)
{
    static const gm_column *const columns[] = {&gm_column_net,          &gm_column_layer, &gm_column_kind,
                                               &gm_column_microseconds, &gm_column_share, &gm_column_gflops,
                                               &gm_column_intensity,    &gm_column_bound};
    static const struct {
        const char *layer, *kind;
        double us, gflops, intensity;
    } parts[] = {
        {"data", "gather", 31, NAN, NAN},  {"1", "forward", 262, 98, 29.8}, {"1", "activation", 21, NAN, NAN},
        {"1", "BP3", 8, 8, 0.25},          {"1", "BP4", 290, 89, 28.1},     {"2", "forward", 331, 101, 30.1},
        {"2", "activation", 20, NAN, NAN}, {"2", "BP2", 342, 98, 30.1},     {"2", "BP2 factor", 15, NAN, NAN},
        {"2", "BP3", 8, 8, 0.25},          {"2", "BP4", 380, 88, 29.1},     {"3", "forward", 9, 36, 4.6},
        {"3", "loss + BP1", 6, NAN, NAN},  {"3", "BP2", 11, 30, 4.6},       {"3", "BP4", 10, 32, 4.6},
        {"all", "wait", 44, NAN, NAN},     {"all", "step", 1757, 92, NAN},
    };
    *result = gm_result_make("anatomy", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "Where one training step goes, by layer and equation");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        gm_result_row *row = gm_result_add(result, error, "anatomy/mid/batch:64/blas/threads:4/layer:%s/%s",
                                           parts[i].layer, parts[i].kind);
        if (!row)
            return error->status;
        gm_result_text(result, row, &gm_column_net, "784-1024-1024-10");
        gm_result_text(result, row, &gm_column_layer, "%s", parts[i].layer);
        gm_result_text(result, row, &gm_column_kind, "%s", parts[i].kind);
        gm_result_number(result, row, &gm_column_microseconds, parts[i].us);
        gm_result_number(result, row, &gm_column_share, parts[i].us / 17.57);
        gm_result_number(result, row, &gm_column_gflops, parts[i].gflops);
        gm_result_number(result, row, &gm_column_intensity, parts[i].intensity);
    }
    return GM_OK;
}

static gm_status fill_scaling(gm_result *result, gm_error *error)
{
    static const gm_column *const columns[] = {&gm_column_net,     &gm_column_backend,
                                               &gm_column_threads, &gm_column_milliseconds,
                                               &gm_column_speedup, &gm_column_efficiency};
    static const char *const nets[] = {"wide", "mid", "mnist"};
    static const double serial[] = {0.03, 0.1, 0.4};
    *result = gm_result_make("scaling", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "One training step on more and more threads");
    for (size_t n = 0; n < 3; n++)
        for (size_t t = 1; t <= 8; t++) {
            const double threads = (double)t, speedup = 1 / (serial[n] + (1 - serial[n]) / threads);
            gm_result_row *row = gm_result_add(result, error, "scaling/%s/threads:%zu", nets[n], t);
            if (!row || time_row(row, 0.01 / speedup, error) != GM_OK)
                return error->status;
            row->threads = t;
            gm_result_text(result, row, &gm_column_net, "%s", nets[n]);
            gm_result_text(result, row, &gm_column_backend, "blas");
            gm_result_number(result, row, &gm_column_threads, threads);
            gm_result_number(result, row, &gm_column_milliseconds, 10 / speedup);
            gm_result_number(result, row, &gm_column_speedup, speedup);
            gm_result_number(result, row, &gm_column_efficiency, 100 * speedup / threads);
        }
    return GM_OK;
}

static gm_status fill_step(gm_result *result, gm_error *error)
{
    static const gm_column *const columns[] = {&gm_column_net,
                                               &gm_column_batch,
                                               &gm_column_backend,
                                               &gm_column_threads,
                                               &gm_column_samples_per_second,
                                               &gm_column_milliseconds,
                                               &gm_column_gflops,
                                               &gm_column_peak_share};
    static const struct {
        const char *net, *backend;
        double gflops;
    } rows[] = {{"784-1024-1024-10", "blas", 171}, {"784-1024-1024-10", "naive", 2.1},
                {"784-128-10", "blas", 61},        {"784-128-10", "naive", 2.4},
                {"784-30-10", "blas", 22},         {"784-30-10", "naive", 2.6}};
    *result = gm_result_make("step", columns, sizeof columns / sizeof *columns);
    snprintf(result->title, sizeof result->title, "One training step: forward, loss, BP1 to BP4, update");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gm_result_row *row =
            gm_result_add(result, error, "step/%s/batch:64/%s", rows[i].net, rows[i].backend);
        if (!row || time_row(row, 0.2 / rows[i].gflops, error) != GM_OK)
            return error->status;
        gm_result_text(result, row, &gm_column_net, "%s", rows[i].net);
        gm_result_number(result, row, &gm_column_batch, 64);
        gm_result_text(result, row, &gm_column_backend, "%s", rows[i].backend);
        gm_result_number(result, row, &gm_column_threads, i % 2 ? 1 : 4);
        gm_result_number(result, row, &gm_column_samples_per_second, 320 * rows[i].gflops);
        gm_result_number(result, row, &gm_column_milliseconds, 200 / rows[i].gflops);
        gm_result_number(result, row, &gm_column_gflops, rows[i].gflops);
        gm_result_number(result, row, &gm_column_peak_share, rows[i].gflops / 2.3);
    }
    gm_result_row *failed = gm_result_add(result, error, "step/784-10/batch:64/missing");
    if (!failed)
        return error->status;
    gm_result_text(result, failed, &gm_column_net, "784-10");
    gm_result_text(result, failed, &gm_column_backend, "missing");
    gm_result_fault(failed, "not installed </script>");
    gm_result_note(result, "</script><img src=x onerror=\"document.title='broken'\"> & \"quotes\"");
    return GM_OK;
}

typedef gm_status fill(gm_result *result, gm_error *error);

static gm_status write_page(const char *folder, fill *fill_in, gm_error *error)
{
    gm_result result = {0};
    const gm_environment environment = made_up_environment();
    gm_status status = fill_in(&result, error);
    if (status == GM_OK) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s.html", folder, result.benchmark);
        FILE *page = fopen(path, "w");
        if (!page)
            status = GM_IO;
        else
            status = gm_output_report(&result, &environment, page, error);
        if (page && fclose(page) != 0)
            status = GM_IO;
    }
    gm_result_clear(&result);
    return status;
}

int main(int argc, char **argv)
{
    fill *const fills[] = {fill_crossover, fill_anatomy, fill_scaling, fill_step};
    gm_error error = {0};
    gm_status status = argc == 2 ? GM_OK : GM_USAGE;
    for (size_t i = 0; i < sizeof fills / sizeof *fills && status == GM_OK; i++)
        status = write_page(argv[1], fills[i], &error);
    if (status != GM_OK)
        fprintf(stderr, "make_pages: %s %s\n", gm_status_text(status), error.message);
    return (int)status;
}
