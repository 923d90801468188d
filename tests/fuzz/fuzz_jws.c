/* Signed decisions. */
#include "core/consent.h"
#include "event/jws.h"
#include "io/ed25519.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const unsigned char key[32] = {1};
    char *text LBX_FREE = fuzz_text(data, size);
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_signed_decision payload;
    struct lbx_jws jws;
    lbx_arena_init(&arena);
    if (lbx_jws_read(text, &lbx_signed_decision_table, &arena, &payload, &jws) != LBX_OK)
        return 0;
    assert(jws.signed_bytes == text && text[jws.signed_len] == '.');
    assert(payload.request_id && payload.digest);
    (void)lbx_ed25519_verify(key, jws.signature, jws.signed_bytes, jws.signed_len);
    return 0;
}
