/* The result of a message, from libesmtp's record of the replies. */
#ifndef LBX_SMTP_VERDICT_H
#define LBX_SMTP_VERDICT_H

#include "smtp/smtp.h"

/* libesmtp.h declares smtp_starttls_set_ctx only after openssl/ssl.h, smtp_auth_set_context only
 * after auth-client.h. */
#include <openssl/ssl.h>

#include <auth-client.h>
#include <libesmtp.h>

/* Whether the replies decide the result, which is then in *result. */
bool lbx_smtp_verdict(smtp_message_t message, smtp_recipient_t recipient,
                      struct lbx_smtp_result *result);

/* A temporary result, with the reply to the message. */
void lbx_smtp_verdict_unclear(smtp_message_t message, struct lbx_smtp_result *result);

/* Whether a 5xx is about the session instead of the mail: no service now, or not without TLS or
 * login. */
bool lbx_smtp_about_session(int code);

#endif
