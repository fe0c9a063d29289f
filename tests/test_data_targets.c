/* Tests regressions with several targets in one CSV file: which columns they are, and how a file for the
 * model is matched. */
#include "data_files.h"

TestSuite(data_targets, .init = make_folder, .fini = remove_folder);

static const char table[] = "a,p,b,q\n1,10,2,20\n3,30,4,40\n5,50,6,60\n";

static gm_dataset_options targets(const char *list)
{
    gm_dataset_options options = gm_dataset_options_default();
    options.target = list;
    options.regression = true;
    return options;
}

static void expect_target(const gm_dataset *d, size_t row, double first, double second)
{
    cr_assert_eq(gm_dataset_targets(d), 2);
    cr_expect_eq(gm_table_value(d->table, row, 0), first);
    cr_expect_eq(gm_table_value(d->table, row, 1), second);
}

Test(data_targets, are_named_in_the_order_of_the_outputs)
{
    static const char *const lists[] = {"q,p", "4,2", "-1, p"};
    for (size_t i = 0; i < 3; i++) {
        const gm_dataset_options options = targets(lists[i]);
        gm_dataset *d = load_text(table, &options);
        cr_expect_eq(gm_dataset_features(d), 2);
        cr_expect_str_eq(gm_dataset_feature_name(d, 1), "b");
        cr_expect_str_eq(gm_dataset_target_name(d, 0), "q");
        cr_expect_str_eq(gm_dataset_target_name(d, 1), "p");
        cr_expect_null(gm_dataset_target_name(d, 2));
        expect_target(d, 1, 40, 30);
        gm_dataset_destroy(d);
    }
}

Test(data_targets, a_name_may_have_a_comma_in_it)
{
    const gm_dataset_options options = targets("p,q");
    gm_dataset *d = load_text("a,\"p,q\"\n1,10\n3,30\n", &options);
    cr_expect_eq(gm_dataset_targets(d), 1);
    cr_expect_str_eq(gm_dataset_target_name(d, 0), "p,q");
    gm_dataset_destroy(d);
}

Test(data_targets, that_cannot_be)
{
    static const struct {
        const char *list, *line;
    } cases[] = {
        {"p,p", "data.csv:1: target 'p' is named twice"},
        {"p,2", "data.csv:1: target '2' is named twice"},
        {"p,none", "data.csv:1: target 'none' is no column"},
        {"p,r", "data.csv:1: no target column 'r'; expected a name of the header"},
        {"p,", "data.csv:1: no target column ''"},
    };
    char *path = write_file("data.csv", table, sizeof table - 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gm_dataset_options options = targets(cases[i].list);
        expect_refusal(path, &options, GM_BAD_DATA, cases[i].line);
    }
    gm_dataset_options options = targets("p,q");
    options.group = "q";
    expect_refusal(path, &options, GM_BAD_DATA, "column 'q' is the target; it cannot name groups, too");
    options.group = NULL;
    options.ignore = "q";
    expect_refusal(path, &options, GM_BAD_DATA, "column 4, 'q', is the target; it cannot be ignored, too");
    options.ignore = NULL;
    options.regression = false;
    expect_refusal(path, &options, GM_BAD_DATA, "several are for --regression");
    free(path);
    path = write_file("data.csv", "a,p,q\n1,2,x\n3,4,5\n", 19);
    options = targets("p,q");
    expect_refusal(path, &options, GM_BAD_DATA, "data.csv:2:5: column 3 ('q'); expected a decimal number");
    free(path);
}

Test(data_targets, a_missing_one_is_never_made_up)
{
    gm_dataset_options options = targets("p,q");
    options.missing = GM_MISSING_MEAN;
    char *path = write_file("data.csv", "a,p,q\n1,2,\n3,4,5\n", 17);
    expect_refusal(path, &options, GM_BAD_DATA,
                   "column 3 ('q'); expected a value, got an empty cell; targets are never");
    options.missing = GM_MISSING_DROP;
    gm_dataset *d = expect_load(path, &options);
    cr_expect_eq(gm_dataset_rows(d), 1);
    expect_target(d, 0, 4, 5);
    gm_dataset_destroy(d);
    free(path);
}

static gm_columns *learn(const char *text, const char *list)
{
    gm_error error = {0};
    gm_columns *columns = NULL;
    const gm_dataset_options options = targets(list);
    gm_dataset *d = load_text(text, &options);
    cr_assert_eq(gm_columns_fit(&columns, d, NULL, &error), GM_OK, "%s", error.message);
    cr_assert_eq(columns->target_count, 2);
    gm_dataset_destroy(d);
    return columns;
}

Test(data_targets, of_a_model_by_name)
{
    gm_columns *columns = learn(table, "q,p");
    gm_dataset_options options = targets(NULL);
    options.columns = columns;
    gm_dataset *d = load_text("q,b,extra,a,p\n20,2,0,1,10\n40,4,0,3,30\n", &options);
    expect_target(d, 1, 40, 30);
    gm_dataset_destroy(d);
    char *path = write_file("data.csv", "a,b,q\n1,2,3\n", 12);
    expect_refusal(path, &options, GM_BAD_DATA, "the model needs 1 column that is not there: 'p'");
    options.ignore_target = true;
    d = expect_load(path, &options);
    cr_expect_eq(gm_dataset_targets(d), 0);
    gm_dataset_destroy(d);
    free(path);
    gm_columns_destroy(columns);
}

Test(data_targets, of_a_model_by_position)
{
    gm_columns *columns = learn("1,10,2,20\n3,30,4,41\n5,50,6,60\n", "4,2");
    gm_dataset_options options = targets(NULL);
    options.columns = columns;
    gm_dataset *d = load_text("1,10,2,20\n3,30,4,40\n", &options);
    expect_target(d, 1, 40, 30);
    bool told = false;
    for (size_t i = 0; gm_dataset_remark(d, i); i++)
        told |= strstr(gm_dataset_remark(d, i), "by position") &&
                strstr(gm_dataset_remark(d, i), "2 columns are the targets");
    cr_expect(told);
    gm_dataset_destroy(d);
    options.ignore_target = true;
    d = load_text("1,10,2,20\n3,30,4,40\n", &options);
    cr_expect_eq(gm_dataset_features(d), 2);
    cr_expect_eq(gm_dataset_targets(d), 0);
    gm_dataset_destroy(d);
    d = load_text("1,2\n3,4\n", &options);
    cr_expect_eq(gm_dataset_targets(d), 0);
    gm_dataset_destroy(d);
    options.ignore_target = false;
    char *path = write_file("data.csv", "1,2\n3,4\n", 8);
    expect_refusal(path, &options, GM_BAD_DATA,
                   "2 columns; expected 2 features and the 2 targets of the model");
    free(path);
    path = write_file("data.csv", "1,2,3\n3,4,5\n", 12);
    expect_refusal(path, &options, GM_BAD_DATA,
                   "3 columns; expected 2, the features of the model, or 4 with the target");
    free(path);
    gm_columns_destroy(columns);
}

/* A model says where its targets stood; a damaged one may say the same place twice. */
Test(data_targets, at_one_place_are_no_targets)
{
    gm_columns *columns = learn("1,10,2,20\n3,30,4,41\n5,50,6,60\n", "4,2");
    columns->targets[1].column = columns->targets[0].column;
    gm_dataset_options options = targets(NULL);
    options.columns = columns;
    char *path = write_file("data.csv", "1,10,2,20\n3,30,4,40\n", 20);
    expect_refusal(path, &options, GM_BAD_DATA, "4 columns; expected 2, the features of the model");
    free(path);
    gm_columns_destroy(columns);
}
