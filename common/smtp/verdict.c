/* The outcome of a message (RFC 5321), from libesmtp's record of the replies. Delivered needs
 * 2xx to the recipient and 250 to the message; permanent needs 5xx about this mail; any other
 * outcome is temporary. Cannot fail. */
#include "smtp/verdict.h"

#include "smtp/reply.h"

bool lbx_smtp_about_session(int code) {
    static const int codes[] = {503, 521, 530, 534, 535, 538};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (code == codes[i])
            return true;
    return false;
}

/* Whether libesmtp understood a reply: otherwise it leaves the code without text. A reply that
 * the connection's end cut off behind its code counts, as the server had decided. */
static bool understood(const smtp_status_t *status) {
    return status && status->text;
}

static void set_status(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome,
                       const smtp_status_t *status) {
    const struct lbx_smtp_reply reply = {
        .code = status->code,
        .enhanced = {status->enh_class, status->enh_subject, status->enh_detail},
        .text = status->text,
    };
    lbx_smtp_reply_set(result, outcome, &reply);
}

/* Whether a reply refuses the message; result then has the outcome. */
static bool refused(const smtp_status_t *status, bool to_rcpt, struct lbx_smtp_result *result) {
    if (!understood(status) || status->code < 400 || status->code > 599)
        return false;
    /* RFC 5321 4.5.3.1.10: old servers reply 552 to RCPT instead of 452. */
    bool final = status->code >= 500 && !lbx_smtp_about_session(status->code) &&
                 !(to_rcpt && status->code == 552);
    set_status(result, final ? LBX_SMTP_PERMANENT : LBX_SMTP_TEMPORARY, status);
    return true;
}

bool lbx_smtp_verdict(smtp_message_t message, smtp_recipient_t recipient,
                      struct lbx_smtp_result *result) {
    const smtp_status_t *data = smtp_message_transfer_status(message);
    if (refused(smtp_reverse_path_status(message), false, result) ||
        refused(smtp_recipient_status(recipient), true, result) || refused(data, false, result))
        return true;
    /* only the reply to the message sets "complete" */
    if (!understood(data) || data->code != 250 || !smtp_recipient_check_complete(recipient))
        return false;
    set_status(result, LBX_SMTP_DELIVERED, data);
    return true;
}

void lbx_smtp_verdict_unclear(smtp_message_t message, struct lbx_smtp_result *result) {
    set_status(result, LBX_SMTP_TEMPORARY, smtp_message_transfer_status(message));
}
