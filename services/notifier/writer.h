/* From a row of the ledger to the bytes of its mail. */
#ifndef LBX_NOTIFIER_WRITER_H
#define LBX_NOTIFIER_WRITER_H

#include "core/mail_templates.h"
#include "io/mime.h"
#include "io/settings.h"
#include "mail.h"

/* Writes mails of one claim, one after the other, as of now_us by the database's clock. Starts with letter and
 * first zeroed. */
struct writer {
    const struct lbx_mail_templates *templates;
    const struct lbx_settings *settings;
    int64_t now_us;
    struct lbx_mime_letter letter;
    const struct mail *first; /* whom the letter was written for; NULL: nobody */
};

void writer_done(struct writer *writer);

/* Writes mail->bytes and readies mail->message. false: it cannot be sent; its result says why, for good. */
bool writer_write(struct writer *writer, struct mail *mail) LBX_MUST_CHECK;

#endif
