/* Ed25519 (RFC 8032), by OpenSSL. */
#ifndef LBX_IO_ED25519_H
#define LBX_IO_ED25519_H

#include <stdbool.h>
#include <stddef.h>

bool lbx_ed25519_verify(const unsigned char key[32], const unsigned char signature[64],
                        const void *bytes, size_t len);

#endif
