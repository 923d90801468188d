/* Ed25519 by OpenSSL's EVP. A malformed key or signature does not verify. An error of OpenSSL
 * that only lack of memory explains ends the process. */
#include "io/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

LBX_DEFINE_CLEANUP(EVP_PKEY *, key, EVP_PKEY_free)
LBX_DEFINE_CLEANUP(EVP_MD_CTX *, context, EVP_MD_CTX_free)
LBX_DEFINE_CLEANUP(BIO *, bio, BIO_free_all)

bool lbx_ed25519_verify(const unsigned char key[32], const unsigned char signature[64],
                        const void *bytes, size_t len) {
    EVP_PKEY *pkey LBX_CLEANUP(lbx_cleanup_key) =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    EVP_MD_CTX *ctx LBX_CLEANUP(lbx_cleanup_context) = EVP_MD_CTX_new();
    return pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
           EVP_DigestVerify(ctx, signature, 64, bytes, len) == 1;
}

/* Any 32 bytes are a private key: OpenSSL fails only for lack of memory. */
static EVP_PKEY *private_key(const unsigned char seed[32]) {
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    if (!pkey)
        abort();
    return pkey;
}

void lbx_ed25519_sign(const unsigned char seed[32], const void *bytes, size_t len,
                      unsigned char ret_signature[64]) {
    EVP_PKEY *pkey LBX_CLEANUP(lbx_cleanup_key) = private_key(seed);
    EVP_MD_CTX *ctx LBX_CLEANUP(lbx_cleanup_context) = EVP_MD_CTX_new();
    size_t size = 64;
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) != 1 ||
        EVP_DigestSign(ctx, ret_signature, &size, bytes, len) != 1)
        abort();
}

void lbx_ed25519_public(const unsigned char seed[32], unsigned char ret_key[32]) {
    EVP_PKEY *pkey LBX_CLEANUP(lbx_cleanup_key) = private_key(seed);
    size_t size = 32;
    if (EVP_PKEY_get_raw_public_key(pkey, ret_key, &size) != 1)
        abort();
}

/* Refuses a password. OpenSSL would otherwise ask for it on the terminal where a PEM key is encrypted. */
static int no_password(char *buf, int size, int for_writing, void *context) {
    (void)buf, (void)size, (void)for_writing, (void)context;
    return -1;
}

enum lbx_err lbx_ed25519_pem_read(const char *text, size_t len, unsigned char ret_seed[32]) {
    BIO *bio LBX_CLEANUP(lbx_cleanup_bio) =
        len <= INT32_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
    EVP_PKEY *pkey LBX_CLEANUP(lbx_cleanup_key) =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    size_t size = 32;
    ERR_clear_error();
    if (!pkey || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_private_key(pkey, ret_seed, &size) != 1)
        return LBX_ERR_INVALID;
    return LBX_OK;
}

void lbx_ed25519_pem_write(const unsigned char seed[32], struct lbx_buf *out) {
    EVP_PKEY *pkey LBX_CLEANUP(lbx_cleanup_key) = private_key(seed);
    BIO *bio LBX_CLEANUP(lbx_cleanup_bio) = BIO_new(BIO_s_mem());
    char *text;
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    long len = BIO_get_mem_data(bio, &text);
    lbx_buf_add(out, text, (size_t)len);
}
