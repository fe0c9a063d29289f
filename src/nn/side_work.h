/* The pieces of work beside a step, done by the calling thread alone. */
#ifndef GM_NN_SIDE_WORK_H
#define GM_NN_SIDE_WORK_H

#include <gradmill/engine.h>

/* Does all pieces. `beside` may be NULL if there are none. */
static inline void gm_side_work_do(const gm_side_work *beside)
{
    for (size_t i = 0; beside && i < beside->pieces; i++)
        beside->piece(beside->context, i);
}

#endif
