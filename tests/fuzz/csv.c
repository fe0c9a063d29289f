/* Fuzz target: any bytes as a CSV file. Six bytes choose the options, the rest is the file. */
#include "fuzz.h"

/* The class names of a model that judges the data. */
static const char *const classes[] = {"0", "1", "setosa", "a"};

/* The columns of a model, with names and means, and without. */
static char *names[] = {"x", "y"};
static double means[] = {0.5, -1};
static const gm_columns columns[] = {
    {.features = 2, .names = names, .target = "class", .target_column = 3, .means = means}, {.features = 2}};

static gm_dataset_options choose(fuzz_input *input)
{
    static const char delimiters[] = {'\0', ';', '\t', '|', ' '};
    static const char *const targets[] = {NULL, "1", "class", "none", "-1", "2", "y", "0", "9999999999"};
    gm_dataset_options options = gm_dataset_options_default();
    options.delimiter = delimiters[fuzz_choice(input, sizeof delimiters)];
    options.header = (int)fuzz_choice(input, 3) - 1;
    options.target = targets[fuzz_choice(input, sizeof targets / sizeof *targets)];
    options.regression = fuzz_choice(input, 2) == 1;
    options.missing = (gm_missing)fuzz_choice(input, 4);
    options.precision = options.missing == GM_MISSING_MEAN ? GM_F64 : GM_F32;
    /* Its bits say whether there is a model, what the model knows, and which other columns have a role. */
    const unsigned model = fuzz_choice(input, 32);
    if (model & 8)
        options.weight = "1";
    if (model & 16)
        options.group = "x";
    if (model & 2)
        options.columns = &columns[model & 1];
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
