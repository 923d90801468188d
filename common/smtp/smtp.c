/* Makes a relay of its settings; session.c runs sessions with it. Fails on an invalid setting,
 * with one line that does not have the password. */
#include "smtp/smtp.h"

#include "base/email.h"
#include "smtp/dial.h"
#include "smtp/relay.h"
#include "smtp/tls.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_MS = 10 * 1000, TIMEOUT_MS = 60 * 1000 };

const char *lbx_smtp_address_check(const char *address) {
    return lbx_email_check(address ? address : "", address ? strlen(address) : 0);
}

static enum lbx_err bad(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static enum lbx_err bad(char *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, LBX_SMTP_WHY_SIZE, format, args);
    va_end(args);
    return LBX_ERR_INVALID;
}

enum lbx_err lbx_smtp_new(const struct lbx_smtp_config *config, struct lbx_smtp **ret_smtp,
                          char ret_why[LBX_SMTP_WHY_SIZE]) {
    struct lbx_smtp_url url;
    enum lbx_err err = lbx_smtp_url_parse(config->url, &url, ret_why);
    if (err)
        return err;
    if (!url.is_private && !config->plaintext_too)
        return bad(ret_why, "tls=off for another machine needs LOCKBOX_ALLOW_PLAINTEXT=yes");
    const char *password = config->password ? config->password : "";
    if (url.user[0] && !password[0])
        return bad(ret_why, "a user without a password");
    if (!url.user[0] && password[0])
        return bad(ret_why, "a password without a user in the URL");
    if (strlen(password) > LBX_SMTP_CREDENTIAL_MAX)
        return bad(ret_why, "a password longer than %d bytes", LBX_SMTP_CREDENTIAL_MAX);
    if (!lbx_dial_exported()) {
        (void)bad(ret_why,
                  "this program does not export its connect() and getaddrinfo() to libraries");
        return LBX_ERR_INTERNAL;
    }

    struct lbx_smtp *smtp = lbx_calloc(sizeof *smtp);
    smtp->url = url;
    (void)snprintf(smtp->name, sizeof smtp->name, "%s:%u", url.host, url.port);
    strcpy(smtp->password, password);
    smtp->connect_timeout_ms =
        config->connect_timeout_ms ? config->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    smtp->timeout_ms = config->timeout_ms ? config->timeout_ms : TIMEOUT_MS;
    if (gethostname(smtp->hostname, sizeof smtp->hostname - 1) != 0 ||
        !lbx_email_domain_valid(smtp->hostname, strlen(smtp->hostname)))
        strcpy(smtp->hostname, "localhost");
    if (url.tls) {
        smtp->tls = lbx_smtp_tls_new(url.host, config->ca_file);
        if (!smtp->tls) {
            lbx_smtp_free(smtp);
            return bad(ret_why, "cannot read the CA certificates of %s",
                       config->ca_file ? config->ca_file : "this system");
        }
    }
    *ret_smtp = smtp;
    return LBX_OK;
}

void lbx_smtp_free(struct lbx_smtp *smtp) {
    if (!smtp)
        return;
    SSL_CTX_free(smtp->tls);
    OPENSSL_cleanse(smtp->password, sizeof smtp->password);
    free(smtp);
}
