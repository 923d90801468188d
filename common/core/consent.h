/* The bytes that a request's digest covers, and the payload of a decision's signature. Pure. */
#ifndef LBX_CORE_CONSENT_H
#define LBX_CORE_CONSENT_H

#include "core/request.h"

/* The payload of a decision's signature (a JWS; see docs/signatures.md). */
struct lbx_signed_decision {
    const char *request_id, *digest;
    int decision; /* enum lbx_decision */
    int64_t duration, iat;
    int64_t *actions;
    size_t action_count;
    const char *by; /* the signer's id; absent only with digests of version 1 */
};

extern const struct lbx_table lbx_signed_decision_table;

/* Whether the signed payload is this decision on this request. */
bool lbx_signed_decision_matches(const struct lbx_signed_decision *payload,
                                 const struct lbx_decision_submitted *decision,
                                 const struct lbx_request *request);

/* The version of new digests. */
enum { LBX_DIGEST_VERSION = 2 };

/* SHA-256 in hex, NUL-terminated (io/hash.h): this layer has no hash function. */
typedef void lbx_hash_hex_fn(const void *bytes, size_t len, char ret_hex[65]);

/* Appends the bytes of which the digest is the SHA-256 (docs/signatures.md): each field behind
 * its uint32 big-endian length, an absent one as 0xFFFFFFFF. In order: request_id, tenant_id,
 * subscription_id, ticket_id, engineer id, e-mail, organization, resource_id; the number of
 * actions as decimal text; for each its number, action, namespace, kind, name; then
 * justification, reason_code, duration (ISO 8601), starts_at and decide_by (RFC 3339). starts_at
 * is the requested one, absent where access starts with the approval. Version 2 adds, for each
 * action, container, uid and four members of its content (api_version, digest, previous_digest,
 * the hash of changes), then approvals_needed and signed_decisions (true or false). */
void lbx_request_consent(const struct lbx_request *request, lbx_hash_hex_fn *hash,
                         struct lbx_buf *out);

#endif
