/* A request's text in the database, in three columns: `standing` has the members that follow from the clock and the table
 * of rules (lbx_request_clock_table), `consent` those that consent is given to, which is written once
 * (lbx_request_consent_table), `particulars` those that decisions change (lbx_request_decided_table). Together, in
 * this order, they are data.request of the request's last event, but for the items that approvers left out, whose
 * numbers are in a column of their own. So the database can complete an event about a request of which the first
 * column alone was read (decision 011).
 */
#ifndef LBX_STORE_REQUEST_TEXT_H
#define LBX_STORE_REQUEST_TEXT_H

#include "event/envelope.h"
#include "io/hash.h"

/* Appends one column's text: an object's members, without its braces. */
void lbx_request_text_clock(const struct lbx_request *request, struct lbx_buf *out);
void lbx_request_text_consent(const struct lbx_request *request, struct lbx_buf *out);
void lbx_request_text_decided(const struct lbx_request *request, struct lbx_buf *out);

/* The digest of what consent is given to (core/consent.h), in hex. */
void lbx_request_text_digest(const struct lbx_request *request, char ret_hex[LBX_SHA256_HEX_SIZE]);

/* Reads columns: an object with the table's members, in the arena. LBX_ERR_INTERNAL: not what this program writes; it
 * is logged under the id. */
enum lbx_err lbx_request_text_read(const struct lbx_table *table, const char *id, const char *text,
                                   struct lbx_arena *arena, struct lbx_request *request)
    LBX_MUST_CHECK;

/* Appends a request.* event up to where the request's `consent` begins.
 * Behind `particulars` stands lbx_request_text_tail. */
void lbx_request_text_event_head(const struct lbx_event_out *event, struct lbx_buf *out);
extern const char lbx_request_text_tail[];

#endif
