/* Tables of names: from a name to its row, and back. */
#ifndef GM_BASE_NAMES_H
#define GM_BASE_NAMES_H

#include <stddef.h>

/* The index of `name` among `count` names, or `count` if it is not there. The first name is *first, and each
 * next one lies `stride` bytes behind the one before. */
size_t gm_find_name(const char *const *first, size_t count, size_t stride, const char *name);

/* The name with this index, or "unknown" if the index is not below `count`. */
const char *gm_name_at(const char *const *first, size_t count, size_t stride, size_t index);

#define GM_ROWS(table) (sizeof(table) / sizeof *(table))

/* The same for an array of words, and for an array of structs with a member `name`. */
#define GM_FIND_WORD(words, wanted) gm_find_name(words, GM_ROWS(words), sizeof *(words), wanted)
#define GM_WORD_AT(words, index)    gm_name_at(words, GM_ROWS(words), sizeof *(words), (size_t)(index))
#define GM_FIND_ROW(table, wanted)  gm_find_name(&(table)[0].name, GM_ROWS(table), sizeof *(table), wanted)
#define GM_ROW_NAME(table, index)                                                                            \
    gm_name_at(&(table)[0].name, GM_ROWS(table), sizeof *(table), (size_t)(index))

/* A list of names that is a function: the name of an index, NULL past the last. */
typedef const char *gm_names(size_t index);

/* The index of `name` in such a list, or the number of its names if it is not there. */
size_t gm_find_listed(gm_names *names, const char *name);

#endif
