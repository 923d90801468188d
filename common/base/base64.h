/* base64 (RFC 4648): with padding (section 4) for PEM and signed notes, and base64url without
 * padding (section 5) for JOSE. Strict: each byte string has one text. */
#ifndef LBX_BASE_BASE64_H
#define LBX_BASE_BASE64_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Decodes into at most cap bytes. False: a character outside the alphabet, an impossible length,
 * bits left over, or more than cap bytes. */
bool lbx_base64url_decode(const char *text, size_t len, void *ret_bytes, size_t cap,
                          size_t *ret_len);

/* As above, with padding. */
bool lbx_base64_decode(const char *text, size_t len, void *ret_bytes, size_t cap, size_t *ret_len);
void lbx_base64_encode(const void *bytes, size_t len, struct lbx_buf *out);

#endif
