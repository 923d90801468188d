/* Reads X.509 certificates. Verifies nothing; fails with NULL. */
#include "io/certificate.h"

#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

static const char *common_name(X509 *certificate, struct lbx_arena *arena) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *utf8 = NULL;
    if (at < 0)
        return NULL;
    int len =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    const char *name = len > 0 && !memchr(utf8, '\0', (size_t)len)
                           ? lbx_arena_memdup(arena, utf8, (size_t)len)
                           : NULL;
    OPENSSL_free(utf8);
    return name;
}

const char *lbx_certificate_common_name(const char *pem, size_t len, struct lbx_arena *arena) {
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    const char *name = certificate ? common_name(certificate, arena) : NULL;
    X509_free(certificate);
    BIO_free(bio);
    return name;
}
