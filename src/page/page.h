/* HTML pages that are complete in themselves: their style, the library that draws curves, and data as JSON
 * are in the file, and nothing is loaded from a network. All pages have the same frame (page.html, page.css)
 * and the same helpers for charts (charts.js). A page adds its content and the script that fills it from the
 * data. */
#ifndef GM_PAGE_PAGE_H
#define GM_PAGE_PAGE_H

#include <stdio.h>

/* A piece of a page, which embed.py has made from a file. */
typedef struct gm_page_piece {
    const unsigned char *text;
    size_t size;
} gm_page_piece;

typedef struct gm_page {
    const char *title;          /* by which a file is known to be such a page; plain text */
    gm_page_piece main, script; /* the content, and what fills it */
} gm_page;

/* Writes the page with its data, a text of JSON. */
void gm_page_write(const gm_page *page, const char *json, FILE *out);

#endif
