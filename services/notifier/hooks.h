/* Webhook messages: their bodies (Slack's Block Kit, Teams's adaptive card, a CloudEvent), and their delivery.
 *
 * A message says what the mail says, and links to the portal: decisions are made there only. Text from
 * outside is plain text in it. */
#ifndef LBX_NOTIFIER_HOOKS_H
#define LBX_NOTIFIER_HOOKS_H

#include "io/settings.h"
#include "mail.h"
#include "sessions.h"

struct hooks {
    const struct lbx_settings *settings; /* borrowed */
    unsigned char seed[32];              /* private key of the signatures */
    bool has_key;
};

/* Reads the key. LBX_ERR_INVALID, logged: LOCKBOX_WEBHOOK_KEY_FILE cannot be used. */
enum lbx_err hooks_open(const struct lbx_settings *settings, struct hooks *ret_hooks)
    LBX_MUST_CHECK;

/* Writes mail->bytes in the channel's form. */
void hooks_write(struct mail *mail, const struct lbx_mail *words, const char *portal_url);

/* Posts the source's messages one by one (sessions_send_fn; context: struct hooks). 2xx is delivered; 408, 425, 429, 5xx
 * and no response are temporary; any other status is permanent, as are a redirect and an address that is not public. */
void hooks_send(void *context, struct lbx_smtp_session *session,
                const struct lbx_smtp_source *source);

#endif
