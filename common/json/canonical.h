/* RFC 8785, the JSON Canonicalization Scheme: one text for each value. */
#ifndef LBX_JSON_CANONICAL_H
#define LBX_JSON_CANONICAL_H

#include "base/buf.h"
#include "json/node.h"

/* Appends canonical JSON. False: the value has none, as it has an integer beyond 2^53 - 1; *ret_why, static, says so. */
bool lbx_canonical_add(const struct lbx_node *value, struct lbx_buf *out, const char **ret_why);

#endif
