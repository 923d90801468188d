/* Records as the workers decode them. What is accepted is within its tables: written and read again, it is
 * the same. */
#include "event/envelope.h"

#include "record.h"

enum { MAX_BYTES = 262144 };

static void write_event(const struct lbx_event *event, struct lbx_buf *out) {
    const struct lbx_event_out again = {.type = event->type,
                                        .id = event->id,
                                        .source = event->source,
                                        .subject = event->subject ? event->subject : "",
                                        .time = event->time,
                                        .causationid = event->causationid,
                                        .trace = event->trace,
                                        .data = event->data};
    lbx_event_encode(&again, out);
}

static void comes_back(const struct lbx_record *record, const struct lbx_event *event,
                       struct lbx_arena *arena) {
    struct lbx_buf first LBX_BUF = {0}, second LBX_BUF = {0};
    struct lbx_event again;
    struct lbx_reason reason;
    if (!event->time || !event->subject || !*event->subject)
        return; /* both are ours to give when we publish */
    write_event(event, &first);
    struct lbx_record ours = *record;
    ours.headers = NULL;
    ours.header_count = 0;
    ours.value = first.data;
    ours.value_len = first.len;
    assert(lbx_event_decode(&ours, 8 * MAX_BYTES, arena, &again, &reason) == LBX_OK);
    assert(again.type == event->type && strcmp(again.id, event->id) == 0);
    write_event(&again, &second);
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

/* A store that keeps the headers keeps the leaf. */
static void leaf_is_kept(const struct lbx_record *record, struct lbx_arena *arena) {
    struct lbx_buf headers LBX_BUF = {0}, leaf LBX_BUF = {0}, again LBX_BUF = {0};
    struct lbx_record kept = *record;
    struct lbx_header *read;
    lbx_record_headers_encode(record->headers, record->header_count, &headers);
    assert(lbx_record_headers_decode(headers.data, headers.len, arena, &read, &kept.header_count) ==
           LBX_OK);
    kept.headers = read;
    lbx_record_leaf(record, &leaf);
    lbx_record_leaf(&kept, &again);
    assert(leaf.len == again.len && memcmp(leaf.data, again.data, leaf.len) == 0);
    int64_t at_us = lbx_record_time(record);
    assert(at_us == 0 || at_us / 1000 == record->timestamp_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_record of FUZZ_RECORD;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_buf bytes LBX_BUF = {0};
    struct lbx_event event;
    struct lbx_reason reason = {{0}};
    lbx_arena_init(&arena);
    fuzz_record(data, size, &of);
    lbx_event_identity(&of.record, &bytes);
    leaf_is_kept(&of.record, &arena);
    enum lbx_err err = lbx_event_decode(&of.record, MAX_BYTES, &arena, &event, &reason);
    if (err == LBX_OK)
        comes_back(&of.record, &event, &arena);
    else
        assert(reason.text[0] && strlen(reason.text) < sizeof reason.text);
    return 0;
}
