/* How errors come back: every function that can fail returns a gm_status, and writes one line of text to an
 * optional gm_error. The library never prints, exits or aborts.
 *
 * How structs grow. An option struct begins with its size, and its ..._default() sets that: make every one in
 * this way. A newer library takes the options that an older program does not know at their defaults. An older
 * library refuses those that it does not know (GM_USAGE), unless they are 0. Wherever options are expected,
 * NULL stands for all defaults. ..._fill() does the same as ..._default() for a caller whose struct has
 * `size` bytes, such as a binding to another language. Other structs have room that is reserved, or they
 * change only with the name of the shared library. */
#ifndef GRADMILL_STATUS_H
#define GRADMILL_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
#define GM_BEGIN_DECLS extern "C" {
#define GM_END_DECLS   }
#else
#define GM_BEGIN_DECLS
#define GM_END_DECLS
#endif

#if defined(__GNUC__)
#define GM_API __attribute__((visibility("default")))
#else
#define GM_API
#endif

GM_BEGIN_DECLS

/* The values are the exit codes of the command, so a program can return them as they are. */
typedef enum gm_status {
    GM_OK = 0,
    GM_UNEXPECTED = 1, /* a fault of the library or of the system that has no better name */
    GM_USAGE = 2,      /* an argument that cannot mean anything: zero layers, a negative rate */
    GM_BAD_DATA = 3,   /* a data file that is not what it says it is */
    GM_BAD_MODEL = 4,  /* a model file that is not what it says it is */
    GM_IO = 5,         /* the operating system refused to open, read or write */
    GM_LIMIT = 6,      /* not enough memory, or a size that no machine has */
    GM_DIVERGED = 7,   /* the loss is no longer a finite number */
    GM_CHECK = 8,      /* a check (gradients, parity, benchmark gate) failed */
} gm_status;

/* One line: "WHERE: what; expected X, got Y; hint". Always terminated; empty while status is GM_OK. Long
 * paths lose their middle ("folder/...name.csv: cannot open"). */
typedef struct gm_error {
    gm_status status;
    char message[1000];
} gm_error;

/* The status as a short English phrase, for example "bad data file". Never NULL; static storage. */
GM_API const char *gm_status_text(gm_status status);

GM_END_DECLS

#endif
