/* Status names and the one place where error lines are written. */
#include "base/error.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>

gm_status gm_fail(gm_error *error, gm_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

gm_status gm_fail_memory(gm_error *error, const char *what, size_t bytes)
{
    char size[32];
    return gm_fail(error, GM_LIMIT, "no memory for %s; needed %s", what,
                   gm_format_bytes(size, sizeof size, bytes));
}

const char *gm_status_text(gm_status status)
{
    switch (status) {
    case GM_OK:
        return "done";
    case GM_UNEXPECTED:
        return "unexpected failure";
    case GM_USAGE:
        return "wrong use";
    case GM_BAD_DATA:
        return "bad data file";
    case GM_BAD_MODEL:
        return "bad model file";
    case GM_IO:
        return "input/output error";
    case GM_LIMIT:
        return "out of memory or over a limit";
    case GM_DIVERGED:
        return "training diverged";
    case GM_CHECK:
        return "a check failed";
    }
    return "unknown status";
}

const char *gm_version(void)
{
    return GM_VERSION;
}
