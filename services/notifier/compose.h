/* Makes the bytes of a mail from a row of the ledger. */
#ifndef LBX_NOTIFIER_COMPOSE_H
#define LBX_NOTIFIER_COMPOSE_H

#include "io/settings.h"
#include "mail.h"
#include "mail/templates.h"
#include "smtp/mime.h"

/* The state for the mails of one claim batch. Starts zeroed, except templates and settings. */
struct composer {
    const struct lbx_mail_templates *templates; /* borrowed, as are the settings */
    const struct lbx_settings *settings;
    int64_t now_us; /* the database's clock, when the batch was claimed */
    struct lbx_mail words;
    struct lbx_mime_letter letter;
    const struct mail
        *first; /* the mail for which the letter was written; NULL: none in this batch */
};

void composer_begin(struct composer *composer, int64_t now_us);
void composer_done(struct composer *composer);

/* Writes mail->bytes, and prepares mail->message. False: the mail cannot be sent; its result,
 * permanent, says why. */
bool compose(struct composer *composer, struct mail *mail) LBX_MUST_CHECK;

/* The templates of the mails, the default ones or those of LOCKBOX_TEMPLATE_DIR; freed by
 * lbx_mail_templates_free. LBX_ERR_INVALID, logged: a template is wrong, or LOCKBOX_PORTAL_URL
 * is not http or https. */
enum lbx_err compose_open_templates(const struct lbx_settings *settings,
                                    struct lbx_mail_templates **ret_templates) LBX_MUST_CHECK;

#endif
