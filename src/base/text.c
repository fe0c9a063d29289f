/* A stream that writes into memory. */
#include "base/text.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#define FIRST_CAPACITY ((size_t)16 << 10)

static bool grow(gm_text *text, size_t least)
{
    const size_t twice = gm_max(text->capacity, FIRST_CAPACITY / 2) * 2, capacity = gm_max(twice, least);
    char *data = gm_alloc(capacity, 1);
    if (!data)
        return false;
    if (text->size > 0)
        memcpy(data, text->data, text->size);
    gm_free(text->data);
    text->data = data;
    text->capacity = capacity;
    return true;
}

static ssize_t append(void *context, const char *bytes, size_t count)
{
    gm_text *text = context;
    size_t size;
    if (!gm_add(text->size, count, &size) || (size > text->capacity && !grow(text, size))) {
        text->failed = true;
        errno = ENOMEM;
        return 0;
    }
    if (count > 0)
        memcpy(text->data + text->size, bytes, count);
    text->size = size;
    return (ssize_t)count;
}

/* By itself fclose would only tell whether its own last write was possible. */
static int close_text(void *context)
{
    const gm_text *text = context;
    return text->failed ? -1 : 0;
}

FILE *gm_text_open(gm_text *text)
{
    return fopencookie(text, "w", (cookie_io_functions_t){.write = append, .close = close_text});
}

void gm_text_clear(gm_text *text)
{
    gm_free(text->data);
    *text = (gm_text){0};
}
