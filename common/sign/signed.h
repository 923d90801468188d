/* What a person signed, with whichever kind of key: decisions, proofs of keys, changes of tenants. */
#ifndef LBX_SIGN_SIGNED_H
#define LBX_SIGN_SIGNED_H

#include "sign/key.h"

/* What a signature that holds is about; in the arena, or the signature's own text. */
struct lbx_signed {
    const char *payload; /* JSON */
    size_t payload_len;
    const char *bytes; /* what the signature is over: the same bytes are the same signature */
    size_t len;
};

/* Whether the key made the signature; then its payload is read by the table into ret_payload. A JWS is by an Ed25519
 * key, an assertion by a passkey; key NULL, a signature of the other form, one that does not hold and a payload against
 * the table are false. */
bool lbx_signed_read(const struct lbx_signature_in *signature, const struct lbx_key *key,
                     const struct lbx_table *table, struct lbx_arena *arena, void *ret_payload,
                     struct lbx_signed *ret_signed);

/* Reads what a signature claims to say, unverified: whose key to look for. False: it cannot be read. */
bool lbx_signed_claims(const struct lbx_signature_in *signature, const struct lbx_table *table,
                       struct lbx_arena *arena, void *ret_payload);

#endif
