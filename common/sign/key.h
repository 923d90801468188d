/* Public keys that people sign with: Ed25519, and passkeys (P-256, WebAuthn). docs/signatures.md says which are good. */
#ifndef LBX_SIGN_KEY_H
#define LBX_SIGN_KEY_H

#include "base/arena.h"
#include "event/signature.h"

enum { LBX_ED25519_KEY_SIZE = 32, LBX_PASSKEY_SIZE = 65, LBX_KEY_SIZE_MAX = LBX_PASSKEY_SIZE };

/* size 0: no key. A passkey says for whom it signs (rp_id) and on which pages (origins, a space between). */
struct lbx_key {
    unsigned char bytes[LBX_KEY_SIZE_MAX]; /* Ed25519: RFC 8032; P-256: the uncompressed point */
    size_t size;                           /* LBX_ED25519_KEY_SIZE, LBX_PASSKEY_SIZE or 0 */
    const char *rp_id, *origins;           /* NULL where it is no passkey */
};

/* Reads a JWK; the texts are the arena's. False: an Ed25519 key that is not one, or a point of small order, under which
 * one signature holds for many messages; a P-256 point that does not lie on the curve, without rp_id or origins, or with
 * an origin that is neither https nor http://localhost, or whose host is neither rp_id nor below it; any other kind. */
bool lbx_key_read(const struct lbx_jwk *jwk, struct lbx_arena *arena, struct lbx_key *ret_key);

/* The same of a key as the database keeps it: texts are borrowed, and false is a row that cannot be a key. */
bool lbx_key_of_row(const void *bytes, size_t size, const char *rp_id, const char *origins,
                    struct lbx_key *ret_key);

bool lbx_key_is_passkey(const struct lbx_key *key);

/* Whether an Ed25519 key is a point of small order. */
bool lbx_key_is_small_order(const unsigned char key[LBX_ED25519_KEY_SIZE]);

#endif
