/* Makes a mail by templates and MIME. Promises one letter for recipients of one request with the
 * same words, each with a copy. Fails with a permanent result of the mail; wrong templates or
 * settings stop the start. */
#include "compose.h"

#include "hooks.h"
#include "io/folder.h"

#include <stdio.h>
#include <string.h>

void composer_begin(struct composer *composer, int64_t now_us) {
    composer->now_us = now_us;
    composer->first = NULL;
}

void composer_done(struct composer *composer) {
    lbx_mail_done(&composer->words);
    lbx_mime_letter_done(&composer->letter);
}

/* ---- mails ---- */

/* Whether two mails have the same words, so that one letter serves both. */
static bool same_letter(const struct mail *one, const struct mail *other) {
    return one && one->request == other->request && one->change == other->change &&
           one->missing == other->missing && one->digest == other->digest &&
           one->kind == other->kind && one->reader == other->reader;
}

/* Writes the letter. All mails about a request, or a tenant's event, refer to one Message-ID,
 * which was never sent: mail readers show them as a thread. */
static enum lbx_err write_mime(struct composer *composer, const struct mail *mail) {
    const struct lbx_mail *words = &composer->words;
    const struct lbx_settings *settings = composer->settings;
    char thread[LBX_SMTP_ADDRESS_MAX + 3], list_id[LBX_SMTP_ADDRESS_MAX + 1];
    const char *domain = strrchr(settings->mail_from, '@');
    (void)snprintf(thread, sizeof thread, "<%s%s>", mail->notice_id, domain);
    (void)snprintf(list_id, sizeof list_id, "lockbox.%s", domain + 1);
    const struct lbx_mime mime = {
        .from = settings->mail_from,
        .from_name = "Customer Lockbox",
        .to = mail->recipient,
        .subject = words->subject.data,
        .date = mail->queued_at,
        .message_id = mail->message_id,
        .in_reply_to = thread,
        .references = thread,
        .list_id = list_id,
        .traceparent = mail->cause.trace.parent,
        .tracestate = mail->cause.trace.state,
        .text = words->text.data,
        .text_len = words->text.len,
        .html = words->html.data,
        .html_len = words->html.len,
    };
    return lbx_mime_letter_write(&mime, &composer->letter);
}

static enum lbx_err write_words(struct composer *composer, const struct mail *mail) {
    const struct lbx_mail_input input = {
        .request = mail->request,
        .change = mail->change,
        .missing = mail->missing,
        .digest = mail->digest,
        .kind = (enum lbx_mail_kind)mail->kind,
        .reader = mail->reader,
        .portal_url = composer->settings->portal_url,
        .ticket_title = mail->ticket_title,
        .now = composer->now_us,
    };
    return lbx_mail_write(composer->templates, &input, &composer->words);
}

static enum lbx_err write_letter(struct composer *composer, const struct mail *mail) {
    enum lbx_err err = write_words(composer, mail);
    if (err == LBX_OK)
        err = write_mime(composer, mail);
    composer->first = err == LBX_OK ? mail : NULL;
    return err;
}

static enum lbx_err write_bytes(struct composer *composer, struct mail *mail) {
    enum lbx_err err = same_letter(composer->first, mail) ? LBX_OK : write_letter(composer, mail);
    if (err != LBX_OK)
        return err;
    return lbx_mime_letter_copy(&composer->letter, mail->recipient, mail->queued_at,
                                mail->message_id, &mail->bytes);
}

/* Writes the body for a webhook from the mail's words. These overwrite the letter, if there is one. */
static enum lbx_err write_hook(struct composer *composer, struct mail *mail) {
    enum lbx_err err = write_words(composer, mail);
    composer->first = NULL;
    if (err == LBX_OK)
        hooks_write(mail, &composer->words, composer->settings->portal_url);
    return err;
}

bool compose(struct composer *composer, struct mail *mail) {
    const char *bad = lbx_smtp_address_check(mail->recipient);
    if (!mail->request && !mail->change && !mail->missing && !mail->digest)
        bad = "what it tells of cannot be read";
    if (mail->channel && !mail->webhook_url)
        bad = "the webhook was removed";
    enum lbx_err err = bad             ? LBX_ERR_INVALID
                       : mail->channel ? write_hook(composer, mail)
                                       : write_bytes(composer, mail);
    mail->message = (struct lbx_smtp_message){
        .from = composer->settings->mail_from,
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

/* ---- templates ---- */

/* Logs one line for each reason. */
static void log_reasons(struct lbx_buf *reasons) {
    char *rest = reasons->data;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            (void)lbx_settings_refuse("LOCKBOX_TEMPLATE_DIR", line);
}

/* Whether a link leads to a web page: http or https. */
static bool is_page(const char *url) {
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

static enum lbx_err load(const char *folder, struct lbx_arena *arena,
                         struct lbx_mail_templates **ret_templates) {
    struct lbx_file *files = NULL;
    size_t count = 0;
    char why[LBX_FOLDER_WHY_SIZE];
    struct lbx_buf reasons LBX_BUF = {0};
    enum lbx_err err = LBX_OK;
    if (folder[0])
        err = lbx_folder_read(folder, lbx_mail_template_endings, LBX_MAIL_TEMPLATE_MAX, arena,
                              &files, &count, why);
    if (err != LBX_OK)
        return lbx_settings_refuse("LOCKBOX_TEMPLATE_DIR", why);
    err = lbx_mail_templates_new(files, count, ret_templates, &reasons);
    if (err != LBX_OK)
        log_reasons(&reasons);
    return err;
}

enum lbx_err compose_open_templates(const struct lbx_settings *settings,
                                    struct lbx_mail_templates **ret_templates) {
    struct lbx_arena arena;
    if (!is_page(settings->portal_url))
        return lbx_settings_refuse("LOCKBOX_PORTAL_URL",
                                   "takes an address that begins with https:// or http://");
    lbx_arena_init(&arena);
    enum lbx_err err = load(settings->template_dir, &arena, ret_templates);
    lbx_arena_done(&arena);
    return err;
}
