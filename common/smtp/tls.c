/* Makes the SSL_CTX for all sessions of a relay: TLS 1.2, a certificate valid for the configured
 * host, no client certificate. Fails closed: without readable authorities there is no context. */
#include "smtp/tls.h"

#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>

_Thread_local long lbx_smtp_certificate_error;

static int on_certificate(int ok, X509_STORE_CTX *store) {
    if (!ok)
        lbx_smtp_certificate_error = X509_STORE_CTX_get_error(store);
    return ok;
}

SSL_CTX *lbx_smtp_tls_new(const char *host, const char *ca_file) {
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        return NULL;
    X509_VERIFY_PARAM *verify = SSL_CTX_get0_param(tls);
    struct in_addr ip;
    bool is_ip = inet_pton(AF_INET, host, &ip) == 1;
    bool made = SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
                SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION) == 1 &&
                (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(verify, host)
                       : X509_VERIFY_PARAM_set1_host(verify, host, 0)) == 1 &&
                (ca_file ? SSL_CTX_load_verify_file(tls, ca_file)
                         : SSL_CTX_set_default_verify_paths(tls)) == 1;
    if (!made) {
        SSL_CTX_free(tls);
        return NULL;
    }
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, on_certificate);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return tls;
}

/* Keeps libesmtp from finding a client certificate below $XDG_CONFIG_DIR or $HOME/.config: it
 * refuses TLS where it may not look, and frees a found certificate twice. Runs before main,
 * because setenv is not thread-safe. */
__attribute__((constructor)) static void no_client_certificate(void) {
    if (setenv("XDG_CONFIG_DIR", "/nonexistent", 1) != 0)
        abort();
}
