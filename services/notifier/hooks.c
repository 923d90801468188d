/* Writes and posts webhook messages. Promises https only, public addresses only (unless a setting allows others), a signature
 * on each CloudEvent (Standard Webhooks, v1a), and no URL in log or ledger. Fails with a result of the message. */
#include "hooks.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/time.h"
#include "base/webhook.h"
#include "io/ed25519.h"
#include "io/fetch.h"
#include "io/secret.h"
#include "mail/values.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 64 * 1024, ANSWER_MAX = 64 * 1024, TIMEOUT_S = 10 };
/* Limits of Slack's header and section, in characters; Teams has 28 KB for all. They are compared with bytes, which are never fewer. */
enum { TITLE_MAX = 150, SLACK_TEXT_MAX = 3000, TEAMS_TEXT_MAX = 16 * 1024 };

enum lbx_err hooks_open(const struct lbx_settings *settings, struct hooks *ret_hooks) {
    static const char setting[] = "LOCKBOX_WEBHOOK_KEY_FILE";
    struct lbx_buf text LBX_BUF = {0};
    char why[LBX_SECRET_WHY_SIZE];
    *ret_hooks = (struct hooks){.settings = settings};
    if (!settings->webhook_key_file[0])
        return LBX_OK;
    if (!lbx_secret_read(settings->webhook_key_file, KEY_FILE_MAX, &text, why))
        return lbx_settings_refuse(setting, why);
    enum lbx_err err = lbx_ed25519_pem_read(text.data, text.len, ret_hooks->seed);
    explicit_bzero(text.data, text.len);
    ret_hooks->has_key = err == LBX_OK;
    return err == LBX_OK ? LBX_OK
                         : lbx_settings_refuse(setting, "takes an Ed25519 private key in PEM");
}

/* ---- bodies ---- */

/* Appends a JSON string of at most `most` bytes, cut between characters. */
static void put_text(struct lbx_buf *out, const struct lbx_buf *text, size_t most) {
    size_t len = text->len;
    if (len > most) {
        len = most;
        while (len > 0 && ((unsigned char)text->data[len] & 0xC0) == 0x80)
            len--;
    }
    lbx_buf_json_str(out, text->data ? text->data : "", len);
}

static void put_member(struct lbx_buf *out, const char *name, const char *value) {
    if (!value)
        return;
    lbx_buf_printf(out, ",\"%s\":", name);
    lbx_buf_json_str(out, value, strlen(value));
}

static void write_slack(const struct lbx_mail *words, const char *link, struct lbx_buf *out) {
    lbx_buf_str(out, "{\"text\":");
    put_text(out, &words->subject, TITLE_MAX);
    lbx_buf_str(
        out,
        ",\"blocks\":[{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"emoji\":false,\"text\":");
    put_text(out, &words->subject, TITLE_MAX);
    lbx_buf_str(
        out,
        "}},{\"type\":\"section\",\"text\":{\"type\":\"plain_text\",\"emoji\":false,\"text\":");
    put_text(out, &words->text, SLACK_TEXT_MAX);
    lbx_buf_str(
        out,
        "}},{\"type\":\"actions\",\"elements\":[{\"type\":\"button\",\"text\":{\"type\":\"plain_text\","
        "\"text\":\"Open in the portal\"}");
    put_member(out, "url", link);
    lbx_buf_str(out, "}]}]}");
}

/* Writes an adaptive card. Untrusted text is in TextRuns, which have no markup; TextBlocks have. */
static void write_teams(const struct lbx_mail *words, const char *link, struct lbx_buf *out) {
    lbx_buf_str(
        out,
        "{\"type\":\"message\",\"attachments\":[{\"contentType\":\"application/vnd.microsoft.card.adaptive\","
        "\"content\":{\"$schema\":\"http://adaptivecards.io/schemas/adaptive-card.json\","
        "\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"body\":[{\"type\":\"RichTextBlock\",\"inlines\":"
        "[{\"type\":\"TextRun\",\"size\":\"Large\",\"weight\":\"Bolder\",\"text\":");
    put_text(out, &words->subject, TITLE_MAX);
    lbx_buf_str(out,
                "}]},{\"type\":\"RichTextBlock\",\"inlines\":[{\"type\":\"TextRun\",\"text\":");
    put_text(out, &words->text, TEAMS_TEXT_MAX);
    lbx_buf_str(out,
                "}]}],\"actions\":[{\"type\":\"Action.OpenUrl\",\"title\":\"Open in the portal\"");
    put_member(out, "url", link);
    lbx_buf_str(out, "}]}}]}");
}

static void write_event(const struct mail *mail, const struct lbx_mail *words, const char *link,
                        struct lbx_buf *out) {
    char at[LBX_TIME_SIZE];
    lbx_time_format(mail->queued_at, at);
    lbx_buf_printf(
        out,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/lockbox/notifier\","
        "\"type\":\"lockbox.webhook.message.v1\",\"time\":\"%s\","
        "\"datacontenttype\":\"application/json\",\"data\":{\"kind\":\"%s\",\"version\":%" PRId64,
        mail->id, at, lbx_mail_kind_names[mail->kind], mail->version);
    put_member(out, "tenant_id", mail->tenant_id);
    put_member(out, "request_id", mail->request_id);
    put_member(out, "link", link);
    lbx_buf_str(out, ",\"subject\":");
    put_text(out, &words->subject, SIZE_MAX);
    lbx_buf_str(out, ",\"text\":");
    put_text(out, &words->text, SIZE_MAX);
    lbx_buf_str(out, "}}");
}

