/* The values of a digest mail: one line for each request. Cannot fail. */
#include "mail/changes.h"
#include "mail/subject.h"
#include "mail/words.h"

static const struct lbx_digest *digest_of(const void *subject) {
    static const struct lbx_digest none;
    return input_of(subject)->digest ? input_of(subject)->digest : &none;
}

size_t lbx_mail_count_requests(const void *subject) {
    return digest_of(subject)->count;
}

static void put_items(const struct lbx_request *request, struct lbx_buf *out) {
    for (size_t i = 0; i < request->action_count; i++) {
        if (i)
            lbx_buf_str(out, "; ");
        lbx_item_words(&request->actions[i], out);
        if (request->actions[i].content.changes)
            lbx_buf_str(out, " (exactly the change that the portal shows)");
    }
}

/* "Ticket 42, cluster aro-prod, for 8 hours: Get logs …; decide by …; asked by Erin
 * (erin@example.com) of microsoft". The person is last, so that no name looks like items. */
void lbx_mail_write_request(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_request *request = digest_of(subject)->requests[item];
    lbx_buf_printf(out, "Ticket %s, cluster ", request->ticket_id);
    lbx_cluster_words(request->resource_id, out);
    lbx_buf_str(out, ", for ");
    lbx_duration_words(request->duration, out);
    lbx_buf_str(out, ": ");
    put_items(request, out);
    if (request->state == LBX_STATE_CUSTOMER_NOTIFIED) {
        lbx_buf_str(out, "; decide by ");
        lbx_deadline_words(request->decide_by, input_of(subject)->now, out);
    } else {
        lbx_buf_str(out, "; nothing to decide any more: ");
        lbx_buf_str(out, lbx_mail_state_words[request->state]);
    }
    lbx_buf_str(out, "; asked by ");
    lbx_person_words(request->engineer.name, request->engineer.email, request->engineer.id, out);
    if (given(request->engineer.organization))
        lbx_buf_printf(out, " of %s", request->engineer.organization);
}

void lbx_mail_write_request_link(const void *subject, size_t item, struct lbx_buf *out) {
    lbx_mail_link(input_of(subject)->portal_url, digest_of(subject)->requests[item]->request_id,
                  out);
}
