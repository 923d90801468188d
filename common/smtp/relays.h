/* The mail relays, in the order of preference.
 *
 * A message goes to the first one that works. A relay that fails (no connection, no TLS, no
 * login, a lost connection, or a refusal of the session) is tried last for a while. A relay's
 * reply to a message is the message's result: no other relay is tried. */
#ifndef LBX_SMTP_RELAYS_H
#define LBX_SMTP_RELAYS_H

#include "smtp/smtp.h"

#include <stdint.h>

struct lbx_relays;

/* config->url: one or several URLs, separated by spaces or commas. The password is for those
 * with a user. down_for_us: how long a failed relay is tried last. Errors as lbx_smtp_new. */
enum lbx_err lbx_relays_new(const struct lbx_smtp_config *config, int64_t down_for_us,
                            struct lbx_relays **ret_relays, char ret_why[LBX_SMTP_WHY_SIZE])
    LBX_MUST_CHECK;
void lbx_relays_free(struct lbx_relays *relays);

LBX_DEFINE_CLEANUP(struct lbx_relays *, relays, lbx_relays_free)

/* Sends the source's messages, in as many sessions as needed. Returns when the source is empty,
 * a relay broke off in a message, or a preferred relay may be up again: then call again. Each
 * message is done. For several threads at a time, each with its session. */
void lbx_relays_send(struct lbx_relays *relays, struct lbx_smtp_session *session,
                     const struct lbx_smtp_source *source);

#endif
