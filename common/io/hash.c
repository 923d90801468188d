#include "io/hash.h"

#include <openssl/sha.h>
#include <stdio.h>

void lbx_sha256(const void *bytes, size_t len, unsigned char ret_hash[LBX_SHA256_SIZE]) {
    SHA256(bytes, len, ret_hash);
}

void lbx_sha256_hex(const void *bytes, size_t len, char ret_hex[LBX_SHA256_HEX_SIZE]) {
    unsigned char hash[LBX_SHA256_SIZE];
    lbx_sha256(bytes, len, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
}
