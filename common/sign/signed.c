/* Verifies signatures of both forms. Promises that no payload is returned without a valid signature. Fails with false. */
#include "sign/signed.h"

#include "base/base64.h"
#include "event/jws.h"
#include "io/ed25519.h"
#include "io/p256.h"
#include "sign/webauthn.h"

#include <string.h>

static bool read_jws(const char *text, const struct lbx_key *key, const struct lbx_table *table,
                     struct lbx_arena *arena, void *ret_payload, struct lbx_signed *ret) {
    struct lbx_jws jws;
    if (lbx_jws_read(text, table, arena, ret_payload, &jws) != LBX_OK ||
        !lbx_ed25519_verify(key->bytes, jws.signature, jws.signed_bytes, jws.signed_len))
        return false;
    *ret = (struct lbx_signed){jws.payload, jws.payload_len, jws.signed_bytes, jws.signed_len};
    return true;
}

static bool read_assertion(const struct lbx_assertion *assertion, const struct lbx_key *key,
                           const struct lbx_table *table, struct lbx_arena *arena,
                           void *ret_payload, struct lbx_signed *ret) {
    struct lbx_webauthn it;
    struct lbx_reason reason;
    if (lbx_webauthn_read(assertion, key, arena, &it) != LBX_OK ||
        !lbx_p256_verify(key->bytes, it.signature, it.signature_len, it.signed_bytes,
                         it.signed_len) ||
        lbx_json_read(table, it.payload, it.payload_len, "", arena, ret_payload, &reason) != LBX_OK)
        return false;
    *ret = (struct lbx_signed){it.payload, it.payload_len, it.signed_bytes, it.signed_len};
    return true;
}

bool lbx_signed_read(const struct lbx_signature_in *signature, const struct lbx_key *key,
                     const struct lbx_table *table, struct lbx_arena *arena, void *ret_payload,
                     struct lbx_signed *ret_signed) {
    if (!key || key->size == 0)
        return false;
    if (lbx_key_is_passkey(key))
        return signature->assertion.payload &&
               read_assertion(&signature->assertion, key, table, arena, ret_payload, ret_signed);
    return signature->jws && read_jws(signature->jws, key, table, arena, ret_payload, ret_signed);
}

bool lbx_signed_claims(const struct lbx_signature_in *signature, const struct lbx_table *table,
                       struct lbx_arena *arena, void *ret_payload) {
    struct lbx_jws jws;
    struct lbx_reason reason;
    if (signature->jws)
        return lbx_jws_read(signature->jws, table, arena, ret_payload, &jws) == LBX_OK;
    size_t cap = signature->assertion.payload ? strlen(signature->assertion.payload) : 0, len;
    char *json = lbx_arena_alloc(arena, cap + 1);
    return cap && lbx_base64url_decode(signature->assertion.payload, cap, json, cap, &len) &&
           lbx_json_read(table, json, len, "", arena, ret_payload, &reason) == LBX_OK;
}
