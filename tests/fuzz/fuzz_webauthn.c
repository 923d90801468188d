/* WebAuthn assertions. */
#include "io/p256.h"
#include "sign/webauthn.h"

#include "fuzz.h"

static const struct lbx_key passkey = {
    .size = LBX_PASSKEY_SIZE,
    .bytes = {4},
    .rp_id = "contoso.example",
    .origins = "https://lockbox.contoso.example https://contoso.example"};

/* The input: an assertion's members, a line each. */
static char *next_line(char **rest) {
    char *line = strsep(rest, "\n");
    return line ? line : "";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text LBX_FREE = fuzz_text(data, size);
    char *rest = text;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_webauthn it;
    lbx_arena_init(&arena);
    const struct lbx_assertion assertion = {.payload = next_line(&rest),
                                            .client_data_json = next_line(&rest),
                                            .authenticator_data = next_line(&rest),
                                            .signature = next_line(&rest)};
    (void)lbx_webauthn_origin(&assertion, &arena);
    if (lbx_webauthn_read(&assertion, &passkey, &arena, &it) != LBX_OK)
        return 0;
    assert(it.signed_len >= 37 + 32 && it.payload_len <= size && it.signature_len <= size);
    assert((it.signed_bytes[32] & 0x05) == 0x05);
    (void)lbx_p256_verify(passkey.bytes, it.signature, it.signature_len, it.signed_bytes,
                          it.signed_len);
    return 0;
}
