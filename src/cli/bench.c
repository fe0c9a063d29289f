/* gradmill bench: hands over to the benchmark room. */
#include "bench/tour.h"
#include "cli/cli.h"

#include <argp.h>

int cli_bench(int argc, char **argv)
{
    const struct argp argp = {
        .doc = "Measures training steps: naive loops against BLAS, for one wide and one narrow "
               "network."};
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    gm_error error = {0};
    cli_warn_of_setup();
    return gm_bench_tour(stdout, &error) == GM_OK ? cli_finish_output() : cli_report(&error);
}