void hooks_write(struct mail *mail, const struct lbx_mail *words, const char *portal_url) {
    struct lbx_buf link LBX_BUF = {0};
    lbx_mail_link(portal_url, mail->request_id, &link);
    switch ((enum lbx_webhook_format)mail->channel) {
    case LBX_WEBHOOK_SLACK:
        write_slack(words, link.data, &mail->bytes);
        break;
    case LBX_WEBHOOK_TEAMS:
        write_teams(words, link.data, &mail->bytes);
        break;
    case LBX_WEBHOOK_CLOUDEVENTS:
        write_event(mail, words, link.data, &mail->bytes);
        break;
    case LBX_WEBHOOK_NONE:
    case LBX_WEBHOOK_END:
        break;
    }
}

/* ---- posting ---- */

static struct mail *mail_of(struct lbx_smtp_message *message) {
    return (struct mail *)((char *)message - offsetof(struct mail, message));
}

static bool must_stop(void *session) {
    return lbx_smtp_session_is_cut(session);
}

static void say(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome, const char *why) {
    result->outcome = outcome;
    (void)snprintf(result->reply, sizeof result->reply, "%s", why);
}

/* Signs by Standard Webhooks 1.0: Ed25519 over "id.timestamp.body". */
static void sign(const struct hooks *hooks, const struct mail *mail, struct lbx_buf headers[3]) {
    struct lbx_buf bytes LBX_BUF = {0};
    unsigned char signature[64];
    const int64_t now_s = lbx_realtime_us() / LBX_SECOND_US;
    lbx_buf_printf(&bytes, "%s.%" PRId64 ".", mail->id, now_s);
    lbx_buf_add(&bytes, mail->bytes.data, mail->bytes.len);
    lbx_ed25519_sign(hooks->seed, bytes.data, bytes.len, signature);
    lbx_buf_printf(&headers[0], "webhook-id: %s", mail->id);
    lbx_buf_printf(&headers[1], "webhook-timestamp: %" PRId64, now_s);
    lbx_buf_str(&headers[2], "webhook-signature: v1a,");
    lbx_base64_encode(signature, sizeof signature, &headers[2]);
}

static void judge(enum lbx_err err, const struct lbx_answer *answer, const char *why,
                  struct lbx_smtp_result *result) {
    const long status = answer->status;
    const bool later = status >= 500 || status == 408 || status == 425 || status == 429;
    char words[32];
    if (err == LBX_ERR_REFUSED || err == LBX_ERR_INVALID) {
        say(result, LBX_SMTP_PERMANENT,
            "not sent: its address is not public (LOCKBOX_WEBHOOK_PRIVATE)");
    } else if (err != LBX_OK && err != LBX_ERR_LIMIT) {
        say(result, LBX_SMTP_TEMPORARY, why);
    } else {
        (void)snprintf(words, sizeof words, "HTTP %ld", status);
        result->code = (int)status;
        say(result,
            status >= 200 && status <= 299 ? LBX_SMTP_DELIVERED
            : later                        ? LBX_SMTP_TEMPORARY
                                           : LBX_SMTP_PERMANENT,
            words);
    }
}

static void post(const struct hooks *hooks, struct lbx_smtp_session *session, struct mail *mail) {
    struct lbx_buf headers[3] = {0};
    const bool is_event = mail->channel == LBX_WEBHOOK_CLOUDEVENTS;
    if (is_event && !hooks->has_key) {
        say(&mail->message.result, LBX_SMTP_PERMANENT,
            "not sent: there is no LOCKBOX_WEBHOOK_KEY_FILE to sign it by");
        return;
    }
    if (is_event)
        sign(hooks, mail, headers);
    const struct lbx_fetch_hook hook = {
        .url = mail->webhook_url,
        .content_type =
            is_event ? "application/cloudevents+json; charset=UTF-8" : "application/json",
        .headers = (const char *const[]){headers[0].data, headers[1].data, headers[2].data, NULL},
        .ca_file = hooks->settings->webhook_ca_file[0] ? hooks->settings->webhook_ca_file : NULL,
        .private_too = hooks->settings->webhook_private,
        .timeout_s = TIMEOUT_S,
        .stop = must_stop,
        .context = session,
    };
    struct lbx_answer answer = {0};
    const char *why = "";
    enum lbx_err err = lbx_fetch_hook(&hook, &mail->bytes, ANSWER_MAX, &answer, &why);
    judge(err, &answer, why, &mail->message.result);
    lbx_buf_done(&answer.body);
    for (size_t i = 0; i < 3; i++)
        lbx_buf_done(&headers[i]);
}

void hooks_send(void *context, struct lbx_smtp_session *session,
                const struct lbx_smtp_source *source) {
    for (struct lbx_smtp_message *message; (message = source->next(source->context));) {
        post(context, session, mail_of(message));
        source->done(source->context, message);
    }
}
