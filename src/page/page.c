/* Puts a page together from the frame, which embed.py has cut at its marks, and what the page adds. */
#include "page/page.h"
#include "page/page_frame.h"

#define PUT(array) put((gm_page_piece){(array), sizeof(array)}, out)

static void put(gm_page_piece piece, FILE *out)
{
    fwrite(piece.text, 1, piece.size, out);
}

/* Writes JSON into a script element. There "<" could begin the end of the element or a comment, so it is
 * escaped. In JSON it occurs in strings only. */
static void put_safely(const char *json, FILE *out)
{
    for (; *json; json++) {
        if (*json == '<')
            fputs("\\u003c", out);
        else
            fputc(*json, out);
    }
}

void gm_page_write(const gm_page *page, const char *json, FILE *out)
{
    PUT(before_title);
    fputs(page->title, out);
    PUT(before_main);
    put(page->main, out);
    PUT(before_data);
    put_safely(json, out);
    PUT(before_script);
    put(page->script, out);
    PUT(at_the_end);
}
