/* Public keys: which JWKs are keys, and which rows of the database. */
#include "sign/key.h"

#include "check.h"

#define X "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" /* the bytes 0 to 31 */
/* A point of P-256: RFC 7515, A.3. */
#define PX "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define PY "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

enum { ORIGINS = 5 };

static const struct row {
    const char *what, *kty, *crv, *x, *y, *rp_id;
    const char *origins[ORIGINS];
    bool good;
} rows[] = {
    /* clang-format off */
    {"Ed25519", "OKP", "Ed25519", X, .good = true},
    {"Ed25519, too short", "OKP", "Ed25519", "AAEC"},
    {"Ed25519, too long", "OKP", "Ed25519", X "AAEC"},
    {"Ed25519, empty", "OKP", "Ed25519", ""},
    {"Ed25519, with padding", "OKP", "Ed25519", X "="},
    {"Ed25519, plain base64", "OKP", "Ed25519", "++++AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},
    {"Ed25519, small order", "OKP", "Ed25519", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    {"another curve", "OKP", "X25519", X},
    {"another type", "EC", "Ed25519", X},
    {"a passkey", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example"}, true},
    {"five origins", "EC", "P-256", PX, PY, "contoso.example",
     {"https://contoso.example", "https://a.contoso.example", "https://b.contoso.example:8443", "https://a.b.contoso.example", "https://c.contoso.example"}, true},
    {"localhost", "EC", "P-256", PX, PY, "localhost", {"http://localhost:8080", "https://localhost"}, true},
    {"P-256 as OKP", "OKP", "P-256", PX, PY, "contoso.example", {"https://contoso.example"}},
    {"another curve of EC", "EC", "P-384", PX, PY, "contoso.example", {"https://contoso.example"}},
    {"not on the curve", "EC", "P-256", PX, PX, "contoso.example", {"https://contoso.example"}},
    {"x too short", "EC", "P-256", "AAEC", PY, "contoso.example", {"https://contoso.example"}},
    {"without y", "EC", "P-256", PX, NULL, "contoso.example", {"https://contoso.example"}},
    {"without rp_id", "EC", "P-256", PX, PY, NULL, {"https://contoso.example"}},
    {"without origins", "EC", "P-256", PX, PY, "contoso.example"},
    {"rp_id empty", "EC", "P-256", PX, PY, "", {"https://contoso.example"}},
    {"rp_id with a dot in front", "EC", "P-256", PX, PY, ".example", {"https://contoso.example"}},
    {"rp_id in capitals", "EC", "P-256", PX, PY, "CONTOSO.example", {"https://CONTOSO.example"}},
    {"origin of another host", "EC", "P-256", PX, PY, "contoso.example", {"https://evil.example"}},
    {"one of two origins of another host", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example", "https://evil.example"}},
    {"origin whose host only ends like it", "EC", "P-256", PX, PY, "contoso.example", {"https://evilcontoso.example"}},
    {"origin above rp_id", "EC", "P-256", PX, PY, "contoso.example", {"https://example"}},
    {"http", "EC", "P-256", PX, PY, "contoso.example", {"http://contoso.example"}},
    {"http below localhost", "EC", "P-256", PX, PY, "localhost", {"http://a.localhost"}},
    {"another scheme", "EC", "P-256", PX, PY, "contoso.example", {"ftp://contoso.example"}},
    {"no scheme", "EC", "P-256", PX, PY, "contoso.example", {"contoso.example"}},
    {"a path", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example/"}},
    {"a user", "EC", "P-256", PX, PY, "contoso.example", {"https://a@contoso.example"}},
    {"a space", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example https://contoso.example"}},
    {"an empty port", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example:"}},
    {"a port with letters", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example:8a"}},
    {"a port too long", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example:443443"}},
    {"a port from zero", "EC", "P-256", PX, PY, "contoso.example", {"https://contoso.example:080"}},
    {"a hyphen at a label's end", "EC", "P-256", PX, PY, "example", {"https://a-.example"}},
    {"an empty label", "EC", "P-256", PX, PY, "example", {"https://a..example"}},
    {"a dot at the end", "EC", "P-256", PX, PY, "example.", {"https://example."}},
    /* clang-format on */
};

static void keys_of_jwks(void **state) {
    (void)state;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        const char *origins[ORIGINS];
        struct lbx_jwk jwk = {row->kty, row->crv, row->x, row->y, row->rp_id, origins, 0};
        for (size_t j = 0; j < ORIGINS && row->origins[j]; j++)
            origins[jwk.origin_count++] = row->origins[j];
        struct lbx_key key = {0};
        bool good = lbx_key_read(&jwk, &arena, &key);
        CHECK_ROW(&bad, row->what, good == row->good, "%s", good ? "a key" : "no key");
        CHECK_ROW(&bad, row->what, good || key.size == 0, "something is left behind");
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void what_a_key_holds(void **state) {
    (void)state;
    const char *origins[] = {"https://contoso.example", "https://a.contoso.example"};
    struct lbx_arena arena;
    struct lbx_key key;
    lbx_arena_init(&arena);
    assert_true(lbx_key_read(&(struct lbx_jwk){"OKP", "Ed25519", X}, &arena, &key));
    assert_false(lbx_key_is_passkey(&key));
    assert_int_equal(key.size, LBX_ED25519_KEY_SIZE);
    for (size_t i = 0; i < key.size; i++)
        assert_int_equal(key.bytes[i], i);
    assert_true(lbx_key_read(
        &(struct lbx_jwk){"EC", "P-256", PX, PY, "contoso.example", origins, 2}, &arena, &key));
    assert_true(lbx_key_is_passkey(&key));
    assert_int_equal(key.bytes[0], 4);
    assert_string_equal(key.rp_id, "contoso.example");
    assert_string_equal(key.origins, "https://contoso.example https://a.contoso.example");
    lbx_arena_done(&arena);
}

static void rows_of_the_database(void **state) {
    (void)state;
    unsigned char bytes[LBX_PASSKEY_SIZE + 1] = {4, 1};
    struct lbx_key key = {0};
    assert_true(lbx_key_of_row(bytes, 32, NULL, NULL, &key));
    assert_true(lbx_key_of_row(bytes, 65, "example", "https://example", &key));
    assert_true(lbx_key_is_passkey(&key));
    assert_false(lbx_key_of_row(bytes, 65, NULL, "https://example", &key));
    assert_false(lbx_key_of_row(bytes, 65, "example", NULL, &key));
    assert_false(lbx_key_of_row(bytes, 66, "example", "https://example", &key));
    assert_false(lbx_key_of_row(bytes, 0, NULL, NULL, &key));
    memset(bytes, 0, sizeof bytes);
    assert_false(lbx_key_of_row(bytes, 32, NULL, NULL, &key));
}

/* The sign bit of x does not count: RFC 8032, 5.1.2. */
static void points_of_small_order(void **state) {
    (void)state;
    unsigned char key[LBX_ED25519_KEY_SIZE] = {1};
    assert_true(lbx_key_is_small_order(key));
    key[31] = 0x80;
    assert_true(lbx_key_is_small_order(key));
    key[0] = 2;
    assert_false(lbx_key_is_small_order(key));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_jwks),
        cmocka_unit_test(what_a_key_holds),
        cmocka_unit_test(rows_of_the_database),
        cmocka_unit_test(points_of_small_order),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
