#include "writer.h"

#include <stdio.h>
#include <string.h>

void writer_done(struct writer *writer) {
    lbx_mail_done(&writer->words);
    lbx_mime_letter_done(&writer->letter);
}

/* Whether one letter serves both: one request's approvers stand side by side. */
static bool same_letter(const struct mail *one, const struct mail *other) {
    return one && one->request == other->request && one->kind == other->kind &&
           one->reader == other->reader;
}

static enum lbx_err put_in_letter(struct writer *writer, const struct mail *mail) {
    const struct lbx_mail *words = &writer->words;
    const struct lbx_settings *settings = writer->settings;
    char thread[LBX_SMTP_ADDRESS_MAX + 3], list_id[LBX_SMTP_ADDRESS_MAX + 1];
    const char *domain = strrchr(settings->mail_from, '@');
    (void)snprintf(thread, sizeof thread, "<%s%s>", mail->request_id, domain);
    (void)snprintf(list_id, sizeof list_id, "lockbox.%s", domain + 1);
    const struct lbx_mime mime = {
        .from = settings->mail_from,
        .from_name = "Customer Lockbox",
        .to = mail->recipient,
        .subject = words->subject.data,
        .date = mail->queued_at,
        .message_id = mail->message_id,
        .in_reply_to = thread, /* a mail that was never sent: all of a request hang on it */
        .references = thread,
        .list_id = list_id,
        .text = words->text.data,
        .text_len = words->text.len,
        .html = words->html.data,
        .html_len = words->html.len,
    };
    return lbx_mime_letter_write(&mime, &writer->letter);
}

static enum lbx_err write_letter(struct writer *writer, const struct mail *mail) {
    const struct lbx_mail_input input = {
        .request = mail->request,
        .kind = (enum lbx_mail_kind)mail->kind,
        .reader = mail->reader,
        .portal_url = writer->settings->portal_url,
        .ticket_title = mail->ticket_title,
        .now = writer->now_us,
    };
    enum lbx_err err = lbx_mail_write(writer->templates, &input, &writer->words);
    if (err == LBX_OK)
        err = put_in_letter(writer, mail);
    writer->first = err == LBX_OK ? mail : NULL;
    return err;
}

static enum lbx_err compose(struct writer *writer, struct mail *mail) {
    enum lbx_err err = same_letter(writer->first, mail) ? LBX_OK : write_letter(writer, mail);
    return err != LBX_OK ? err
                         : lbx_mime_letter_copy(&writer->letter, mail->recipient, mail->queued_at,
                                                mail->message_id, &mail->bytes);
}

bool writer_write(struct writer *writer, struct mail *mail) {
    const char *bad = lbx_smtp_address_check(mail->recipient);
    if (!mail->request)
        bad = "what it tells of cannot be read";
    enum lbx_err err = bad ? LBX_ERR_INVALID : compose(writer, mail);
    mail->message = (struct lbx_smtp_message){
        .from = writer->settings->mail_from,
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
