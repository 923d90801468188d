/* Streams a batch's records into audit.event, by one COPY.
 *
 * Promises a row for each record, with NULL for members that cannot be read. Fails as COPY, with
 * the server's error, and nothing stored. */
#include "event_copy.h"

#include "sql_auditor_copy.h"

#include "io/pg.h"

#include <string.h>

enum { CHUNK = 1 << 16 };

static void hash_leaf(const struct lbx_record *record, struct lbx_buf *leaf,
                      struct lbx_hash *ret_hash) {
    lbx_buf_clear(leaf);
    lbx_record_leaf(record, leaf);
    lbx_leaf_hash(leaf->data, leaf->len, ret_hash);
}

static void add_row(struct lbx_buf *out, const struct auditor_entry *entry, int64_t received_us,
                    struct lbx_buf *headers) {
    const struct lbx_record *record = entry->record;
    const struct lbx_event_summary *summary = &entry->summary;
    lbx_buf_clear(headers);
    lbx_record_headers_encode(record->headers, record->header_count, headers);
    LBX_PG_COPY_ROW(out, auditor_copy_event, .topic = lbx_record_log(record),
                    .partition = record->partition, .offset = record->offset,
                    .kafka_timestamp = lbx_record_time(record),
                    .kafka_timestamp_ms = record->timestamp_ms, .received_at = received_us,
                    .key = {record->key, record->key_len}, .headers = {headers->data, headers->len},
                    .raw = {record->value, record->value_len}, .event_id = summary->event_id,
                    .source = summary->source, .type = summary->type, .subject = summary->subject,
                    .event_time = summary->event_time, .tenant_id = summary->tenant_id,
                    .subscription_id = summary->subscription_id, .request_id = summary->request_id,
                    .ticket_id = summary->ticket_id, .actor = summary->actor,
                    .leaf_hash = {&entry->leaf, sizeof entry->leaf},
                    .traceparent = summary->trace.parent, .tracestate = summary->trace.state);
}

static void read_entry(const struct lbx_record *record, struct lbx_arena *arena,
                       struct lbx_buf *scratch, struct auditor_entry *entry) {
    struct lbx_reason reason;
    entry->record = record;
    if (!lbx_models_reads(record->topic))
        lbx_event_summary(record, arena, &entry->summary);
    else if (lbx_event_decode_with_summary(record, arena, &entry->summary, &entry->event,
                                           &reason) != LBX_OK)
        entry->reason = lbx_arena_strdup(arena, reason.text);
    hash_leaf(record, scratch, &entry->leaf);
}

enum lbx_err auditor_event_copy(struct auditor_batch *batch, struct lbx_pg *pg,
                                struct lbx_buf *copy, struct lbx_buf *scratch) {
    const struct lbx_records *records = batch->records;
    enum lbx_err err = lbx_pg_copy_begin(pg, &sql_auditor_copy_event);
    if (err != LBX_OK)
        return err;
    lbx_buf_clear(copy);
    lbx_pg_copy_header(copy);
    for (size_t i = 0; err == LBX_OK && i < records->count; i++) {
        struct auditor_entry *entry = &batch->entries[i];
        read_entry(records->list[i], records->arena, scratch, entry);
        add_row(copy, entry, batch->received_us, scratch);
        if (copy->len >= CHUNK) {
            err = lbx_pg_copy_add(pg, copy->data, copy->len);
            lbx_buf_clear(copy);
        }
    }
    lbx_pg_copy_trailer(copy);
    if (err == LBX_OK)
        err = lbx_pg_copy_add(pg, copy->data, copy->len);
    enum lbx_err ended = lbx_pg_copy_end(pg);
    return err != LBX_OK ? err : ended;
}
