/* The mail relays, in the order they are to be tried.
 *
 * A message goes to the first that works. One that fails (no connection, no TLS, no login, or it
 * breaks off or turns us away) is tried last for a while, and then first again. A relay's answer to
 * a message is that message's result: no other relay is asked.
 */
#ifndef LBX_SMTP_RELAYS_H
#define LBX_SMTP_RELAYS_H

#include "smtp/smtp.h"

#include <stdint.h>

struct lbx_relays;

/* config->url: one URL or several, spaces or commas between. The password is for those with a user.
 * down_for_us: how long a relay that failed is tried last. Errors as lbx_smtp_new's. */
enum lbx_err lbx_relays_new(const struct lbx_smtp_config *config, int64_t down_for_us,
                            struct lbx_relays **ret_relays, char ret_why[LBX_SMTP_WHY_SIZE])
    LBX_MUST_CHECK;
void lbx_relays_free(struct lbx_relays *relays);

LBX_DEFINE_CLEANUP(struct lbx_relays *, relays, lbx_relays_free)

/* Sends what the source has, in as many sessions as it takes, until it has no more, a relay broke
 * off in a message, or a better relay may be back: then call again. Every message is done. For
 * several threads at a time, a session each. */
void lbx_relays_send(struct lbx_relays *relays, struct lbx_smtp_session *session,
                     const struct lbx_smtp_source *source);

#endif
