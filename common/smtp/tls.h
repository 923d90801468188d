/* TLS for smtp/smtp.h: one context for all sessions of a relay. */
#ifndef LBX_SMTP_TLS_H
#define LBX_SMTP_TLS_H

#include <openssl/ssl.h>

/* Makes a context for sessions with host, a name or an IPv4 address that the certificate must be
 * valid for. libesmtp's own context is freed by its first session and used by the second. TLS
 * 1.2, as libesmtp's poll loop can hang under 1.3. ca_file: PEM; NULL: the system's authorities.
 * NULL: the authorities are unreadable. Released by SSL_CTX_free. */
SSL_CTX *lbx_smtp_tls_new(const char *host, const char *ca_file);

/* The error of this thread's last chain verification, an X509_V_ERR_*; unchanged where there was
 * none. */
extern _Thread_local long lbx_smtp_certificate_error;

#endif
