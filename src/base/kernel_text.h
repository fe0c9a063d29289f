/* Reads small text files of the kernel, in /proc and /sys, among them files of "key: value" lines. Not
 * public. */
#ifndef GM_BASE_KERNEL_TEXT_H
#define GM_BASE_KERNEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A buffer of this size holds any of these files, except for /proc/cpuinfo, of which it holds the first
 * processors. */
#define GM_KERNEL_TEXT 8192

/* Reads the first size - 1 bytes of a file into text and terminates it; false (and text empty) if it cannot
 * be opened or read. */
bool gm_kernel_read(const char *path, char *text, size_t size);

/* The value of the first line "KEY: value", "KEY value" or "KEY\t: value"; NULL if there is none. The value
 * ends at the end of its line; there is no '\0' behind it. */
const char *gm_kernel_field(const char *text, const char *key);

/* The decimal number that text begins with; false if it begins with anything else, or the number is too
 * large. */
bool gm_kernel_number(const char *text, uint64_t *value);

/* gm_kernel_field and gm_kernel_number in one. */
bool gm_kernel_field_number(const char *text, const char *key, uint64_t *value);

/* Copies the first line of text without its end. At most size - 1 bytes are copied. */
void gm_kernel_line(char *copy, size_t size, const char *text);

/* Copies the word in brackets: "madvise" of "always [madvise] never". The copy is empty if no word is in
 * brackets or it does not fit. */
void gm_kernel_choice(char *copy, size_t size, const char *text);

#endif
