/* What the output can show: how wide it is, and with which characters. */
#ifndef GM_CLI_TERMINAL_H
#define GM_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* The columns of the terminal that this descriptor writes to; 0: it is none, or does not tell. */
size_t cli_terminal_columns(int descriptor);

/* The columns that standard output may fill: those of COLUMNS or of the terminal, but at least 80 and at most
 * 120; 80 in a pipe. */
size_t cli_output_columns(void);

/* Whether block characters can be shown: the locale's variables say UTF-8, and TERM is not that of a terminal
 * without them. */
bool cli_output_has_blocks(void);

/* The columns of a terminal that a text takes. */
size_t cli_columns_of(const char *text);

/* Parts of a table. Each prints a text in `width` columns of the terminal; a longer one is cut, and ends in a
 * mark. Blanks are held back until a text follows them in the line, so that no line ends with any. */
typedef enum cli_align { CLI_LEFT, CLI_RIGHT } cli_align;
void cli_print_fitted(const char *text, size_t width, cli_align align);
void cli_print_blanks(size_t count);
void cli_end_line(void);

/* Prints words in lines of at most `width` columns, with `indent` blanks before every line but the first.
 * `used` columns of the first line are taken. */
void cli_print_wrapped(const char *text, size_t used, size_t indent, size_t width);

#endif
