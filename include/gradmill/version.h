/* Which version of gradmill a program is compiled against, and which one it runs with. The macros are for the
 * preprocessor; the functions answer for the library that was loaded. */
#ifndef GRADMILL_VERSION_H
#define GRADMILL_VERSION_H

#include <gradmill/status.h>

GM_BEGIN_DECLS

/* The build refuses to configure unless these three are the version of the project in meson.build. */
#define GM_VERSION_MAJOR 0
#define GM_VERSION_MINOR 1
#define GM_VERSION_PATCH 0

/* A number that grows with the version: 1.2.3 is 10203. For example
 *     #if GM_VERSION_NUMBER >= GM_VERSION_OF(0, 2, 0) */
#define GM_VERSION_OF(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))
#define GM_VERSION_NUMBER                  GM_VERSION_OF(GM_VERSION_MAJOR, GM_VERSION_MINOR, GM_VERSION_PATCH)

/* The version as text: "0.1.0". */
#define GM_VERSION_STRING             GM_VERSION_JOIN(GM_VERSION_MAJOR, GM_VERSION_MINOR, GM_VERSION_PATCH)
#define GM_VERSION_JOIN(a, b, c)      GM_VERSION_AS_TEXT(a) "." GM_VERSION_AS_TEXT(b) "." GM_VERSION_AS_TEXT(c)
#define GM_VERSION_AS_TEXT(number)    GM_VERSION_AS_WRITTEN(number)
#define GM_VERSION_AS_WRITTEN(tokens) #tokens

/* GM_VERSION_STRING and GM_VERSION_NUMBER of the library that is loaded. Before 1.0 another minor version may
 * break the ABI. Static storage. */
GM_API const char *gm_version(void);
GM_API int gm_version_number(void);

GM_END_DECLS

#endif
