/* Reads small text files of the kernel. */
#include "base/kernel_text.h"
#include "base/memory.h"
#include "base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool gm_kernel_read(const char *path, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t got;
    do {
        got = read(file, text + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    close(file);
    text[got < 0 ? 0 : length] = '\0';
    return got == 0;
}

const char *gm_kernel_field(const char *text, const char *key)
{
    const size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0) {
            const char *value = line + length;
            value += strspn(value, " \t");
            value += *value == ':';
            if (value > line + length)
                return value + strspn(value, " \t");
        }
    }
    return NULL;
}

bool gm_kernel_number(const char *text, uint64_t *value)
{
    char digits[24];
    const size_t length = strspn(text, "0123456789");
    if (length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    return gm_parse_u64(digits, value);
}

bool gm_kernel_field_number(const char *text, const char *key, uint64_t *value)
{
    const char *field = gm_kernel_field(text, key);
    return field && gm_kernel_number(field, value);
}

void gm_kernel_line(char *copy, size_t size, const char *text)
{
    const size_t length = gm_min(strcspn(text, "\n"), size - 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
}

void gm_kernel_choice(char *copy, size_t size, const char *text)
{
    const char *bracket = strchr(text, '[');
    const size_t length = bracket ? strcspn(bracket + 1, "]") : 0;
    copy[0] = '\0';
    if (!bracket || bracket[1 + length] == '\0' || length >= size)
        return;
    memcpy(copy, bracket + 1, length);
    copy[length] = '\0';
}
