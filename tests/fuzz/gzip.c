/* Fuzz target: gzip. The first byte says what is done with the rest; the next two (low byte first) are an
 * offset, called the place.
 *
 *   0  it is the file, whatever it is
 *   1  it is compressed: the file must read as the plain bytes do
 *   2  it is compressed as two members, divided at the place: the same
 *   3  it is compressed, and the file is cut at the place: never read
 *   4  the bytes behind the place are compressed, those before it follow as garbage: never read */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { RAW, WHOLE, MEMBERS, CUT, GARBAGE, FORMS };

typedef struct packed {
    uint8_t *bytes;
    size_t size;
} packed;

static void add_room(packed *file, size_t room)
{
    uint8_t *const larger = realloc(file->bytes, file->size + room);
    FUZZ_REQUIRE(larger);
    file->bytes = larger;
}

static void add_bytes(packed *file, fuzz_input input)
{
    add_room(file, input.size + 1);
    if (input.size > 0)
        memcpy(file->bytes + file->size, input.bytes, input.size);
    file->size += input.size;
}

/* Appends one gzip member. */
static void add_member(packed *file, fuzz_input input)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)input.bytes, .avail_in = (uInt)input.size};
    FUZZ_REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    const size_t room = deflateBound(&stream, (uLong)input.size);
    add_room(file, room);
    stream.next_out = file->bytes + file->size;
    stream.avail_out = (uInt)room;
    FUZZ_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    file->size += stream.total_out;
    deflateEnd(&stream);
}

static gm_status load(const void *bytes, size_t size, gm_dataset **dataset)
{
    const gm_dataset_options options = gm_dataset_options_default();
    fuzz_file file = fuzz_file_make(bytes, size);
    const gm_status status = fuzz_load_kept(dataset, file.path, &options);
    fuzz_file_close(&file);
    return status;
}

static bool is_gzip(fuzz_input input)
{
    return input.size >= 2 && input.bytes[0] == 0x1F && input.bytes[1] == 0x8B;
}

/* Checks that both files are refused, or both have the same contents. (A database is refused for other
 * reasons if it is compressed: then no query could read it.) */
static void require_same(fuzz_input plain, const packed *file)
{
    gm_dataset *a, *b;
    const gm_status status = load(plain.bytes, plain.size, &a);
    FUZZ_REQUIRE((load(file->bytes, file->size, &b) == GM_OK) == (status == GM_OK));
    if (status == GM_OK) {
        FUZZ_REQUIRE(gm_dataset_rows(a) == gm_dataset_rows(b));
        FUZZ_REQUIRE(gm_dataset_features(a) == gm_dataset_features(b));
        FUZZ_REQUIRE(gm_dataset_targets(a) == gm_dataset_targets(b));
    }
    gm_dataset_destroy(a);
    gm_dataset_destroy(b);
}

static void require_refused(const packed *file)
{
    gm_dataset *dataset;
    FUZZ_REQUIRE(load(file->bytes, file->size, &dataset) != GM_OK);
}

static void use_garbage(packed *file, fuzz_input garbage, fuzz_input content)
{
    add_member(file, content);
    add_bytes(file, garbage);
    if (garbage.size > 0 && !is_gzip(garbage))
        require_refused(file);
}

static void use(unsigned form, size_t place, fuzz_input input)
{
    packed file = {0};
    fuzz_input rest = input;
    const fuzz_input front = fuzz_take(&rest, place);
    switch (form) {
    case WHOLE:
        add_member(&file, input);
        require_same(input, &file);
        break;
    case MEMBERS:
        add_member(&file, front);
        add_member(&file, rest);
        require_same(input, &file);
        break;
    case CUT:
        add_member(&file, input);
        file.size = place % file.size;
        require_refused(&file);
        break;
    case GARBAGE:
        use_garbage(&file, front, rest);
        break;
    }
    free(file.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = {bytes, size};
    gm_dataset *dataset;
    const unsigned form = fuzz_choice(&input, FORMS);
    const fuzz_input place = fuzz_take(&input, 2);
    if (place.size < 2)
        return 0;
    if (form == RAW) {
        (void)load(input.bytes, input.size, &dataset);
        gm_dataset_destroy(dataset);
    } else if (!is_gzip(input)) { /* gzip within gzip is refused on purpose */
        use(form, place.bytes[0] + 256U * place.bytes[1], input);
    }
    return 0;
}
