/* A request's text in the database, in three columns. `standing` has the members that follow from the clock and
 * the rules (lbx_request_clock_table). `consent` has the members that the digest covers, written once
 * (lbx_request_consent_table). `particulars` has those that decisions change (lbx_request_decided_table).
 *
 * Joined in this order, they are data.request of the request's last event, but for `kept` of items that approvers
 * left out, which has a column of its own. So the database can complete an event when only `standing` was
 * read (decision 011). */
#ifndef LBX_STORE_REQUEST_TEXT_H
#define LBX_STORE_REQUEST_TEXT_H

#include "event/envelope.h"
#include "io/hash.h"

/* Appends the text of one column: an object's members, without braces. */
void lbx_request_text_clock(const struct lbx_request *request, struct lbx_buf *out);
void lbx_request_text_consent(const struct lbx_request *request, struct lbx_buf *out);
void lbx_request_text_decided(const struct lbx_request *request, struct lbx_buf *out);

/* The request's digest (core/consent.h), in hex. */
void lbx_request_text_digest(const struct lbx_request *request, char ret_hex[LBX_SHA256_HEX_SIZE]);

/* Reads a column into its struct, in the arena. LBX_ERR_INTERNAL: not written by this program;
 * logged with the id. */
enum lbx_err lbx_request_text_read(const struct lbx_table *table, const char *id, const char *text,
                                   struct lbx_arena *arena, struct lbx_request *request)
    LBX_MUST_CHECK;

/* Appends a request.* event up to the beginning of `consent`. lbx_request_text_tail follows
 * `particulars`. */
void lbx_request_text_event_head(const struct lbx_event_out *event, struct lbx_buf *out);
extern const char lbx_request_text_tail[];

#endif
