/* Compares the files that a command line names, and reserves the outputs. files.h has the rules. */
#include "cli/files.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/durable.h"

#include <gradmill/dataset.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_OUTPUTS 4

static gm_durable_lock locks[MOST_OUTPUTS];
static volatile size_t lock_count;

/* The file that a path leads to. */
struct identity {
    const char *option;
    const char *path; /* NULL: standard output */
    bool known;       /* it exists, or at least its folder does */
    bool exists;      /* device and inode are those of the file; otherwise those of its folder */
    dev_t device;
    ino_t inode;
    const char *name; /* in that folder */
};

static void take_numbers(struct identity *identity, const struct stat *about)
{
    identity->known = true;
    identity->device = about->st_dev;
    identity->inode = about->st_ino;
}

/* A file that does not exist yet is identified by its folder and its name in it. */
static void identify_new(struct identity *identity)
{
    struct stat about;
    const char *slash = strrchr(identity->path, '/');
    identity->name = slash ? slash + 1 : identity->path;
    char *folder = gm_strdup(slash ? identity->path : ".");
    if (!folder)
        return; /* no memory: the next step needs more of it and reports the error */
    if (slash)
        folder[slash + 1 - identity->path] = '\0';
    if (stat(folder, &about) == 0)
        take_numbers(identity, &about);
    gm_free(folder);
}

static struct identity identify(const char *option, const char *path)
{
    struct stat about;
    struct identity identity = {.option = option, .path = path};
    const bool standard = strcmp(path, "-") == 0;
    if ((standard ? fstat(STDIN_FILENO, &about) : stat(path, &about)) == 0) {
        take_numbers(&identity, &about);
        identity.exists = true;
    } else if (!standard) {
        identify_new(&identity);
    }
    return identity;
}

static bool same_file(const struct identity *a, const struct identity *b)
{
    return a->known && b->known && a->exists == b->exists && a->device == b->device && a->inode == b->inode &&
           (a->exists || strcmp(a->name, b->name) == 0);
}

static gm_status compare(const struct identity *output, const char *option, const char *path, gm_error *error)
{
    const struct identity other = identify(option, path);
    if (!same_file(output, &other))
        return GM_OK;
    const bool named = output->path != NULL;
    return gm_fail(error, GM_USAGE, "%s%s%s: the same file as %s %s; %s", output->option, named ? " " : "",
                   named ? output->path : "", option, path,
                   named ? "it was left as it is; give another name" : "send it to another file");
}

/* Compares the output with the files that would be read from a directory. */
static gm_status compare_directory(const struct identity *output, const cli_input *input, gm_error *error)
{
    gm_dataset_files *files = gm_alloc(1, sizeof *files);
    if (!files)
        return gm_fail_memory(error, "the names of files", sizeof *files);
    gm_status status = GM_OK;
    if (gm_dataset_find(input->path, files, NULL) ==
        GM_OK) { /* if it fails, reading the directory will report why */
        const char *const paths[] = {files->train, files->train_labels, files->test, files->test_labels};
        for (size_t i = 0; i < sizeof paths / sizeof *paths && status == GM_OK; i++)
            if (*paths[i])
                status = compare(output, input->option, paths[i], error);
    }
    gm_free(files);
    return status;
}

/* The i-th file of an input; the first one is number 0. NULL: it was not given. */
static const char *path_of(const cli_input *input, size_t i)
{
    return i == 0 ? input->path : input->more[i - 1];
}

static gm_status compare_inputs(const struct identity *output, const cli_input *inputs, size_t count,
                                gm_error *error)
{
    gm_status status = GM_OK;
    for (size_t i = 0; i < count && status == GM_OK; i++) {
        struct stat about;
        if (!inputs[i].path)
            continue;
        const bool directory = stat(inputs[i].path, &about) == 0 && S_ISDIR(about.st_mode);
        if (directory)
            status = compare_directory(output, &inputs[i], error);
        for (size_t j = directory; j <= inputs[i].more_count && status == GM_OK; j++)
            status = compare(output, inputs[i].option, path_of(&inputs[i], j), error);
    }
    return status;
}

/* Identifies standard output as one of the outputs. False if it is not a regular file. */
static bool identify_standard_output(struct identity *identity)
{
    struct stat about;
    *identity = (struct identity){.option = "standard output", .exists = true};
    if (fstat(STDOUT_FILENO, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    take_numbers(identity, &about);
    return true;
}

static gm_status compare_all(const cli_output *outputs, size_t output_count, const cli_input *inputs,
                             size_t input_count, gm_error *error)
{
    struct identity standard;
    const bool regular = identify_standard_output(&standard);
    gm_status status = regular ? compare_inputs(&standard, inputs, input_count, error) : GM_OK;
    for (size_t i = 0; i < output_count && status == GM_OK; i++) {
        if (!outputs[i].path)
            continue;
        const struct identity output = identify(outputs[i].option, outputs[i].path);
        status = compare_inputs(&output, inputs, input_count, error);
        if (status == GM_OK && regular)
            status = compare(&standard, outputs[i].option, outputs[i].path, error);
        for (size_t j = 0; j < i && status == GM_OK; j++)
            if (outputs[j].path)
                status = compare(&output, outputs[j].option, outputs[j].path, error);
    }
    return status;
}

/* Refuses to read standard input twice, because what was read is gone. */
static gm_status check_standard_input(const cli_input *inputs, size_t count, gm_error *error)
{
    const char *first = NULL;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; inputs[i].path && j <= inputs[i].more_count; j++) {
            if (strcmp(path_of(&inputs[i], j), "-") != 0)
                continue;
            if (first)
                return gm_fail(error, GM_USAGE, "%s - and %s -: standard input can be read once only", first,
                               inputs[i].option);
            first = inputs[i].option;
        }
    }
    return GM_OK;
}

gm_status cli_files_claim(const cli_output *outputs, size_t output_count, const cli_input *inputs,
                          size_t input_count, gm_error *error)
{
    gm_status status = check_standard_input(inputs, input_count, error);
    if (status == GM_OK)
        status = compare_all(outputs, output_count, inputs, input_count, error);
    for (size_t i = 0; i < output_count && status == GM_OK; i++)
        if (outputs[i].path)
            status = gm_durable_probe(outputs[i].path, outputs[i].kind, error);
    for (size_t i = 0; i < output_count && status == GM_OK; i++) {
        if (!outputs[i].path || outputs[i].locks)
            continue;
        status = gm_durable_lock_take(&locks[lock_count], outputs[i].path, error);
        if (status == GM_OK)
            lock_count++;
    }
    if (status != GM_OK)
        cli_files_release();
    return status;
}

void cli_files_release(void)
{
    while (lock_count > 0) {
        const size_t last = lock_count - 1;
        gm_durable_lock_release(&locks[last]);
        lock_count = last;
    }
}
