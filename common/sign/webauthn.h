/* WebAuthn assertions (W3C Web Authentication, Level 2, section 7.2) over a text of ours. */
#ifndef LBX_SIGN_WEBAUTHN_H
#define LBX_SIGN_WEBAUTHN_H

#include "sign/key.h"

#include "base/err.h"

/* An assertion, decoded; in the arena. */
struct lbx_webauthn {
    const char *payload; /* JSON: what was signed */
    size_t payload_len;
    const char *signed_bytes; /* authenticator data, then the hash of the client data */
    size_t signed_len;
    const unsigned char *signature; /* DER */
    size_t signature_len;
};

/* Decodes an assertion and holds it against the passkey, all but its signature: type webauthn.get, the challenge is the
 * SHA-256 of the payload, the origin is one of the key's, not in another origin's frame, the relying party is the key's,
 * a person was present and verified. The counter is not read: passkeys that are shared between devices have none.
 * LBX_ERR_INVALID: else. */
enum lbx_err lbx_webauthn_read(const struct lbx_assertion *assertion, const struct lbx_key *passkey,
                               struct lbx_arena *arena, struct lbx_webauthn *ret) LBX_MUST_CHECK;

/* On which page the browser says it was made, whether or not that holds: for people. NULL: that cannot be read. */
const char *lbx_webauthn_origin(const struct lbx_assertion *assertion, struct lbx_arena *arena);

#endif
