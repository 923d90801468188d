/* Ed25519 (RFC 8032), by OpenSSL. A private key is its 32-byte seed. */
#ifndef LBX_IO_ED25519_H
#define LBX_IO_ED25519_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

bool lbx_ed25519_verify(const unsigned char key[32], const unsigned char signature[64],
                        const void *bytes, size_t len);

void lbx_ed25519_sign(const unsigned char seed[32], const void *bytes, size_t len,
                      unsigned char ret_signature[64]);
void lbx_ed25519_public(const unsigned char seed[32], unsigned char ret_key[32]);

/* Reads a private key in PEM, PKCS #8 (RFC 8410), unencrypted. LBX_ERR_INVALID: the text is no such key. */
enum lbx_err lbx_ed25519_pem_read(const char *text, size_t len, unsigned char ret_seed[32])
    LBX_MUST_CHECK;
void lbx_ed25519_pem_write(const unsigned char seed[32], struct lbx_buf *out);

#endif
