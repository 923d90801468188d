/* A mail's three texts, by the templates of its kind. LBX_ERR_INVALID: this kind tells nothing of a
 * request in this state. Nothing else fails. */
#include "mail/mail.h"

#include "mail/template.h"
#include "mail/templates.h"

const char *const lbx_mail_reader_names[LBX_READER_COUNT] = {
    [LBX_READER_APPROVER] = "approver",
    [LBX_READER_ALTERNATE] = "alternate",
    [LBX_READER_ENGINEER] = "engineer",
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
    case LBX_MAIL_NONE:
    case LBX_MAIL_END:
        break;
    }
    return false;
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
    if (!kind_goes_with(input->kind, (enum lbx_state)input->request->state))
        return LBX_ERR_INVALID;
    const struct lbx_mail_words *words = &templates->kinds[input->kind];
    show(words->subject, input, &ret_mail->subject);
    show(words->text, input, &ret_mail->text);
    show(words->html, input, &ret_mail->html);
    return LBX_OK;
}
