/* Records become rows by COPY in binary form, inside the fencing transaction. What auditors filter by is
 * gleaned from each record as far as it goes; nothing is too broken to be kept.
 */
#include "auditor.h"

#include "base/clock.h"
#include "event/envelope.h"
#include "io/hash.h"
#include "sql_auditor_copy.h"

#include <string.h>

enum { COLUMNS = 19 };
/* PostgreSQL counts from 2000-01-01 (Unix 946684800). */
#define POSTGRES_EPOCH_US (INT64_C(946684800) * LBX_SECOND_US)

static void add_bytes(struct lbx_buf *out, const void *bytes, size_t len) {
    lbx_buf_be32(out, bytes ? (uint32_t)len : UINT32_MAX); /* -1 is NULL */
    if (bytes)
        lbx_buf_add(out, bytes, len);
}

static void add_text(struct lbx_buf *out, const char *text) {
    add_bytes(out, text, text ? strlen(text) : 0);
}

static void add_int32(struct lbx_buf *out, int32_t value) {
    lbx_buf_be32(out, 4);
    lbx_buf_be32(out, (uint32_t)value);
}

static void add_int64(struct lbx_buf *out, int64_t value) {
    lbx_buf_be32(out, 8);
    lbx_buf_be64(out, (uint64_t)value);
}

static void add_time(struct lbx_buf *out, int64_t at_us) {
    add_int64(out, at_us - POSTGRES_EPOCH_US);
}

/* RFC 6962: SHA-256 over 0x00 and the leaf. */
static void add_leaf_hash(struct lbx_buf *out, const struct lbx_record *record,
                          struct lbx_buf *leaf) {
    unsigned char hash[LBX_SHA256_SIZE];
    lbx_buf_clear(leaf);
    lbx_buf_char(leaf, '\0');
    lbx_record_leaf(record, leaf);
    lbx_sha256(leaf->data, leaf->len, hash);
    add_bytes(out, hash, sizeof hash);
}

static void add_row(struct lbx_buf *out, const struct lbx_record *record, int64_t received_us,
                    struct lbx_arena *arena, struct lbx_buf *scratch) {
    struct lbx_event_glance glance;
    lbx_event_glance(record, arena, &glance);
    lbx_buf_clear(scratch);
    lbx_record_headers_encode(record->headers, record->header_count, scratch);

    lbx_buf_be16(out, COLUMNS);
    add_text(out, record->topic_name);
    add_int32(out, record->partition);
    add_int64(out, record->offset);
    add_time(out, record->timestamp_ms * 1000);
    add_time(out, received_us);
    add_bytes(out, record->key, record->key_len);
    add_bytes(out, scratch->data, scratch->len);
    add_bytes(out, record->value, record->value_len);
    add_text(out, glance.event_id);
    add_text(out, glance.source);
    add_text(out, glance.type);
    add_text(out, glance.subject);
    if (glance.event_time)
        add_time(out, glance.event_time);
    else
        add_bytes(out, NULL, 0);
    add_text(out, glance.tenant_id);
    add_text(out, glance.subscription_id);
    add_text(out, glance.request_id);
    add_text(out, glance.ticket_id);
    add_text(out, glance.actor);
    add_leaf_hash(out, record, scratch);
}

enum lbx_err auditor_write(struct lbx_batch *batch) {
    static const char signature[11] = "PGCOPY\n\377\r\n"; /* its NUL belongs to it */
    struct lbx_buf out LBX_BUF = {0}, scratch LBX_BUF = {0};
    int64_t received_us = lbx_realtime_us();
    lbx_buf_add(&out, signature, sizeof signature);
    lbx_buf_be32(&out, 0); /* flags */
    lbx_buf_be32(&out, 0); /* no extension */
    for (size_t i = 0; i < batch->count; i++)
        add_row(&out, batch->inputs[i].record, received_us, batch->arena, &scratch);
    lbx_buf_be16(&out, UINT16_MAX); /* end */
    return lbx_pg_copy(batch->worker->pg, &sql_auditor_copy_event, &out);
}
