/* RFC 8785, the JSON Canonicalization Scheme: one text for each value. */
#ifndef LBX_JSON_CANONICAL_H
#define LBX_JSON_CANONICAL_H

#include "base/buf.h"
#include "json/node.h"

/* Appends canonical JSON. False: *ret_why, static, says what has none: an integer beyond 2^53 - 1. */
bool lbx_canonical_add(const struct lbx_node *value, struct lbx_buf *out, const char **ret_why);

#endif
