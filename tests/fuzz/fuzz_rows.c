/* Records as stores keep them: headers as bytes, rows as COPY sends them, and what a person is shown of
 * their bytes. */
#include "audit/event_row.h"
#include "base/utf8.h"
#include "quarantine/bytes.h"

#include "fuzz.h"

static void headers(const char *bytes, size_t len, struct lbx_arena *arena) {
    struct lbx_header *read;
    size_t count;
    struct lbx_buf out LBX_BUF = {0};
    enum lbx_err err = lbx_record_headers_decode(bytes, len, arena, &read, &count);
    assert(err == lbx_record_headers_check(bytes, len));
    if (err != LBX_OK)
        return;
    lbx_record_headers_encode(read, count, &out);
    assert(out.len == len && memcmp(out.data, bytes, len) == 0);
}

static void row(const char *bytes, size_t len, struct lbx_arena *arena) {
    const struct place place = {LBX_TOPIC_EVENTS, "lockbox.events.v1", 0};
    const char *wrong = NULL;
    struct lbx_buf scratch LBX_BUF = {0};
    struct lbx_hash of_record, of_row;
    struct row row, without_headers;
    (void)row_offset(bytes, len);
    if (!row_read(&place, bytes, len, true, arena, &row, &wrong)) {
        assert(wrong);
        return;
    }
    assert(row_read(&place, bytes, len, false, arena, &without_headers, &wrong));
    record_leaf_hash(&row.record, &scratch, &of_record);
    row_leaf_hash(&without_headers, &scratch, &of_row);
    assert(lbx_hash_equal(&of_record, &of_row));
    (void)row_columns_wrong(&row, arena);
}

static void shown(const char *bytes, size_t len, struct lbx_arena *arena) {
    struct lbx_buf out LBX_BUF = {0}, json LBX_BUF = {0};
    const struct ctl_bytes of = {bytes, len};
    ctl_bytes_show(arena, "value", of, &out);
    ctl_bytes_json(of, &json);
    assert(lbx_utf8_valid(out.data, out.len) && lbx_utf8_valid(json.data, json.len));
    for (size_t i = 0; i < out.len; i++)
        assert(out.data[i] == '\n' || (unsigned char)out.data[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    size_t len;
    char *bytes LBX_FREE = fuzz_rest(&in, &len);
    lbx_arena_init(&arena);
    headers(bytes, len, &arena);
    row(bytes, len, &arena);
    shown(bytes, len, &arena);
    return 0;
}
