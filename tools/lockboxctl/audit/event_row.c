/* Reads rows of audit.event from COPY's binary form. Promises to accept only rows in the exact
 * form that the auditor writes, as a second form of a record would have the same leaf hash.
 * Fails with a static reason. */
#include "event_row.h"

#include "event/summary.h"
#include "io/pg.h"

#include <endian.h>
#include <string.h>

enum {
    OFFSET,
    KAFKA_TIMESTAMP,
    KAFKA_TIMESTAMP_MS,
    KEY,
    HEADERS,
    RAW,
    LEAF_HASH,
    FIRST_CELL,
    EVENT_TIME = 11,
    COLUMNS = 19
};

/* Splits a row into its fields. A row of copy_leaves.sql has no columns behind the leaf hash;
 * these become NULL. */
static bool split(const char *bytes, size_t len, struct cell fields[COLUMNS]) {
    uint16_t count;
    uint32_t size;
    const char *end = bytes + len;
    if (len < sizeof count)
        return false;
    memcpy(&count, bytes, sizeof count);
    bytes += sizeof count;
    count = be16toh(count);
    if (count != COLUMNS && count != FIRST_CELL)
        return false;
    for (int i = count; i < COLUMNS; i++)
        fields[i] = (struct cell){NULL, -1};
    for (int i = 0; i < count; i++) {
        if ((size_t)(end - bytes) < sizeof size)
            return false;
        memcpy(&size, bytes, sizeof size);
        bytes += sizeof size;
        fields[i] = (struct cell){bytes, (int32_t)be32toh(size)};
        if (fields[i].len > end - bytes)
            return false;
        bytes += fields[i].len > 0 ? fields[i].len : 0;
    }
    return bytes == end;
}

static bool int64_of(struct cell cell, int64_t *ret) {
    uint64_t value;
    if (cell.len != sizeof value)
        return false;
    memcpy(&value, cell.bytes, sizeof value);
    *ret = (int64_t)be64toh(value);
    return true;
}

int64_t row_offset(const char *bytes, size_t len) {
    uint64_t value;
    if (len < 14)
        return -1;
    memcpy(&value, bytes + 6, sizeof value);
    return (int64_t)be64toh(value);
}

static bool time_of(struct cell cell, int64_t *ret_us) {
    return int64_of(cell, ret_us) && *ret_us != INT64_MIN && *ret_us != INT64_MAX &&
           !__builtin_add_overflow(*ret_us, LBX_PG_EPOCH_US, ret_us);
}

static bool bytes_of(struct cell cell, const void **ret_bytes, size_t *ret_len) {
    *ret_bytes = cell.len < 0 ? NULL : cell.bytes;
    *ret_len = cell.len < 0 ? 0 : (size_t)cell.len;
    return true;
}

/* Reads the headers, which are hashed as stored. Only their canonical form is accepted:
 * otherwise two rows could have one leaf. */
static bool headers_of(struct row *row, bool want, struct lbx_arena *arena) {
    struct lbx_header *headers = NULL;
    struct cell cell = row->headers;
    if (cell.len < 0)
        return false;
    if (!want)
        return lbx_record_headers_check(cell.bytes, (size_t)cell.len) == LBX_OK;
    enum lbx_err err = lbx_record_headers_decode(cell.bytes, (size_t)cell.len, arena, &headers,
                                                 &row->record.header_count);
    row->record.headers = headers;
    return err == LBX_OK;
}

/* Reads the timestamp, which both columns have, or in old rows only the first one. */
static bool timestamp_of(struct cell at, struct cell ms, struct lbx_record *record) {
    int64_t at_us = 0;
    if (at.len >= 0 && (!time_of(at, &at_us) || at_us % 1000))
        return false;
    record->timestamp_ms = at_us / 1000;
    if (ms.len < 0)
        return at.len >= 0;
    return int64_of(ms, &record->timestamp_ms) && at_us == lbx_record_time(record);
}

