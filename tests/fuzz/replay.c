/* Runs a fuzz target on files, for builds without libFuzzer: replay_NAME FILE-OR-FOLDER... */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t runs;

static void run_file(const char *path, FILE *in)
{
    uint8_t *bytes = malloc(1);
    size_t size = 0, got = 0;
    do {
        size += got;
        bytes = realloc(bytes, size + BUFSIZ);
        FUZZ_REQUIRE(bytes);
        got = fread(bytes + size, 1, BUFSIZ, in);
    } while (got > 0);
    /* An exact copy, so that a sanitizer sees the first byte beyond. */
    uint8_t *const exact = malloc(size > 0 ? size : 1);
    FUZZ_REQUIRE(exact);
    memcpy(exact, bytes, size);
    free(bytes);
    printf("%s\n", path);
    fflush(stdout); /* a crash shall leave the name behind */
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    runs++;
}

static bool run_path(const char *path);

static bool run_folder(const char *path, DIR *folder)
{
    const struct dirent *entry;
    bool good = true;
    while ((entry = readdir(folder))) {
        char *name;
        if (entry->d_name[0] == '.')
            continue;
        FUZZ_REQUIRE(asprintf(&name, "%s/%s", path, entry->d_name) >= 0);
        good &= run_path(name);
        free(name);
    }
    return good;
}

static bool run_path(const char *path)
{
    DIR *const folder = opendir(path);
    if (folder) {
        const bool good = run_folder(path, folder);
        closedir(folder);
        return good;
    }
    FILE *const in = fopen(path, "rb");
    if (!in) {
        perror(path);
        return false;
    }
    run_file(path, in);
    fclose(in);
    return true;
}

int main(int argc, char **argv)
{
    bool good = argc > 1;
    for (int i = 1; i < argc; i++)
        good &= run_path(argv[i]);
    printf("%zu files\n", runs);
    return good && runs > 0 ? 0 : 1;
}
