/* A message's result, by libesmtp's record of the replies. */
#ifndef LBX_SMTP_VERDICT_H
#define LBX_SMTP_VERDICT_H

#include "smtp/smtp.h"

/* libesmtp.h declares smtp_starttls_set_ctx only after openssl/ssl.h, smtp_auth_set_context only
 * after auth-client.h. */
#include <openssl/ssl.h>

#include <auth-client.h>
#include <libesmtp.h>

/* Whether the replies decide the result; if so, *result is it. */
bool lbx_smtp_verdict(smtp_message_t message, smtp_recipient_t recipient,
                      struct lbx_smtp_result *result);

/* A temporary result, by the reply to the message itself. */
void lbx_smtp_verdict_unclear(smtp_message_t message, struct lbx_smtp_result *result);

/* 5xx that are about this session, not this mail: not now, not without TLS or password, not
 * here. */
bool lbx_smtp_about_session(int code);

#endif
