/* Writes rejected records as rows of the quarantine, byte for byte. Cannot fail. */
#include "store/quarantine.h"

#include "base/log.h"
#include "sql_store.h"

void lbx_quarantine_add(struct lbx_rows *rows, const struct lbx_record *record,
                        const char *reason) {
    struct lbx_buf headers LBX_BUF = {0};
    lbx_record_headers_encode(record->headers, record->header_count, &headers);
    LBX_PG_ADD(rows, store_quarantine_given, .topic = record->topic_name,
               .partition = record->partition, .offset = record->offset,
               .kafka_timestamp = record->timestamp_ms > 0 ? record->timestamp_ms * 1000 : 1,
               .key = {record->key, record->key_len}, .headers = {headers.data, headers.len},
               .value = {record->value, record->value_len}, .reason = reason);
    lbx_log(LBX_LOG_WARN, "record quarantined", LBX_S("topic", record->topic_name),
            LBX_N("partition", record->partition), LBX_N("offset", record->offset),
            LBX_S("reason", reason));
}
