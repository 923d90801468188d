/* SHA-256 by OpenSSL, with a context for each thread. Cannot fail: if OpenSSL has no SHA-256 the process ends. */
#include "io/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* A context for each thread. OpenSSL's one-shot functions look up the algorithm by name each
 * time, which costs more than hashing a node of a tree. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t ended; /* its destructor frees a thread's context */
static const EVP_MD *sha256;
static _Thread_local EVP_MD_CTX *context;

static void free_context(void *held) {
    EVP_MD_CTX_free(held);
}

static void prepare(void) {
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256 || pthread_key_create(&ended, free_context) != 0)
        abort();
}

static EVP_MD_CTX *begin(void) {
    if (!context) {
        (void)pthread_once(&once, prepare);
        context = EVP_MD_CTX_new();
        if (!context || pthread_setspecific(ended, context) != 0)
            abort();
    }
    if (EVP_DigestInit_ex(context, sha256, NULL) != 1)
        abort();
    return context;
}

static void end(EVP_MD_CTX *ctx, const void *bytes, size_t len,
                unsigned char ret_hash[LBX_SHA256_SIZE]) {
    if (EVP_DigestUpdate(ctx, bytes, len) != 1 || EVP_DigestFinal_ex(ctx, ret_hash, NULL) != 1)
        abort();
}

void lbx_sha256(const void *bytes, size_t len, unsigned char ret_hash[LBX_SHA256_SIZE]) {
    end(begin(), bytes, len, ret_hash);
}

void lbx_sha256_prefixed(unsigned char prefix, const void *bytes, size_t len,
                         unsigned char ret_hash[LBX_SHA256_SIZE]) {
    EVP_MD_CTX *ctx = begin();
    if (EVP_DigestUpdate(ctx, &prefix, 1) != 1)
        abort();
    end(ctx, bytes, len, ret_hash);
}

void lbx_sha256_hex(const void *bytes, size_t len, char ret_hex[LBX_SHA256_HEX_SIZE]) {
    unsigned char hash[LBX_SHA256_SIZE];
    lbx_sha256(bytes, len, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
}
