/* Recognises the files that gradmill's outputs may replace: its own JSON outputs and HTML pages. */
#include "bench/output/output.h"

#include <string.h>

/* Google Benchmark's files begin in the same way, but do not have the object "gradmill". */
static bool is_json(const char *head, size_t size)
{
    static const char begin[] = "{\n  \"context\": {", ours[] = "\"gradmill\": {";
    return size >= sizeof begin - 1 && memcmp(head, begin, sizeof begin - 1) == 0 &&
           memmem(head, size, ours, sizeof ours - 1);
}

static bool is_report(const char *head, size_t size)
{
    static const char begin[] = "<!doctype html>", title[] = "<title>" GM_BENCH_REPORT_TITLE "</title>";
    return size >= sizeof begin - 1 && memcmp(head, begin, sizeof begin - 1) == 0 &&
           memmem(head, size, title, sizeof title - 1);
}

const gm_file_kind gm_kind_bench_json = {"a JSON output of gradmill bench", is_json};
const gm_file_kind gm_kind_bench_report = {"a report page of gradmill bench", is_report};
