/* What a person signed, with any kind of key: decisions, proofs of possession, changes of tenants. */
#ifndef LBX_SIGN_SIGNED_H
#define LBX_SIGN_SIGNED_H

#include "sign/key.h"

/* A valid signature's payload; in the arena, or in the signature's own text. */
struct lbx_signed {
    const char *payload; /* JSON */
    size_t payload_len;
    const char *bytes; /* the signed bytes; equal bytes are the same signature */
    size_t len;
};

/* Verifies a signature with the key, and reads its payload by the table into ret_payload. A JWS
 * needs an Ed25519 key, an assertion a passkey. False: key is NULL, the signature is of the
 * other form or invalid, or the payload is against the table. */
bool lbx_signed_read(const struct lbx_signature_in *signature, const struct lbx_key *key,
                     const struct lbx_table *table, struct lbx_arena *arena, void *ret_payload,
                     struct lbx_signed *ret_signed);

/* Reads a signature's payload unverified, to find whose key to use. False: unreadable. */
bool lbx_signed_claims(const struct lbx_signature_in *signature, const struct lbx_table *table,
                       struct lbx_arena *arena, void *ret_payload);

#endif
