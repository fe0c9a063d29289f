/* The formats by name. */
#include "bench/output/output.h"
#include "base/names.h"
#include "bench/output/output_parts.h"

static const struct {
    const char *name;
    gm_status (*write)(const gm_result *result, const gm_environment *environment, FILE *out,
                       gm_error *error);
} formats[] = {
    [GM_FORMAT_TABLE] = {"table", gm_output_table},
    [GM_FORMAT_MARKDOWN] = {"markdown", gm_output_markdown},
    [GM_FORMAT_CSV] = {"csv", gm_output_csv},
    [GM_FORMAT_JSON] = {"json", gm_output_json},
};

const char *gm_format_name(size_t index)
{
    return index < sizeof formats / sizeof *formats ? formats[index].name : NULL;
}

bool gm_format_from_name(const char *name, gm_format *format)
{
    const size_t index = GM_FIND_ROW(formats, name);
    if (index < GM_ROWS(formats))
        *format = (gm_format)index;
    return index < GM_ROWS(formats);
}

gm_status gm_output_write(const gm_result *result, const gm_environment *environment, gm_format format,
                          FILE *out, gm_error *error)
{
    return formats[format].write(result, environment, out, error);
}
