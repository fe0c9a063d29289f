/* The head of an NPY file, in which numpy.save describes an array: its type, its order and its shape
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
#ifndef GM_DATA_NPY_HEAD_H
#define GM_DATA_NPY_HEAD_H

#include "data/source.h"

#define GM_NPY_MOST_DIMENSIONS 32 /* as in NumPy 1 */

/* The types of numbers that are read. */
typedef enum gm_npy_type {
    GM_NPY_BOOL,
    GM_NPY_U8,
    GM_NPY_U16,
    GM_NPY_U32,
    GM_NPY_U64,
    GM_NPY_I8,
    GM_NPY_I16,
    GM_NPY_I32,
    GM_NPY_I64,
    GM_NPY_F16,
    GM_NPY_F32,
    GM_NPY_F64,
} gm_npy_type;

typedef struct gm_npy_head {
    const char *path; /* of the file, in messages */
    gm_npy_type type;
    size_t width; /* bytes of a number */
    bool swapped; /* they are not in the order of this machine */
    bool fortran; /* the first index changes fastest; otherwise the last one */
    size_t dimensions, sizes[GM_NPY_MOST_DIMENSIONS];
    size_t rows, columns; /* of the table: the first size, and the product of the others */
    size_t bytes;         /* of all numbers */
} gm_npy_head;

/* Whether the source begins as an NPY file does. */
bool gm_npy_recognise(const gm_source *source);

/* Reads the head, and checks it strictly: the position is then at the first number. If the size of the source
 * is known, it is that of the array to the byte. GM_BAD_DATA, GM_IO, GM_LIMIT. */
gm_status gm_npy_head_read(gm_npy_head *head, gm_source *source, gm_error *error);

/* Whether the numbers are integers or truth values. */
static inline bool gm_npy_is_whole(const gm_npy_head *head)
{
    return head->type < GM_NPY_F16;
}

/* "150 x 4", for messages. Returns buffer. */
#define GM_NPY_SHAPE 160
const char *gm_npy_shape(const gm_npy_head *head, char buffer[GM_NPY_SHAPE]);

#endif
