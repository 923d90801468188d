/* Writes the three texts of a mail from the templates of its kind. Fails with LBX_ERR_INVALID
 * where this kind does not fit the request's state. */
#include "mail/mail.h"

#include "mail/template.h"
#include "mail/templates.h"

const char *const lbx_mail_reader_names[LBX_READER_COUNT] = {
    [LBX_READER_APPROVER] = "approver",
    [LBX_READER_ALTERNATE] = "alternate",
    [LBX_READER_ENGINEER] = "engineer",
    [LBX_READER_CONCERNED] = "concerned",
};

static bool kind_goes_with(enum lbx_mail_kind kind, enum lbx_state state) {
    switch (kind) {
    case LBX_MAIL_APPROVAL_NEEDED:
    case LBX_MAIL_REMINDER:
        return state == LBX_STATE_CUSTOMER_NOTIFIED;
    case LBX_MAIL_OUTCOME:
        return state > LBX_STATE_NONE && state < LBX_STATE_END &&
               state != LBX_STATE_CUSTOMER_NOTIFIED && state != LBX_STATE_EMERGENCY;
    case LBX_MAIL_EMERGENCY:
        return state == LBX_STATE_EMERGENCY;
    case LBX_MAIL_EMERGENCY_REMINDER:
        return state == LBX_STATE_EMERGENCY || state == LBX_STATE_COMPLETED ||
               state == LBX_STATE_REVOKED;
    case LBX_MAIL_INFORMED:
        return state == LBX_STATE_NOT_REQUIRED;
    case LBX_MAIL_SECURITY_CHANGE:
    case LBX_MAIL_APPROVERS_MISSING:
    case LBX_MAIL_DIGEST:
    case LBX_MAIL_NONE:
    case LBX_MAIL_END:
        break;
    }
    return false;
}

bool lbx_mail_is_of_tenant(enum lbx_mail_kind kind) {
    return kind == LBX_MAIL_SECURITY_CHANGE || kind == LBX_MAIL_APPROVERS_MISSING;
}

static bool goes_with(const struct lbx_mail_input *input) {
    if (input->kind == LBX_MAIL_SECURITY_CHANGE)
        return input->change != NULL;
    if (input->kind == LBX_MAIL_APPROVERS_MISSING)
        return input->missing != NULL;
    if (input->kind == LBX_MAIL_DIGEST)
        return input->digest && input->digest->count > 0;
    return input->request && kind_goes_with(input->kind, (enum lbx_state)input->request->state);
}

void lbx_mail_done(struct lbx_mail *mail) {
    lbx_buf_done(&mail->subject);
    lbx_buf_done(&mail->text);
    lbx_buf_done(&mail->html);
}

static void show(const struct lbx_template *template, const struct lbx_mail_input *input,
                 struct lbx_buf *out) {
    lbx_buf_clear(out);
    lbx_buf_str(out, "");
    lbx_template_show(template, input, out, NULL);
}

enum lbx_err lbx_mail_write(const struct lbx_mail_templates *templates,
                            const struct lbx_mail_input *input, struct lbx_mail *ret_mail) {
    if (!goes_with(input))
        return LBX_ERR_INVALID;
    const struct lbx_mail_words *words = &templates->kinds[input->kind];
    show(words->subject, input, &ret_mail->subject);
    show(words->text, input, &ret_mail->text);
    show(words->html, input, &ret_mail->html);
    return LBX_OK;
}
