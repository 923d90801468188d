/* Public keys of people: Ed25519, and passkeys (P-256, WebAuthn). docs/signatures.md says which are accepted. */
#ifndef LBX_SIGN_KEY_H
#define LBX_SIGN_KEY_H

#include "base/arena.h"
#include "event/signature.h"

enum { LBX_ED25519_KEY_SIZE = 32, LBX_PASSKEY_SIZE = 65, LBX_KEY_SIZE_MAX = LBX_PASSKEY_SIZE };

/* A public key; size 0: none. A passkey has its relying party (rp_id) and origins, joined by spaces. */
struct lbx_key {
    unsigned char bytes[LBX_KEY_SIZE_MAX]; /* Ed25519: RFC 8032; P-256: uncompressed point */
    size_t size;                           /* LBX_ED25519_KEY_SIZE, LBX_PASSKEY_SIZE or 0 */
    const char *rp_id, *origins;           /* NULL for Ed25519 */
};

/* Reads a JWK; texts are in the arena. False: an invalid Ed25519 key, or one of small order, under which one signature
 * is valid for many messages; a P-256 point that is not on the curve, or without rp_id or origins, or with an origin
 * that is neither https nor http://localhost, or whose host is neither rp_id nor a subdomain; any other kind of key. */
bool lbx_key_read(const struct lbx_jwk *jwk, struct lbx_arena *arena, struct lbx_key *ret_key);

/* Reads a key from database columns: texts are borrowed. False: not a key. */
bool lbx_key_of_row(const void *bytes, size_t size, const char *rp_id, const char *origins,
                    struct lbx_key *ret_key);

bool lbx_key_is_passkey(const struct lbx_key *key);

/* Whether an Ed25519 key is a point of small order. */
bool lbx_key_is_small_order(const unsigned char key[LBX_ED25519_KEY_SIZE]);

#endif
