/* SHA-256 (FIPS 180-4), by OpenSSL. */
#ifndef LBX_IO_HASH_H
#define LBX_IO_HASH_H

#include <stddef.h>

enum { LBX_SHA256_SIZE = 32, LBX_SHA256_HEX_SIZE = 65 };

void lbx_sha256(const void *bytes, size_t len, unsigned char ret_hash[LBX_SHA256_SIZE]);

/* Hashes one byte and the bytes behind it. RFC 6962 uses 0x00 for leaves and 0x01 for nodes. */
void lbx_sha256_prefixed(unsigned char prefix, const void *bytes, size_t len,
                         unsigned char ret_hash[LBX_SHA256_SIZE]);

/* Lower-case hex, NUL-terminated. */
void lbx_sha256_hex(const void *bytes, size_t len, char ret_hex[LBX_SHA256_HEX_SIZE]);

#endif
