/* Makes dead letters of rejected records. Fails where the stored headers are not in the form of record.h. */
#include "event/deadletter.h"

#include <inttypes.h>
#include <string.h>

static struct lbx_header text_header(const char *name, const char *value) {
    return (struct lbx_header){name, value, strlen(value)};
}

enum lbx_err lbx_dead_letter(const struct lbx_rejected *rejected, struct lbx_arena *arena,
                             struct lbx_record *ret_record) {
    const struct lbx_header origin[] = {
        text_header("__connect.errors.topic", rejected->topic),
        text_header("__connect.errors.partition",
                    lbx_arena_printf(arena, "%" PRId64, rejected->partition)),
        text_header("__connect.errors.offset",
                    lbx_arena_printf(arena, "%" PRId64, rejected->offset)),
        text_header("__connect.errors.exception.message", rejected->reason),
        text_header("lockbox-whole-bytes",
                    lbx_arena_printf(arena, "%" PRId64, rejected->whole_bytes)),
        text_header("lockbox-whole-hash", rejected->whole_hash ? rejected->whole_hash : ""),
    };
    enum { OF_CUT = 2, ORIGIN = sizeof origin / sizeof *origin };
    const size_t added = rejected->whole_bytes ? ORIGIN : ORIGIN - OF_CUT;
    struct lbx_header *original, *headers;
    size_t count;
    enum lbx_err err = lbx_record_headers_decode(rejected->headers, rejected->headers_len, arena,
                                                 &original, &count);
    if (err != LBX_OK)
        return err;
    headers = LBX_ARENA_ARRAY(arena, struct lbx_header, count + added);
    if (count)
        memcpy(headers, original, sizeof *headers * count);
    memcpy(headers + count, origin, sizeof *origin * added);
    *ret_record = (struct lbx_record){
        .key = rejected->record.key,
        .key_len = rejected->record.key_len,
        .value = rejected->record.value,
        .value_len = rejected->record.value_len,
        .headers = headers,
        .header_count = count + added,
    };
    return LBX_OK;
}
