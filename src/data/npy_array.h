/* The numbers of an NPY file, once its head is read. */
#ifndef GM_DATA_NPY_ARRAY_H
#define GM_DATA_NPY_ARRAY_H

#include "data/dataset.h"
#include "data/npy_head.h"

/* Where numbers go, as a table of rows. The reader allocates x and targets; the caller frees them with
 * gm_free, even after a failure. */
typedef struct gm_npy_array {
    gm_type type;    /* of x: GM_TYPE_F32, GM_TYPE_F64, or GM_TYPE_U8 for an array of that type */
    size_t target;   /* the column that goes to targets instead of x; head->columns: none */
    size_t features; /* columns of x; set by the reader */
    void *x;         /* head->rows x features, in the order of C */
    double *targets; /* head->rows; NULL: there is no such column */
} gm_npy_array;

/* Reads all numbers from the position behind the head, and checks that the file ends there. An array with
 * more than two dimensions becomes a row for each first index, with the others in the order of C, as
 * a.reshape(len(a), -1) does. Numbers that are not finite, or too large for f32, become infinities or NaN.
 * GM_BAD_DATA: the file is too short or too long; GM_IO; GM_LIMIT. */
gm_status gm_npy_array_read(gm_npy_array *array, const gm_npy_head *head, gm_source *source, gm_error *error);

#endif
