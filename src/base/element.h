/* Single elements of arrays whose type is known only when the program runs. */
#ifndef GM_BASE_ELEMENT_H
#define GM_BASE_ELEMENT_H

#include <gradmill/array.h>

/* Bytes of one element. */
static inline size_t gm_type_size(gm_type type)
{
    static const size_t sizes[] = {[GM_TYPE_F32] = sizeof(float),
                                   [GM_TYPE_F64] = sizeof(double),
                                   [GM_TYPE_U8] = sizeof(uint8_t),
                                   [GM_TYPE_LABEL] = sizeof(uint32_t)};
    return sizes[type];
}

/* The type of numbers of a precision. */
static inline gm_type gm_type_of(gm_precision precision)
{
    return precision == GM_F64 ? GM_TYPE_F64 : GM_TYPE_F32;
}

/* numbers[at], where `type` is GM_TYPE_F32 or GM_TYPE_F64. */
static inline double gm_get_number(const void *numbers, gm_type type, size_t at)
{
    return type == GM_TYPE_F64 ? ((const double *)numbers)[at] : (double)((const float *)numbers)[at];
}

/* numbers[at] = value, rounded to the type, which is GM_TYPE_F32 or GM_TYPE_F64. */
static inline void gm_put_number(void *numbers, gm_type type, size_t at, double value)
{
    if (type == GM_TYPE_F64)
        ((double *)numbers)[at] = value;
    else
        ((float *)numbers)[at] = (float)value;
}

/* Element (row, column) of an array of such numbers. */
static inline double gm_array_number(gm_array array, size_t row, size_t column)
{
    return gm_get_number(array.data, array.type, row * array.ld + column);
}

#endif
