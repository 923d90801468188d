/* A request's text in the database, in two columns: `standing` has the members that follow from the clock and the table
 * of rules (lbx_request_clock_table), `particulars` the rest (lbx_request_rest_table). Together, in this order, they
 * are data.request of the request's last event, so that the database can complete an event about a request whose
 * second column was not read (decision 011).
 */
#ifndef LBX_STORE_REQUEST_TEXT_H
#define LBX_STORE_REQUEST_TEXT_H

#include "event/envelope.h"

/* Appends one column's text: an object's members, without its braces. */
void lbx_request_text_clock(const struct lbx_request *request, struct lbx_buf *out);
void lbx_request_text_rest(const struct lbx_request *request, struct lbx_buf *out);

/* Reads columns: an object with the table's members, in the arena. LBX_ERR_INTERNAL: not what this program writes; it
 * is logged under the id. */
enum lbx_err lbx_request_text_read(const struct lbx_table *table, const char *id, const char *text,
                                   struct lbx_arena *arena, struct lbx_request *request)
    LBX_MUST_CHECK;

/* Appends a request.* event up to where the request's `particulars` begin. Behind them stands lbx_request_text_tail. */
void lbx_request_text_event_head(const struct lbx_event_out *event, struct lbx_buf *out);
extern const char lbx_request_text_tail[];

#endif
