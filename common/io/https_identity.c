/* GnuTLS credentials with a reference count, as sessions point to credentials without owning them. Fails as lbx_https_check. */
#include "io/https_identity.h"

#include "base/memory.h"
#include "io/https.h"

#include <stdlib.h>
#include <string.h>

static gnutls_datum_t datum(const char *pem) {
    return (gnutls_datum_t){.data = (unsigned char *)pem, .size = (unsigned)strlen(pem)};
}

enum lbx_err lbx_https_identity_new(const struct lbx_https_files *files,
                                    struct lbx_https_identity **ret_identity) {
    const gnutls_datum_t certificate = datum(files->certificate), key = datum(files->key),
                         client_ca = datum(files->client_ca);
    gnutls_certificate_credentials_t credentials;
    if (gnutls_certificate_allocate_credentials(&credentials) != 0)
        return LBX_ERR_UNAVAILABLE;
    if (gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM) <
            0 ||
        gnutls_certificate_set_x509_trust_mem(credentials, &client_ca, GNUTLS_X509_FMT_PEM) < 1) {
        gnutls_certificate_free_credentials(credentials);
        return LBX_ERR_INVALID;
    }
    struct lbx_https_identity *identity = lbx_calloc(sizeof *identity);
    identity->credentials = credentials;
    identity->holders = 1;
    *ret_identity = identity;
    return LBX_OK;
}

enum lbx_err lbx_https_check(const struct lbx_https_files *files) {
    struct lbx_https_identity *identity;
    enum lbx_err err = lbx_https_identity_new(files, &identity);
    if (err == LBX_OK)
        lbx_https_identity_release(identity);
    return err;
}

struct lbx_https_identity *lbx_https_identity_hold(struct lbx_https_identity *identity) {
    identity->holders++;
    return identity;
}

void lbx_https_identity_release(struct lbx_https_identity *identity) {
    if (!identity || --identity->holders > 0)
        return;
    gnutls_certificate_free_credentials(identity->credentials);
    free(identity);
}