bool row_read(const struct place *place, const char *bytes, size_t len, bool want_headers,
              struct lbx_arena *arena, struct row *ret_row, const char **ret_wrong) {
    struct cell fields[COLUMNS];
    *ret_row = (struct row){.record = {.topic = place->topic,
                                       .topic_name = place->topic_name,
                                       .partition = place->partition}};
    struct lbx_record *record = &ret_row->record;
    record->offset = row_offset(bytes, len);
    if (!split(bytes, len, fields) || fields[LEAF_HASH].len != LBX_HASH_SIZE) {
        *ret_wrong = "the row cannot be read";
        return false;
    }
    memcpy(&ret_row->leaf_hash, fields[LEAF_HASH].bytes, LBX_HASH_SIZE);
    if (!timestamp_of(fields[KAFKA_TIMESTAMP], fields[KAFKA_TIMESTAMP_MS], record)) {
        *ret_wrong = "kafka_timestamp is no time that Kafka gives";
        return false;
    }
    bytes_of(fields[KEY], &record->key, &record->key_len);
    bytes_of(fields[RAW], &record->value, &record->value_len);
    ret_row->headers = fields[HEADERS];
    if (!headers_of(ret_row, want_headers, arena)) {
        *ret_wrong = "headers are not in their form";
        return false;
    }
    for (int i = 0, from = FIRST_CELL; i < CELL_COUNT; i++, from++) {
        if (from == EVENT_TIME)
            from++;
        ret_row->cells[i] = fields[from];
    }
    ret_row->has_event_time = fields[EVENT_TIME].len >= 0;
    if (ret_row->has_event_time && !time_of(fields[EVENT_TIME], &ret_row->event_time_us)) {
        *ret_wrong = "event_time is not what the record says";
        return false;
    }
    return true;
}

void row_leaf_hash(const struct row *row, struct lbx_buf *scratch, struct lbx_hash *ret_hash) {
    lbx_buf_clear(scratch);
    lbx_record_leaf_encoded(&row->record, row->headers.bytes, (size_t)row->headers.len, scratch);
    lbx_leaf_hash(scratch->data, scratch->len, ret_hash);
}

void record_leaf_hash(const struct lbx_record *record, struct lbx_buf *scratch,
                      struct lbx_hash *ret_hash) {
    lbx_buf_clear(scratch);
    lbx_record_leaf(record, scratch);
    lbx_leaf_hash(scratch->data, scratch->len, ret_hash);
}

static bool is_text(struct cell cell, const char *text) {
    return text ? cell.len >= 0 && strlen(text) == (size_t)cell.len &&
                      memcmp(cell.bytes, text, (size_t)cell.len) == 0
                : cell.len < 0;
}

/* Whether an old row lacks a column that was added later. */
static bool is_from_before(int which, struct cell cell) {
    return (which == CELL_TRACEPARENT || which == CELL_TRACESTATE) && cell.len < 0;
}

const char *row_columns_wrong(const struct row *row, struct lbx_arena *arena) {
#define DIFFERS(column) #column " is not what the record says"
    static const char *const wrong[CELL_COUNT] = {
        DIFFERS(event_id),  DIFFERS(source),          DIFFERS(type),       DIFFERS(subject),
        DIFFERS(tenant_id), DIFFERS(subscription_id), DIFFERS(request_id), DIFFERS(ticket_id),
        DIFFERS(actor),     DIFFERS(traceparent),     DIFFERS(tracestate)};
    struct lbx_event_summary g;
    lbx_event_summary(&row->record, arena, &g);
    const char *const says[CELL_COUNT] = {g.event_id,  g.source,          g.type,       g.subject,
                                          g.tenant_id, g.subscription_id, g.request_id, g.ticket_id,
                                          g.actor,     g.trace.parent,    g.trace.state};
    for (int i = 0; i < CELL_COUNT; i++)
        if (!is_text(row->cells[i], says[i]) && !is_from_before(i, row->cells[i]))
            return wrong[i];
    if (row->has_event_time != (g.event_time != 0) ||
        (row->has_event_time && row->event_time_us != g.event_time))
        return DIFFERS(event_time);
    return NULL;
}
