/* RFC 8785, the JSON Canonicalization Scheme: one text for each value. */
#ifndef LBX_JSON_CANONICAL_H
#define LBX_JSON_CANONICAL_H

#include "base/buf.h"
#include "json/dom.h"

/* Appends canonical JSON. False: *ret_why, static, says what has none: an integer beyond 2^53 - 1. */
bool lbx_canonical_add(const json_t *value, struct lbx_buf *out, const char **ret_why);

/* Below, at or above 0, by UTF-16 code units (RFC 8785, 3.2.3). */
int lbx_utf16_compare(const char *a, const char *b);

#endif
