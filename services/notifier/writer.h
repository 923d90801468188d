/* From a row of the ledger to the bytes of its mail. */
#ifndef LBX_NOTIFIER_WRITER_H
#define LBX_NOTIFIER_WRITER_H

#include "io/settings.h"
#include "mail.h"

/* Writes mail->bytes and readies mail->message, as of now_us by the database's clock. false: it cannot be
 * sent; its result says why, for good. */
bool writer_write(const struct lbx_mail_templates *templates, const struct lbx_settings *settings,
                  int64_t now_us, struct mail *mail);

#endif
