/* Compares BLAS libraries. Each is loaded with LD_PRELOAD into a child process of gradmill. */
#include "bench/peers/compare.h"
#include "base/error.h"
#include "bench/contest/contest_result.h"
#include "bench/peers/libraries.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ARGUMENTS 8

static const gm_column *const columns[] = {&gm_column_net,    &gm_column_batch, &gm_column_library,
                                           &gm_column_loaded, &gm_column_core,  &gm_column_threading,
                                           GM_CONTEST_COLUMNS};

struct entrant {
    gm_library library;
    const char *arguments[MOST_ARGUMENTS + 2];
};

static void enter(struct entrant *entrant, gm_contestant *c, const char *const *child)
{
    size_t count = 0;
    for (; count < MOST_ARGUMENTS && child[count]; count++)
        entrant->arguments[count] = child[count];
    entrant->arguments[count++] = entrant->library.path;
    entrant->arguments[count] = NULL;
    *c = (gm_contestant){.label = entrant->library.name,
                         .options = {.arguments = entrant->arguments, .preload = entrant->library.path}};
    if (*entrant->library.path)
        return;
    if (entrant->library.package)
        snprintf(c->fault, sizeof c->fault, "not installed (package %s)", entrant->library.package);
    else
        snprintf(c->fault, sizeof c->fault, "no such file");
}

static gm_status find_all(struct entrant *entrants, size_t *count, const gm_compare_options *options,
                          gm_error *error)
{
    gm_status status = GM_OK;
    *count = 0;
    if (options->count > GM_MOST_LIBRARIES)
        return gm_fail(error, GM_LIMIT, "--blas: %zu libraries; expected at most %d", options->count,
                       GM_MOST_LIBRARIES);
    for (size_t i = 0; i < options->count && status == GM_OK; i++)
        status = gm_library_find(&entrants[(*count)++].library, options->libraries[i], error);
    for (size_t i = 0; options->count == 0 && gm_library_known(i).name; i++) {
        entrants[*count].library = gm_library_known(i);
        *count += *entrants[*count].library.path != '\0';
    }
    if (status == GM_OK && *count == 0)
        return gm_fail(error, GM_USAGE, "--blas: no BLAS where Debian has them; name the path of one");
    return status;
}

/* "openblas-pthread/libopenblasp-r0.3.21.so": the folder tells Debian's builds apart. */
static const char *short_path(const char *path)
{
    const char *last = strrchr(path, '/');
    while (last && last > path && last[-1] != '/')
        last--;
    return last ? last : path;
}

static gm_status add_row(gm_result *result, const gm_net *net, const gm_contestant *c,
                         const gm_contestant *first, const gm_problem *problem, gm_error *error)
{
    gm_result_row *row =
        gm_result_add(result, error, "compare/%s/batch:%zu/threads:%zu/%s/%s", net->name, problem->batch,
                      problem->threads, gm_precision_name(problem->precision), c->label);
    if (!row)
        return GM_LIMIT;
    gm_result_text(result, row, &gm_column_net, "%s", net->name);
    gm_result_number(result, row, &gm_column_batch, (double)problem->batch);
    gm_result_text(result, row, &gm_column_library, "%s", c->label);
    gm_result_text(result, row, &gm_column_loaded, "%s", short_path(c->path));
    gm_result_text(result, row, &gm_column_core, "%s", c->core);
    gm_result_text(result, row, &gm_column_threading, "%s", c->threading);
    return gm_contest_cells(result, row, c, first, problem, error);
}

/* Adds notes below the table with the properties of each library. */
static void note_libraries(gm_result *result, const gm_contestant *contestants, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (*contestants[i].path)
            gm_result_note(result, "%s: %s, %s", contestants[i].label, contestants[i].path,
                           *contestants[i].detail ? contestants[i].detail : contestants[i].vendor);
}

/* The libraries that take part. */
struct field {
    struct entrant entrants[GM_MOST_LIBRARIES];
    size_t count;
    const gm_net *last; /* network, after which the libraries are described */
};

static gm_status compare_net(gm_result *result, const gm_compare_options *options, struct field *field,
                             const gm_net *net, gm_error *error)
{
    const size_t count = field->count;
    gm_contestant contestants[GM_MOST_LIBRARIES];
    gm_problem problem = gm_contest_problem(net, options->sweep, gm_net_loss(net));
    snprintf(problem.backend, sizeof problem.backend, "blas"); /* because the libraries are compared */
    const gm_contest_options contest =
        gm_contest_options_for(&problem, options->sweep->seconds, options->patience);
    for (size_t i = 0; i < count; i++)
        enter(&field->entrants[i], &contestants[i], options->child ? options->child : gm_contest_self);
    gm_status status = gm_contest_run(contestants, count, &problem, &contest, error);
    for (size_t i = 0; i < count && status == GM_OK; i++)
        status = add_row(result, net, &contestants[i], &contestants[0], &problem, error);
    if (status == GM_OK && net == field->last)
        note_libraries(result, contestants, count);
    return status;
}

gm_status gm_bench_compare(gm_result *result, gm_environment *environment, const gm_compare_options *options,
                           gm_error *error)
{
    static const char *const defaults[] = {"mid", "mnist", NULL};
    struct field field = {.count = 0};
    gm_net nets[GM_MOST_NETS];
    size_t net_count = 0;
    *result = gm_result_make("compare", columns, sizeof columns / sizeof *columns);
    gm_status status = find_all(field.entrants, &field.count, options, error);
    if (status == GM_OK)
        status = gm_bench_nets(options->sweep, defaults, nets, GM_MOST_NETS, &net_count, error);
    if (status == GM_OK)
        status = gm_bench_peaks(environment, options->sweep, error);
    for (size_t i = 0; status == GM_OK && i < net_count; i++) {
        field.last = &nets[net_count - 1];
        status = compare_net(result, options, &field, &nets[i], error);
    }
    snprintf(result->title, sizeof result->title,
             "One training step of gradmill over each BLAS, in turns; the same weights, data and losses");
    return status;
}
