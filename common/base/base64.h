/* base64url without padding (RFC 4648, section 5), as JOSE uses it; strict. */
#ifndef LBX_BASE_BASE64_H
#define LBX_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes into at most cap bytes. False: a character outside the alphabet, an impossible length, bits
 * left over, or no room. */
bool lbx_base64url_decode(const char *text, size_t len, void *ret_bytes, size_t cap,
                          size_t *ret_len);

#endif
