/* ECDSA over the curve P-256 with SHA-256 (FIPS 186-5), by OpenSSL. A public key is its point,
 * uncompressed: 0x04, x, y (SEC 1, 2.3.3). */
#ifndef LBX_IO_P256_H
#define LBX_IO_P256_H

#include <stdbool.h>
#include <stddef.h>

enum { LBX_P256_KEY_SIZE = 65 };

/* Whether the bytes are a point of the curve. */
bool lbx_p256_valid(const unsigned char key[LBX_P256_KEY_SIZE]);

/* signature: DER (RFC 3279, 2.2.3). */
bool lbx_p256_verify(const unsigned char key[LBX_P256_KEY_SIZE], const void *signature,
                     size_t signature_len, const void *bytes, size_t len);

#endif
