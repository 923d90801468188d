/* Signatures of both forms, verified: the vectors of docs/signatures.md, and what changes in them breaks. */
#include "sign/signed.h"

#include "core/consent.h"

#include "check.h"

/* The passkey of RFC 7515, A.3. */
static const char *origins[] = {"https://lockbox.contoso.example"};
static const struct lbx_jwk passkey = {"EC",
                                       "P-256",
                                       "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                       "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                                       "contoso.example",
                                       origins,
                                       1};
/* RFC 8037, A.2. */
static const struct lbx_jwk ed25519 = {"OKP", "Ed25519",
                                       "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"};

static const char payload[] =
    "eyJyZXF1ZXN0X2lkIjoiMDFhMjBjN2YtN2ZkNi03ZjdlLWIwZTUtMDIxNTQ0ZjQ4MzRiIiwiZGln"
    "ZXN0IjoiMWI0YjBiYzU4NTNiZTEzZDc2ZGM0ZDk1Mjg3MmIxN2JhYjlmMjVhYzg2NzYwNWI5Mjgy"
    "ZDJmNGU0NTlkNTBiOCIsImRlY2lzaW9uIjoiYXBwcm92ZSIsImFjdGlvbnMiOlsxXSwiZHVyYXRp"
    "b24iOiJQVDJIIiwiaWF0IjoxNzk1NTA3ODY0LCJieSI6ImUzOWM2ZDEwLWI4NGYtNDcyNS04YTBk"
    "LTZmNWIxMmM3ZTlhNCJ9";
static const char client_data_json[] =
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiR1REZnNER0gyU3hXei10bnBiaFd0"
    "TkVRUjZoakpDWlRTXzN3MDBSVVQ1OCIsIm9yaWdpbiI6Imh0dHBzOi8vbG9ja2JveC5jb250b3Nv"
    "LmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9";
static const char authenticator_data[] = "WGRic-lsRYdOh8aXXSNtPLRWg3JC9Bufcjcj7FoZHh8FAAAALA";
static const char signature[] = "MEYCIQDZyUWugAaMM1EWPG74fDmU9ikIVQ7LpATbhE-"
                                "1uAGzxAIhAIVXPCrnoL3bA38JSh8FBdHYTspuo8dwupUjJOwkuWeg";
static const char jws[] =
    "eyJhbGciOiJFZERTQSJ9.eyJyZXF1ZXN0X2lkIjoiMDFhMjBjN2YtN2ZkNi03ZjdlLWIwZTUtMDI"
    "xNTQ0ZjQ4MzRiIiwiZGlnZXN0IjoiMWI0YjBiYzU4NTNiZTEzZDc2ZGM0ZDk1Mjg3MmIxN2JhYjl"
    "mMjVhYzg2NzYwNWI5MjgyZDJmNGU0NTlkNTBiOCIsImRlY2lzaW9uIjoiYXBwcm92ZSIsImFjdGl"
    "vbnMiOlsxLDNdLCJkdXJhdGlvbiI6IlBUMkgiLCJpYXQiOjE3OTU1MDc1MzMsImJ5IjoiNWIyMWU"
    "5YzQtMDdmYS00ZDY4LTkzYmUtMWFjNmY4NGQwMjc5In0.5jhqPMcyH660MyiFqfuW3siclKENCGn"
    "mgK4CU3sT0Q3zE-OfmqZhqvs1ImhqmbZVHy9Se11sn4pYhhpTlbbpBA";

struct vector {
    struct lbx_arena arena;
    struct lbx_key key;
    struct lbx_signed_decision said;
    struct lbx_signed what;
};

static bool holds(const struct lbx_jwk *jwk, const struct lbx_signature_in *given,
                  struct vector *v) {
    assert_true(lbx_key_read(jwk, &v->arena, &v->key));
    return lbx_signed_read(given, &v->key, &lbx_signed_decision_table, &v->arena, &v->said,
                           &v->what);
}

static void both_forms_hold(void **state) {
    (void)state;
    const struct lbx_signature_in by_passkey = {
        NULL, {payload, client_data_json, authenticator_data, signature}};
    const struct lbx_signature_in by_ed25519 = {.jws = jws};
    struct vector v;
    lbx_arena_init(&v.arena);
    assert_true(holds(&passkey, &by_passkey, &v));
    assert_string_equal(v.said.by, "e39c6d10-b84f-4725-8a0d-6f5b12c7e9a4");
    assert_int_equal(v.what.len, 37 + 32);
    assert_true(holds(&ed25519, &by_ed25519, &v));
    assert_string_equal(v.said.by, "5b21e9c4-07fa-4d68-93be-1ac6f84d0279");
    assert_ptr_equal(v.what.bytes, jws);
    /* Each form is of one kind of key. */
    assert_false(holds(&ed25519, &by_passkey, &v));
    assert_false(holds(&passkey, &by_ed25519, &v));
    assert_false(
        lbx_signed_read(&by_ed25519, NULL, &lbx_signed_decision_table, &v.arena, &v.said, &v.what));
    assert_false(holds(&passkey, &(struct lbx_signature_in){.jws = NULL}, &v));
    lbx_arena_done(&v.arena);
}

/* One character at a time, in each part of the assertion. */
static void no_part_can_be_another(void **state) {
    (void)state;
    const char *const parts[] = {payload, client_data_json, authenticator_data, signature};
    struct vector v;
    lbx_arena_init(&v.arena);
    for (size_t part = 0; part < COUNT(parts); part++) {
        for (size_t i = 0; i + 1 < strlen(parts[part]); i++) {
            char *other = lbx_arena_strdup(&v.arena, parts[part]);
            other[i] = other[i] == 'A' ? 'B' : 'A';
            const char *with[] = {payload, client_data_json, authenticator_data, signature};
            with[part] = other;
            const struct lbx_signature_in changed = {NULL, {with[0], with[1], with[2], with[3]}};
            assert_false(holds(&passkey, &changed, &v));
        }
    }
    lbx_arena_done(&v.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_hold),
        cmocka_unit_test(no_part_can_be_another),
    };
    return cmocka_run_group_tests_name("signed", tests, NULL, NULL);
}
