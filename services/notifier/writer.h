/* From a row of the ledger to the bytes of its mail. */
#ifndef LBX_NOTIFIER_WRITER_H
#define LBX_NOTIFIER_WRITER_H

#include "io/settings.h"
#include "mail.h"
#include "mail/templates.h"
#include "smtp/mime.h"

/* Writes mails of one claim after the other. Starts with all but templates and settings zeroed; first is NULL
 * again for each claim. */
struct writer {
    const struct lbx_mail_templates *templates;
    const struct lbx_settings *settings;
    int64_t now_us; /* by the database's clock */
    struct lbx_mail words;
    struct lbx_mime_letter letter;
    const struct mail *first; /* whom the letter was written for; NULL: nobody */
};

void writer_done(struct writer *writer);

/* Writes mail->bytes and readies mail->message. false: it cannot be sent; its result says why, for good. */
bool writer_write(struct writer *writer, struct mail *mail) LBX_MUST_CHECK;

#endif
