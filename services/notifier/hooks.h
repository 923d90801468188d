/* Messages to webhooks: their bodies (Slack's Block Kit, Teams' adaptive card, a CloudEvent), and posting them.
 *
 * A message says what a mail says and leads to the portal: nobody decides by it. Everything from outside is plain text in it.
 */
#ifndef LBX_NOTIFIER_HOOKS_H
#define LBX_NOTIFIER_HOOKS_H

#include "io/settings.h"
#include "mail.h"
#include "sessions.h"

struct hooks {
    const struct lbx_settings *settings; /* borrowed */
    unsigned char seed[32];              /* of the key that signs */
    bool has_key;
};

/* Reads the key. LBX_ERR_INVALID, logged: LOCKBOX_WEBHOOK_KEY_FILE cannot be used. */
enum lbx_err hooks_open(const struct lbx_settings *settings, struct hooks *ret_hooks)
    LBX_MUST_CHECK;

/* Writes mail->bytes. */
void hooks_write(struct mail *mail, const struct lbx_mail *words, const char *portal_url);

/* Posts what the source has, one message after the other (sessions_send_fn; context: struct hooks). 2xx is delivered; 408, 425, 429,
 * 5xx and no answer are temporary; everything else is for good, a redirect and an address that is not public, too. */
void hooks_send(void *context, struct lbx_smtp_session *session,
                const struct lbx_smtp_source *source);

#endif
