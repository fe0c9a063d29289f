/* Allocates memory that is aligned and zeroed. */
#include "base/memory.h"

#include <gradmill/system.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A block is larger than what was asked for. AddressSanitizer shall complain about the rest of it, too. */
#if defined(__has_feature)
#define GM_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define GM_ADDRESS_SANITIZER 1
#else
#define GM_ADDRESS_SANITIZER 0
#endif
#if GM_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#define FORBID(memory, size) __asan_poison_memory_region(memory, size)
#else
#define FORBID(memory, size) ((void)(memory), (void)(size))
#endif

/* A huge page has 2 MiB. Blocks from half that size on are given whole huge pages: the speed is worth the
 * unused rest of the last one. */
#define HUGE_FROM ((size_t)1 << 20)
#define HUGE_PAGE ((size_t)2 << 20)

/* The kernel grants more memory than there is, and kills a process that uses it. So before a large block is
 * allocated, the memory that is left is checked. An eighth of it is kept for smaller blocks, for which there
 * is no check. */
#define ASK_FROM ((size_t)4 << 20)

static bool has_room(size_t bytes)
{
    if (bytes < ASK_FROM)
        return true;
    const size_t room = gm_system_memory();
    return bytes <= room - room / 8;
}

void *gm_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (!gm_mul(count, size, &bytes) || !has_room(bytes))
        return NULL;
    const size_t alignment = bytes >= HUGE_FROM ? HUGE_PAGE : GM_ALIGNMENT;
    size_t padded;
    if (!gm_add(gm_max(bytes, 1), alignment - 1, &padded))
        return NULL;
    padded -= padded % alignment;
    void *memory = aligned_alloc(alignment, padded);
    if (!memory)
        return NULL;
    if (alignment == HUGE_PAGE)
        (void)madvise(memory, padded, MADV_HUGEPAGE); /* advice: refusal costs speed only */
    memset(memory, 0, padded);
    FORBID((char *)memory + bytes, padded - bytes);
    return memory;
}

void gm_free(void *memory)
{
    free(memory);
}

char *gm_strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = gm_alloc(size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}
