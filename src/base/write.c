/* Writing in as many calls as it takes. */
#include "base/write.h"

#include <errno.h>

bool gm_write_all(gm_write_call *call, int fd, const void *data, size_t size)
{
    const char *from = data;
    while (size > 0) {
        const ssize_t done = call(fd, from, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO; /* or this loop would never end */
        if (done <= 0)
            return false;
        from += done;
        size -= (size_t)done;
    }
    return true;
}
