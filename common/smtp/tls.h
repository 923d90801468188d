/* The TLS of smtp/smtp.h: one context for all sessions of a relay. */
#ifndef LBX_SMTP_TLS_H
#define LBX_SMTP_TLS_H

#include <openssl/ssl.h>

/* For sessions with host, a name or an IPv4 address, which the certificate must be valid for. One
 * context for all of them: libesmtp's own is freed by its first session and used by the second. TLS
 * 1.2 because its polling loop can wait for ever under 1.3. ca_file: PEM, NULL: the system's. NULL:
 * they cannot be read. Freed with SSL_CTX_free. */
SSL_CTX *lbx_smtp_tls_new(const char *host, const char *ca_file);

/* What the last check of a chain on this thread found wrong: an X509_V_ERR_*, else as it was set
 * before. */
extern _Thread_local long lbx_smtp_certificate_error;

#endif
