/* From a row of the ledger to the bytes of its mail. */
#ifndef LBX_NOTIFIER_COMPOSE_H
#define LBX_NOTIFIER_COMPOSE_H

#include "io/settings.h"
#include "mail.h"
#include "mail/templates.h"
#include "smtp/mime.h"

/* Composes the mails of one claim batch after the other. Starts with all but templates and settings
 * zeroed. */
struct composer {
    const struct lbx_mail_templates *templates; /* both borrowed */
    const struct lbx_settings *settings;
    int64_t now_us; /* the database's clock, of the batch */
    struct lbx_mail words;
    struct lbx_mime_letter letter;
    const struct mail
        *first; /* the mail that the letter was written for; NULL: none of this batch */
};

void composer_begin(struct composer *composer, int64_t now_us);
void composer_done(struct composer *composer);

/* Writes mail->bytes, and readies mail->message to be sent. false: it cannot be sent, and its
 * result says why, for good. */
bool compose(struct composer *composer, struct mail *mail) LBX_MUST_CHECK;

/* The words of the mails, built in or of LOCKBOX_TEMPLATE_DIR; they end with
 * lbx_mail_templates_free. LBX_ERR_INVALID, logged: a template is wrong, or LOCKBOX_PORTAL_URL is
 * not http or https. */
enum lbx_err compose_open_templates(const struct lbx_settings *settings,
                                    struct lbx_mail_templates **ret_templates) LBX_MUST_CHECK;

#endif
