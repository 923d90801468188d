/* WebAuthn assertions (W3C Web Authentication, Level 2, section 7.2) over a payload of ours. */
#ifndef LBX_SIGN_WEBAUTHN_H
#define LBX_SIGN_WEBAUTHN_H

#include "sign/key.h"

#include "base/err.h"

/* A decoded assertion; in the arena. */
struct lbx_webauthn {
    const char *payload; /* JSON: the signed payload */
    size_t payload_len;
    const char *signed_bytes; /* authenticator data, then the client data's hash */
    size_t signed_len;
    const unsigned char *signature; /* DER */
    size_t signature_len;
};

/* Decodes an assertion, and checks all but its signature: type webauthn.get, the challenge is
 * the payload's SHA-256, the origin is one of the key's and not in another origin's frame, the
 * relying party is the key's, UP and UV are set. The counter is ignored, as passkeys that are
 * synchronised between devices have none. LBX_ERR_INVALID: a check failed. */
enum lbx_err lbx_webauthn_read(const struct lbx_assertion *assertion, const struct lbx_key *passkey,
                               struct lbx_arena *arena, struct lbx_webauthn *ret) LBX_MUST_CHECK;

/* The origin that the browser names, unverified: for people. NULL: unreadable. */
const char *lbx_webauthn_origin(const struct lbx_assertion *assertion, struct lbx_arena *arena);

#endif
