/* Writes the state of a run as metadata, a text for each number, and reads it back. */
#include "train/run_state.h"
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(size_t) == sizeof(uint64_t) && sizeof(double) == sizeof(uint64_t),
               "every number of a state has 64 bits");

/* A count is written in decimal. A number that may have a fraction, or be NaN, is written as its 64 bits in
 * hexadecimal: it must come back to the last bit. */
typedef enum kind { COUNT, BITS } kind;

#define PREFIX "gradmill.state."

/* Every number of gm_run_state, once. */
static const struct {
    const char *key;
    kind kind;
    size_t offset;
} numbers[] = {
#define NUMBER(name, kind)                                                                                   \
    {                                                                                                        \
        PREFIX #name, kind, offsetof(gm_run_state, name)                                                     \
    }
#define METRICS(name)                                                                                        \
    NUMBER(name.rows, COUNT), NUMBER(name.not_finite, COUNT), NUMBER(name.loss, BITS),                       \
        NUMBER(name.accuracy, BITS), NUMBER(name.rmse, BITS)
    NUMBER(seed, COUNT),
    NUMBER(shuffle, COUNT),
    NUMBER(batch, COUNT),
    NUMBER(accumulate, COUNT),
    NUMBER(rows, COUNT),
    NUMBER(train_print, BITS),
    NUMBER(valid_print, BITS),
    NUMBER(epochs, COUNT),
    NUMBER(threads, COUNT),
    NUMBER(epoch, COUNT),
    NUMBER(step, COUNT),
    NUMBER(epoch_rows, COUNT),
    NUMBER(loss_sum, BITS),
    NUMBER(weight_sum, BITS),
    NUMBER(taken, COUNT),
    NUMBER(plateau.scale, BITS),
    NUMBER(plateau.without, COUNT),
    NUMBER(optimizer_steps, COUNT),
    NUMBER(best_epoch, COUNT),
    NUMBER(without, COUNT),
    METRICS(best),
    METRICS(valid),
    NUMBER(log_size, COUNT),
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

bool gm_run_state_write(json_t *metadata, const gm_run_state *state)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        char text[24];
        uint64_t value;
        memcpy(&value, (const char *)state + numbers[i].offset, sizeof value);
        if (numbers[i].kind == COUNT)
            snprintf(text, sizeof text, "%" PRIu64, value);
        else
            snprintf(text, sizeof text, "%016" PRIx64, value);
        if (json_object_set_new(metadata, numbers[i].key, json_string(text)) != 0)
            return false;
    }
    return true;
}

/* Sixteen digits, in lower case, and nothing else. */
static bool parse_bits(const char *text, uint64_t *value)
{
    if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return false;
    *value = strtoull(text, NULL, 16);
    return true;
}

const char *gm_run_state_read(gm_run_state *state, const json_t *metadata)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        const char *text = json_string_value(json_object_get(metadata, numbers[i].key));
        uint64_t value;
        if (!text || !(numbers[i].kind == COUNT ? gm_parse_u64(text, &value) : parse_bits(text, &value)))
            return numbers[i].key;
        memcpy((char *)state + numbers[i].offset, &value, sizeof value);
    }
    return NULL;
}
