/* ECDSA over P-256, by OpenSSL. A malformed key or signature does not verify. Lack of memory
 * ends the process. */
#include "io/p256.h"

#include "base/cleanup.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

LBX_DEFINE_CLEANUP(EVP_PKEY *, key, EVP_PKEY_free)
LBX_DEFINE_CLEANUP(EVP_PKEY_CTX *, key_context, EVP_PKEY_CTX_free)
LBX_DEFINE_CLEANUP(EVP_MD_CTX *, context, EVP_MD_CTX_free)

/* Makes OpenSSL's key. NULL: the bytes are no point of the curve. Compressed points have another length, and do not get here. */
static EVP_PKEY *public_key(const unsigned char key[LBX_P256_KEY_SIZE]) {
    EVP_PKEY_CTX *ctx LBX_CLEANUP(lbx_cleanup_key_context) =
        EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-256", 5),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)key, LBX_P256_KEY_SIZE),
        OSSL_PARAM_END,
    };
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1)
        abort();
    if (key[0] == 0x04 && EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    ERR_clear_error();
    return pkey;
}

bool lbx_p256_valid(const unsigned char key[LBX_P256_KEY_SIZE]) {
    EVP_PKEY *pkey LBX_CLEANUP(lbx_cleanup_key) = public_key(key);
    return pkey != NULL;
}

bool lbx_p256_verify(const unsigned char key[LBX_P256_KEY_SIZE], const void *signature,
                     size_t signature_len, const void *bytes, size_t len) {
    EVP_PKEY *pkey LBX_CLEANUP(lbx_cleanup_key) = public_key(key);
    EVP_MD_CTX *ctx LBX_CLEANUP(lbx_cleanup_context) = EVP_MD_CTX_new();
    if (!ctx)
        abort();
    bool good = pkey && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, signature, signature_len, bytes, len) == 1;
    ERR_clear_error();
    return good;
}
