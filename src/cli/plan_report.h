/* What `plan` shows: memory and time of a training, before it starts. */
#ifndef GM_CLI_PLAN_REPORT_H
#define GM_CLI_PLAN_REPORT_H

#include <gradmill.h>

typedef struct cli_forecast {
    gm_engine *engine; /* the engine that would train; it knows memory and plan */
    gm_optimizer_kind optimizer;
    bool stores_gradient; /* a whole one: for its bounds, or over several batches */
    size_t available;     /* bytes, before anything was allocated */
    gm_plan step;         /* of a whole batch */
    struct {
        size_t rows, epochs; /* rows 0: no training set was described */
        size_t steps;        /* of all epochs */
        double seconds;      /* of all of them, expected */
    } training;
    struct {
        double seconds; /* of a step, the median; 0: not measured */
        size_t samples;
    } measured;
} cli_forecast;

/* For humans, to stdout. */
void cli_forecast_print(const cli_forecast *forecast);

/* For machines: one JSON object to stdout. GM_LIMIT: no memory. */
gm_status cli_forecast_print_json(const cli_forecast *forecast, gm_error *error);

#endif
