#include "writer.h"

#include "io/mime.h"

#include <stdio.h>
#include <string.h>

static enum lbx_err compose(const struct lbx_mail_templates *templates,
                            const struct lbx_settings *settings, int64_t now_us,
                            struct mail *mail) {
    struct lbx_mail words LBX_CLEANUP(lbx_mail_done) = {0};
    char thread[128], list_id[128];
    const char *domain = strrchr(settings->mail_from, '@');
    snprintf(thread, sizeof thread, "<%s%.80s>", mail->request_id, domain ? domain : "@localhost");
    snprintf(list_id, sizeof list_id, "lockbox.%.80s", domain ? domain + 1 : "localhost");
    const struct lbx_mail_input input = {
        .request = mail->request,
        .kind = (enum lbx_mail_kind)mail->kind,
        .reader = mail->reader,
        .portal_url = settings->portal_url,
        .ticket_title = mail->ticket_title,
        .now = now_us,
    };
    enum lbx_err err = lbx_mail_write(templates, &input, &words);
    if (err != LBX_OK)
        return err;
    const struct lbx_mime mime = {
        .from = settings->mail_from,
        .from_name = "Customer Lockbox",
        .to = mail->recipient,
        .subject = words.subject.data,
        .date = mail->queued_at,
        .message_id = mail->message_id,
        .in_reply_to = thread, /* a mail that was never sent: all of a request hang on it */
        .references = thread,
        .list_id = list_id,
        .text = words.text.data,
        .text_len = words.text.len,
        .html = words.html.data,
        .html_len = words.html.len,
    };
    return lbx_mime_write(&mime, &mail->bytes);
}

bool writer_write(const struct lbx_mail_templates *templates, const struct lbx_settings *settings,
                  int64_t now_us, struct mail *mail) {
    const char *bad = lbx_smtp_address_check(mail->recipient);
    if (!mail->request)
        bad = "what it tells of cannot be read";
    enum lbx_err err = bad ? LBX_ERR_INVALID : compose(templates, settings, now_us, mail);
    mail->message = (struct lbx_smtp_message){
        .from = settings->mail_from,
        .to = mail->recipient,
        .bytes = mail->bytes.data,
        .len = mail->bytes.len,
    };
    if (err == LBX_OK)
        return true;
    mail->message.result.outcome = LBX_SMTP_PERMANENT;
    snprintf(mail->message.result.reply, sizeof mail->message.result.reply, "not sent: %s",
             bad ? bad : lbx_err_text(err));
    return false;
}
