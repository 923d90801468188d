/* Streams a batch's records into audit.event, one COPY a batch.
 *
 * Promises: a row for each record, whatever it holds; what is no event has NULL for what cannot be
 * read. Fails as COPY does: with the server's error, and nothing stored.
 */
#include "event_copy.h"

#include "sql_auditor_copy.h"

#include "io/pg.h"

#include <string.h>

enum { COLUMNS = 19, CHUNK = 1 << 16 };

/* ---- COPY's binary form ---- */

void auditor_copy_header(struct lbx_buf *out) {
    static const char signature[11] = "PGCOPY\n\377\r\n"; /* its NUL belongs to it */
    lbx_buf_add(out, signature, sizeof signature);
    lbx_buf_be32(out, 0); /* flags */
    lbx_buf_be32(out, 0); /* no extension */
}

void auditor_copy_end(struct lbx_buf *out) {
    lbx_buf_be16(out, UINT16_MAX);
}

/* ---- events ---- */

static void hash_leaf(const struct lbx_record *record, struct lbx_buf *leaf,
                      struct lbx_hash *ret_hash) {
    lbx_buf_clear(leaf);
    lbx_record_leaf(record, leaf);
    lbx_leaf_hash(leaf->data, leaf->len, ret_hash);
}

static void add_headers(struct lbx_buf *out, const struct lbx_record *record,
                        struct lbx_buf *scratch) {
    lbx_buf_clear(scratch);
    lbx_record_headers_encode(record->headers, record->header_count, scratch);
    lbx_buf_field(out, scratch->data, scratch->len);
}

static void add_row(struct lbx_buf *out, const struct auditor_entry *entry, int64_t received_us,
                    struct lbx_buf *scratch) {
    const struct lbx_record *record = entry->record;
    const struct lbx_event_summary *summary = &entry->summary;
    lbx_buf_be16(out, COLUMNS);
    lbx_buf_field_str(out, record->topic_name);
    lbx_pg_put_int32(out, record->partition);
    lbx_pg_put_int64(out, record->offset);
    lbx_pg_put_time(out, record->timestamp_ms * 1000);
    lbx_pg_put_time(out, received_us);
    lbx_buf_field(out, record->key, record->key_len);
    add_headers(out, record, scratch);
    lbx_buf_field(out, record->value, record->value_len);
    lbx_buf_field_str(out, summary->event_id);
    lbx_buf_field_str(out, summary->source);
    lbx_buf_field_str(out, summary->type);
    lbx_buf_field_str(out, summary->subject);
    if (summary->event_time)
        lbx_pg_put_time(out, summary->event_time);
    else
        lbx_buf_field(out, NULL, 0);
    lbx_buf_field_str(out, summary->tenant_id);
    lbx_buf_field_str(out, summary->subscription_id);
    lbx_buf_field_str(out, summary->request_id);
    lbx_buf_field_str(out, summary->ticket_id);
    lbx_buf_field_str(out, summary->actor);
    lbx_buf_field(out, &entry->leaf, sizeof entry->leaf);
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
    auditor_copy_header(copy);
    for (size_t i = 0; err == LBX_OK && i < records->count; i++) {
        struct auditor_entry *entry = &batch->entries[i];
        read_entry(records->list[i], records->arena, scratch, entry);
        add_row(copy, entry, batch->received_us, scratch);
        if (copy->len >= CHUNK) {
            err = lbx_pg_copy_add(pg, copy->data, copy->len);
            lbx_buf_clear(copy);
        }
    }
    auditor_copy_end(copy);
    if (err == LBX_OK)
        err = lbx_pg_copy_add(pg, copy->data, copy->len);
    enum lbx_err ended = lbx_pg_copy_end(pg);
    return err != LBX_OK ? err : ended;
}
