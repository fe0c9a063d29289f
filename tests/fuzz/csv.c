/* Fuzz target: any bytes as a CSV file. Six bytes choose the options, the rest is the file. */
#include "fuzz.h"

#include <math.h>

/* The class names of a model that judges the data. */
static const char *const classes[] = {"0", "1", "setosa", "a"};

/* The columns of models: with names and replacements, without them, and with categories. */
static char *words[] = {"a", "setosa"};
static gm_data_column named[] = {{.name = "x", .replacement = 0.5},
                                 {.name = "y", .replacement = -1, .first = 1}};
static gm_data_column bare[] = {{.replacement = NAN}, {.replacement = NAN, .first = 1}};
static gm_data_column mixed[] = {{.name = "x",
                                  .categories = words,
                                  .category_count = 2,
                                  .rest = true,
                                  .indicator = true,
                                  .replacement = 1},
                                 {.name = "y", .indicator = true, .replacement = 0, .first = 4}};
static gm_target_column class_column = {.name = "class", .column = 3};
static const gm_columns columns[] = {
    {.inputs = 2, .count = 2, .items = named, .target_count = 1, .targets = &class_column},
    {.inputs = 2, .count = 2, .items = bare},
    {.inputs = 6, .count = 2, .items = mixed},
};

static gm_dataset_options choose(fuzz_input *input)
{
    static const char delimiters[] = {'\0', ';', '\t', '|', ' '};
    static const char *const targets[] = {NULL, "1", "class", "none", "-1", "2", "y", "0", "9999999999"};
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = delimiters[fuzz_choice(input, sizeof delimiters)];
    options.header = (int)fuzz_choice(input, 3) - 1;
    options.target = targets[fuzz_choice(input, sizeof targets / sizeof *targets)];
    options.regression = fuzz_choice(input, 2) == 1;
    options.missing = (gm_missing)fuzz_choice(input, GM_MISSING_COUNT);
    options.precision = options.missing == GM_MISSING_MEAN ? GM_F64 : GM_F32;
    /* Its bits say whether there is a model, what the model knows, and which other columns have a role. */
    const unsigned model = fuzz_choice(input, 256);
    if (model & 8)
        options.weight = "1";
    if (model & 16) {
        options.group = "x";
        options.keep = "-1,1";
    }
    if (model & 2)
        options.columns = &columns[model & 128 ? 2 : model & 1];
    if (model & 32)
        options.ignore = model & 64 ? "y, -2" : "2";
    if (model & 64)
        options.categorical = "x,1";
    if (model & 128)
        options.numeric = "-1,y";
    options.ignore_target = model & 4;
    if (model & 1) {
        options.classes = classes;
        options.class_count = sizeof classes / sizeof *classes;
    }
    return options;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    const gm_dataset_options options = choose(&input);
    fuzz_file file = fuzz_file_make(input.bytes, input.size);
    (void)fuzz_load_dataset(file.path, &options);
    fuzz_file_close(&file);
    return 0;
}
