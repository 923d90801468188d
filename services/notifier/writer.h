/* From a row of the ledger to the bytes of its mail. */
#ifndef LBX_NOTIFIER_WRITER_H
#define LBX_NOTIFIER_WRITER_H

#include "core/mail_templates.h"
#include "io/settings.h"
#include "mail.h"

/* Writes mails of one claim, one after the other, as of now_us by the database's clock. Starts with words and
 * said zeroed; ended by lbx_mail_done(&words). */
struct writer {
    const struct lbx_mail_templates *templates;
    const struct lbx_settings *settings;
    int64_t now_us;
    struct lbx_mail words;
    const struct mail *said; /* whom the words were last written for */
};

/* Writes mail->bytes and readies mail->message. false: it cannot be sent; its result says why, for good. */
bool writer_write(struct writer *writer, struct mail *mail) LBX_MUST_CHECK;

#endif
