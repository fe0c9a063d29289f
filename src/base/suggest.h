/* Suggestions for misspelt names: "did you mean --optimizer?". */
#ifndef GM_BASE_SUGGEST_H
#define GM_BASE_SUGGEST_H

#include <stddef.h>

/* The candidate that is nearest to `typed`, or NULL if none is near enough to be suggested. Candidates that
 * are NULL are skipped. If several are equally near, the first of them is returned. The result is an element
 * of `candidates`. Nothing is allocated.
 *
 * Nearness is the number of letters inserted, removed, replaced or exchanged with their neighbour (Damerau
 * 1964, as the restricted "optimal string alignment" distance). Upper and lower case are the same. At most a
 * third of the typed letters may be wrong; in a short name, one letter. If no candidate is near enough, the
 * first one that begins with the typed text is returned, provided that three letters or more were typed. */
const char *gm_suggest(const char *typed, const char *const *candidates, size_t count);

/* The end of an error message: "; did you mean adam?" for the suggestion "adam", and an empty text for NULL.
 */
typedef struct gm_question {
    char text[96];
} gm_question;

gm_question gm_did_you_mean(const char *meant);

#endif
