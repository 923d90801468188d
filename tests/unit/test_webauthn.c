/* WebAuthn assertions, all but the signature: what the browser and the authenticator must have said. */
#include "sign/webauthn.h"

#include "base/base64.h"
#include "base/buf.h"
#include "io/hash.h"

#include "check.h"

#define PAYLOAD "{\"request_id\":\"R-1\"}"
#define TYPE "\"type\":\"webauthn.get\""
#define CHALLENGE "\"challenge\":\"9y8_xeB0cGz3s_i8caBJYGVH47QnolSsXptnm3FCmsI\"" /* SHA-256 */
#define ORIGIN "\"origin\":\"https://contoso.example\""
#define CLIENT "{" TYPE "," CHALLENGE "," ORIGIN "}"

static const struct lbx_key passkey = {
    .size = LBX_PASSKEY_SIZE,
    .rp_id = "contoso.example",
    .origins = "https://other.contoso.example https://contoso.example",
};

static const struct row {
    const char *what, *client;
    unsigned flags;    /* 0: present and verified */
    const char *rp_id; /* NULL: the key's */
    size_t more;       /* bytes behind the counter */
    size_t fewer;      /* bytes missing at the end */
    bool good;
} rows[] = {
    {"well", CLIENT, .good = true},
    {"not in a frame", "{" TYPE "," CHALLENGE "," ORIGIN ",\"crossOrigin\":false}", .good = true},
    {"more members", "{" TYPE "," CHALLENGE "," ORIGIN ",\"other_keys_can_be_added_here\":1}",
     .good = true},
    {"the other origin", "{" TYPE "," CHALLENGE ",\"origin\":\"https://other.contoso.example\"}",
     .good = true},
    {"in another origin's frame", "{" TYPE "," CHALLENGE "," ORIGIN ",\"crossOrigin\":true}"},
    {"crossOrigin as text", "{" TYPE "," CHALLENGE "," ORIGIN ",\"crossOrigin\":\"false\"}"},
    {"a registration", "{\"type\":\"webauthn.create\"," CHALLENGE "," ORIGIN "}"},
    {"no type", "{" CHALLENGE "," ORIGIN "}"},
    {"type twice", "{" TYPE "," TYPE "," CHALLENGE "," ORIGIN "}"},
    {"another challenge",
     "{" TYPE ",\"challenge\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"," ORIGIN "}"},
    {"half a challenge", "{" TYPE ",\"challenge\":\"9y8_xeB0cGz3s_i8caBJYA\"," ORIGIN "}"},
    {"no challenge", "{" TYPE "," ORIGIN "}"},
    {"another origin", "{" TYPE "," CHALLENGE ",\"origin\":\"https://evil.example\"}"},
    {"half an origin", "{" TYPE "," CHALLENGE ",\"origin\":\"https://contoso\"}"},
    {"two origins", "{" TYPE "," CHALLENGE
                    ",\"origin\":\"https://other.contoso.example https://contoso.example\"}"},
    {"an empty origin", "{" TYPE "," CHALLENGE ",\"origin\":\"\"}"},
    {"no origin", "{" TYPE "," CHALLENGE "}"},
    {"no JSON", "webauthn.get"},
    {"nothing", ""},
    {"nobody there", CLIENT, .flags = 0x04},
    {"somebody, whoever", CLIENT, .flags = 0x01},
    {"backed up", CLIENT, .flags = 0x1D, .good = true},
    {"with extensions", CLIENT, .flags = 0x85, .more = 3, .good = true},
    {"extensions that are not there", CLIENT, .flags = 0x85},
    {"bytes that are not announced", CLIENT, .more = 1},
    {"a new key's data", CLIENT, .flags = 0x45, .more = 60},
    {"another relying party", CLIENT, .rp_id = "evil.example"},
    {"cut off", CLIENT, .fewer = 1},
    {"no authenticator data", CLIENT, .fewer = 37},
};

static const char *base64url(const void *bytes, size_t len, struct lbx_arena *arena) {
    struct lbx_buf text LBX_BUF = {0};
    lbx_base64_encode(bytes, len, &text);
    char *copy = lbx_arena_strdup(arena, text.data ? text.data : "");
    for (char *c = copy; *c; c++)
        *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c);
    return copy;
}

static struct lbx_assertion assertion_of(const struct row *row, struct lbx_arena *arena) {
    unsigned char data[128] = {0};
    const char *rp_id = row->rp_id ? row->rp_id : passkey.rp_id;
    lbx_sha256(rp_id, strlen(rp_id), data);
    data[32] = (unsigned char)(row->flags ? row->flags : 0x05);
    return (struct lbx_assertion){
        .payload = base64url(PAYLOAD, sizeof PAYLOAD - 1, arena),
        .client_data_json = base64url(row->client, strlen(row->client), arena),
        .authenticator_data = base64url(data, 37 + row->more - row->fewer, arena),
        .signature = base64url("\x30\x00", 2, arena),
    };
}

static void what_must_be_said(void **state) {
    (void)state;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        const struct lbx_assertion assertion = assertion_of(row, &arena);
        struct lbx_webauthn it;
        enum lbx_err err = lbx_webauthn_read(&assertion, &passkey, &arena, &it);
        CHECK_ROW(&bad, row->what, err == (row->good ? LBX_OK : LBX_ERR_INVALID), "err %d", err);
        if (err != LBX_OK)
            continue;
        CHECK_ROW(&bad, row->what, it.payload_len == sizeof PAYLOAD - 1, "%zu bytes",
                  it.payload_len);
        CHECK_ROW(&bad, row->what, it.signed_len == 37 + row->more + 32, "%zu bytes signed",
                  it.signed_len);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* What is signed: the authenticator data, then the hash of the client data. */
static void what_is_signed(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_webauthn it;
    unsigned char hash[LBX_SHA256_SIZE];
    lbx_arena_init(&arena);
    const struct lbx_assertion assertion = assertion_of(&rows[0], &arena);
    assert_int_equal(lbx_webauthn_read(&assertion, &passkey, &arena, &it), LBX_OK);
    lbx_sha256(CLIENT, sizeof CLIENT - 1, hash);
    assert_memory_equal(it.signed_bytes + 37, hash, sizeof hash);
    assert_memory_equal(it.payload, PAYLOAD, sizeof PAYLOAD - 1);
    assert_memory_equal(it.signature, "\x30\x00", 2);
    lbx_arena_done(&arena);
}

static void parts_are_base64url(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_webauthn it;
    lbx_arena_init(&arena);
    for (int part = 0; part < 4; part++) {
        struct lbx_assertion assertion = assertion_of(&rows[0], &arena);
        const char **const parts[] = {&assertion.payload, &assertion.client_data_json,
                                      &assertion.authenticator_data, &assertion.signature};
        *parts[part] = lbx_arena_printf(&arena, "%s=", *parts[part]);
        assert_int_equal(lbx_webauthn_read(&assertion, &passkey, &arena, &it), LBX_ERR_INVALID);
    }
    lbx_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_be_said),
        cmocka_unit_test(what_is_signed),
        cmocka_unit_test(parts_are_base64url),
    };
    return cmocka_run_group_tests_name("webauthn", tests, NULL, NULL);
}
