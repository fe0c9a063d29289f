/* Suggestions for misspelt names: "did you mean --optimizer?". */
#ifndef GM_BASE_SUGGEST_H
#define GM_BASE_SUGGEST_H

#include <stddef.h>

/* The candidate that is nearest to `typed`, or NULL if none is near enough to be worth a question. Candidates
 * that are NULL are passed over; of equally near ones the first is taken. The result is borrowed from
 * `candidates`. Never allocates.
 *
 * Nearness is the number of letters inserted, removed, replaced or exchanged with their neighbour (Damerau
 * 1964, as the restricted "optimal string alignment" distance), upper and lower case being the same. At most
 * a third of the typed letters may be wrong, and one in any case. A typed beginning of three letters or more
 * also finds its candidate. */
const char *gm_suggest(const char *typed, const char *const *candidates, size_t count);

/* The end of a message, for what gm_suggest returned: "; did you mean adam?", or nothing for NULL. */
typedef struct gm_question {
    char text[96];
} gm_question;

gm_question gm_did_you_mean(const char *meant);

#endif
