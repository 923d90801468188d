/* Writes rejected records as rows of the quarantine, byte for byte. Cannot fail. */
#include "store/quarantine.h"

#include "base/log.h"

void lbx_quarantine_add(struct lbx_rows *rows, const struct lbx_record *record,
                        const char *reason) {
    struct lbx_buf headers LBX_BUF = {0};
    lbx_record_headers_encode(record->headers, record->header_count, &headers);
    lbx_rows_text(rows, record->topic_name);
    lbx_rows_int(rows, record->partition);
    lbx_rows_int(rows, record->offset);
    lbx_rows_time(rows, record->timestamp_ms > 0 ? record->timestamp_ms * 1000 : 1);
    lbx_rows_bytes(rows, record->key, record->key_len);
    lbx_rows_bytes(rows, headers.data, headers.len);
    lbx_rows_bytes(rows, record->value, record->value_len);
    lbx_rows_text(rows, reason);
    lbx_log(LBX_LOG_WARN, "record quarantined", LBX_S("topic", record->topic_name),
            LBX_N("partition", record->partition), LBX_N("offset", record->offset),
            LBX_S("reason", reason));
}
