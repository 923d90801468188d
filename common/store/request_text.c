/* Writes and reads the three text columns of a request, and the event with them. Promises that
 * head, `consent`, `particulars` and tail, one behind the other, are the event of
 * lbx_event_encode, byte for byte. Fails with LBX_ERR_INTERNAL, logged, where a column cannot be
 * read. */
#include "store/request_text.h"

#include "core/consent.h"
#include "store/metrics.h"

#include <assert.h>
#include <string.h>

void lbx_request_text_clock(const struct lbx_request *request, struct lbx_buf *out) {
    lbx_json_write_members(&lbx_request_clock_table, request, out);
}

void lbx_request_text_consent(const struct lbx_request *request, struct lbx_buf *out) {
    lbx_json_write_members(&lbx_request_consent_table, request, out);
}

void lbx_request_text_decided(const struct lbx_request *request, struct lbx_buf *out) {
    lbx_json_write_members(&lbx_request_decided_table, request, out);
}

void lbx_request_text_digest(const struct lbx_request *request, char ret_hex[LBX_SHA256_HEX_SIZE]) {
    struct lbx_buf consent LBX_BUF = {0};
    lbx_request_consent(request, lbx_sha256_hex, &consent);
    lbx_sha256_hex(consent.data, consent.len, ret_hex);
}

enum lbx_err lbx_request_text_read(const struct lbx_table *table, const char *id, const char *text,
                                   struct lbx_arena *arena, struct lbx_request *request) {
    struct lbx_reason reason;
    enum lbx_err err = lbx_json_read_stored(table, text, strlen(text), arena, request, &reason);
    if (err == LBX_OK)
        return LBX_OK;
    lbx_row_unreadable("request", id, reason.text);
    return LBX_ERR_INTERNAL;
}

/* ---- events ---- */

const char lbx_request_text_tail[] = "}}}"; /* closes request, data and event */

/* Writes an event without its end. The request is the last member of the event, and consent and
 * particulars are the last of the request. */
void lbx_request_text_event_head(const struct lbx_event_out *event, struct lbx_buf *out) {
    const struct lbx_request_changed *changed = event->data;
    struct lbx_buf end LBX_BUF = {0};
    lbx_request_text_consent(&changed->request, &end);
    lbx_buf_char(&end, ',');
    lbx_request_text_decided(&changed->request, &end);
    lbx_buf_str(&end, lbx_request_text_tail);
    lbx_event_encode(event, out);
    assert(out->len > end.len && strcmp(out->data + out->len - end.len, end.data) == 0);
    lbx_buf_cut(out, end.len);
}
