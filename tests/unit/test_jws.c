/* Compact JWS texts: EdDSA alone is read. */
#include "event/jws.h"

#include "check.h"

struct payload {
    const char *request_id;
};
static const struct lbx_field payload_rows[] = {
    LBX_ROW_TEXT(payload, request_id, .required = true, .min = 1, .max = 8),
};
static const struct lbx_table payload_table = LBX_TABLE("payload", payload, payload_rows);

#define HEADER "eyJhbGciOiJFZERTQSJ9"         /* {"alg":"EdDSA"} */
#define PAYLOAD "eyJyZXF1ZXN0X2lkIjoiUi0xIn0" /* {"request_id":"R-1"} */
#define SIGNATURE                             /* the bytes 0 to 63 */                              \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw"
#define ZEROS_63                                                                                   \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void compact_eddsa_only(void **state) {
    (void)state;
    static const struct {
        const char *what, *text;
        bool ok;
    } rows[] = {
        {"well", HEADER "." PAYLOAD "." SIGNATURE, true},
        /* {"alg":"EdDSA","typ":"JWT","kid":"k"} */
        {"other header members",
         "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsifQ." PAYLOAD "." SIGNATURE, true},
        {"alg none", "eyJhbGciOiJub25lIn0." PAYLOAD "." SIGNATURE, false},
        {"alg none, no signature", "eyJhbGciOiJub25lIn0." PAYLOAD ".", false},
        {"alg HS256", "eyJhbGciOiJIUzI1NiJ9." PAYLOAD "." SIGNATURE, false},
        {"no alg", "eyJ0eXAiOiJKV1QifQ." PAYLOAD "." SIGNATURE, false},
        {"alg twice", "eyJhbGciOiJFZERTQSIsImFsZyI6IkVkRFNBIn0." PAYLOAD "." SIGNATURE, false},
        /* {"alg":"EdDSA","crit":["b64"],"b64":false}, RFC 7797 */
        {"crit", "eyJhbGciOiJFZERTQSIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9." PAYLOAD "." SIGNATURE,
         false},
        {"empty crit", "eyJhbGciOiJFZERTQSIsImNyaXQiOltdfQ." PAYLOAD "." SIGNATURE, false},
        {"payload no JSON", HEADER ".eA." SIGNATURE, false},
        {"payload a list", HEADER ".WzFd." SIGNATURE, false},
        {"payload without the member", HEADER ".e30." SIGNATURE, false},
        {"payload against its row", HEADER ".eyJyZXF1ZXN0X2lkIjoiIn0." SIGNATURE, false},
        {"no payload", HEADER ".." SIGNATURE, false},
        {"no header", "." PAYLOAD "." SIGNATURE, false},
        {"no signature", HEADER "." PAYLOAD ".", false},
        {"a short signature", HEADER "." PAYLOAD "." ZEROS_63, false},
        {"a long signature", HEADER "." PAYLOAD "." SIGNATURE "AA", false},
        {"a signature with padding", HEADER "." PAYLOAD "." SIGNATURE "==", false},
        {"two parts", HEADER "." PAYLOAD, false},
        {"four parts", HEADER "." PAYLOAD "." SIGNATURE "." SIGNATURE, false},
        {"one part", HEADER, false},
        {"nothing", "", false},
        {"a space in front", " " HEADER "." PAYLOAD "." SIGNATURE, false},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct payload payload;
        struct lbx_jws jws;
        enum lbx_err err = lbx_jws_read(rows[i].text, &payload_table, &arena, &payload, &jws);
        CHECK_ROW(&bad, rows[i].what, err == (rows[i].ok ? LBX_OK : LBX_ERR_INVALID), "err %d",
                  err);
        if (err != LBX_OK)
            continue;
        CHECK_ROW(&bad, rows[i].what, same(payload.request_id, "R-1"), "%s", payload.request_id);
        CHECK_ROW(&bad, rows[i].what, jws.signed_bytes == rows[i].text, "another text");
        CHECK_ROW(&bad, rows[i].what,
                  jws.signed_len == (size_t)(strrchr(rows[i].text, '.') - rows[i].text),
                  "%zu bytes signed", jws.signed_len);
        for (int b = 0; b < LBX_JWS_SIGNATURE_SIZE; b++)
            CHECK_ROW(&bad, rows[i].what, jws.signature[b] == b, "byte %d", b);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(compact_eddsa_only)};
    return cmocka_run_group_tests_name("jws", tests, NULL, NULL);
}
