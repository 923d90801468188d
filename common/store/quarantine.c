/* Writes rejected records as rows of the quarantine: byte for byte, values up to LBX_QUARANTINE_BYTES. Cannot fail. */
#include "store/quarantine.h"

#include "base/log.h"
#include "io/hash.h"
#include "sql_store.h"

/* Most bytes of headers, and of a key: no honest record has more. */
enum { PART_BYTES = LBX_QUARANTINE_BYTES / 4 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The number of headers that fit whole. */
static size_t headers_that_fit(const struct lbx_record *record) {
    size_t bytes = 0, count = 0;
    while (count < record->header_count) {
        const struct lbx_header *header = &record->headers[count];
        bytes += lbx_header_name_len(header) + header->len + 2 * sizeof(uint32_t);
        if (bytes > PART_BYTES)
            break;
        count++;
    }
    return count;
}

struct whole {
    size_t bytes; /* original size; 0: not cut */
    unsigned char hash[LBX_SHA256_SIZE];
};

static struct lbx_record cut(const struct lbx_record *record, struct whole *ret_whole) {
    struct lbx_record kept = *record;
    struct lbx_buf headers LBX_BUF = {0}, leaf LBX_BUF = {0};
    lbx_record_headers_encode(record->headers, record->header_count, &headers);
    *ret_whole = (struct whole){0};
    if (record->value_len <= LBX_QUARANTINE_BYTES && record->key_len <= PART_BYTES &&
        headers.len <= PART_BYTES)
        return kept;
    kept.header_count = headers_that_fit(record);
    kept.key_len = least(record->key_len, PART_BYTES);
    kept.value_len = least(record->value_len, LBX_QUARANTINE_BYTES);
    lbx_record_leaf(record, &leaf);
    ret_whole->bytes = record->key_len + headers.len + record->value_len;
    lbx_sha256_prefixed(0, leaf.data, leaf.len, ret_whole->hash);
    return kept;
}

void lbx_quarantine_add(struct lbx_pg_arrays *rows, const struct lbx_record *record,
                        const struct lbx_trace *trace, const char *reason) {
    struct lbx_buf headers LBX_BUF = {0};
    struct whole whole;
    const struct lbx_record kept = cut(record, &whole);
    lbx_record_headers_encode(kept.headers, kept.header_count, &headers);
    LBX_PG_ADD(rows, store_quarantine_given, .topic = kept.topic_name, .partition = kept.partition,
               .offset = kept.offset, .kafka_timestamp = lbx_record_time(record),
               .kafka_timestamp_ms = kept.timestamp_ms, .key = {kept.key, kept.key_len},
               .headers = {headers.data, headers.len}, .value = {kept.value, kept.value_len},
               .reason = reason, .whole_bytes = (int64_t)whole.bytes,
               .whole_hash = {whole.bytes ? whole.hash : NULL, sizeof whole.hash});
    lbx_log(LBX_LOG_WARN, "record quarantined", LBX_S("topic", record->topic_name),
            LBX_N("partition", record->partition), LBX_N("offset", record->offset),
            LBX_S("reason", reason), LBX_LOG_TRACE(trace));
}
