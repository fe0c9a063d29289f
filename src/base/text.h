/* A stream that writes into memory. open_memstream of the C library cannot be used where a failed allocation
 * has to be noticed: glibc drops what did not fit, and neither ferror nor fclose says so. */
#ifndef GM_BASE_TEXT_H
#define GM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct gm_text {
    char *data; /* size bytes, without a 0 at the end; NULL while size is 0 */
    size_t size, capacity;
    bool failed; /* something did not fit into memory */
} gm_text;

/* A stream that appends to *text, which must be {0} and stay where it is until fclose. fclose is not 0 if
 * anything that was written did not fit into memory. NULL without memory. */
FILE *gm_text_open(gm_text *text);
void gm_text_clear(gm_text *text);

#endif
