/* Reads public keys. Promises to refuse a key under which a signature proves nothing, or that no
 * browser can use. Fails without a partial result. */
#include "sign/key.h"

#include "base/base64.h"
#include "base/buf.h"
#include "io/p256.h"

#include <string.h>

/* ---- Ed25519 ---- */

/* y coordinates of the points of order 8 or less, also in non-reduced form (RFC 8032, 5.1.2),
 * little-endian. The sign bit of x is ignored. */
static const unsigned char small_orders[][LBX_ED25519_KEY_SIZE] = {
    {0x00},
    {0x01},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool lbx_key_is_small_order(const unsigned char key[LBX_ED25519_KEY_SIZE]) {
    enum { LAST = LBX_ED25519_KEY_SIZE - 1 };
    for (size_t i = 0; i < sizeof small_orders / sizeof *small_orders; i++)
        if (memcmp(key, small_orders[i], LAST) == 0 && (key[LAST] & 0x7f) == small_orders[i][LAST])
            return true;
    return false;
}

/* ---- origins of a passkey ---- */

/* Whether a text is a DNS name in lower case, as browsers write it. */
static bool is_domain(const char *text, size_t len) {
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    bool first = true; /* first character of a label */
    for (size_t i = 0; i < len; i++) {
        if (!strchr(alphabet, text[i]) || (first && (text[i] == '.' || text[i] == '-')) ||
            (text[i] == '.' && text[i - 1] == '-'))
            return false;
        first = text[i] == '.';
    }
    return len > 0 && !first && text[len - 1] != '-';
}

static bool is_port(const char *text) {
    size_t len = strspn(text, "0123456789");
    return len > 0 && len <= 5 && !text[len] && *text != '0';
}

/* Whether a host is rp_id or a subdomain of it (WebAuthn, 5.1.4.1). */
static bool is_of(const char *host, size_t len, const char *rp_id) {
    size_t suffix = strlen(rp_id);
    return len >= suffix && strncmp(host + len - suffix, rp_id, suffix) == 0 &&
           (len == suffix || host[len - suffix - 1] == '.');
}

/* Whether a text is scheme://host or scheme://host:port (RFC 6454, 6.2) with a host of rp_id. */
static bool is_good_origin(const char *origin, const char *rp_id) {
    static const char https[] = "https://", http[] = "http://", local[] = "localhost";
    bool is_https = strncmp(origin, https, sizeof https - 1) == 0;
    if (!is_https && strncmp(origin, http, sizeof http - 1) != 0)
        return false;
    const char *host = origin + (is_https ? sizeof https : sizeof http) - 1;
    size_t len = strcspn(host, ":");
    bool is_local = len == sizeof local - 1 && strncmp(host, local, len) == 0;
    return (is_https || is_local) && is_domain(host, len) && is_of(host, len, rp_id) &&
           (!host[len] || is_port(host + len + 1));
}

/* The origins joined by spaces, which no origin has. NULL: one is invalid. */
static const char *join_origins(const struct lbx_jwk *jwk, struct lbx_arena *arena) {
    struct lbx_buf text LBX_BUF = {0};
    for (size_t i = 0; i < jwk->origin_count; i++) {
        if (!is_good_origin(jwk->origins[i], jwk->rp_id))
            return NULL;
        lbx_buf_str(&text, i ? " " : "");
        lbx_buf_str(&text, jwk->origins[i]);
    }
    return text.len ? lbx_arena_strdup(arena, text.data) : NULL;
}

/* ---- keys ---- */

static bool coordinate(const char *text, unsigned char ret_bytes[32]) {
    size_t len;
    return text && lbx_base64url_decode(text, strlen(text), ret_bytes, 32, &len) && len == 32;
}

static bool read_passkey(const struct lbx_jwk *jwk, struct lbx_arena *arena, struct lbx_key *key) {
    key->size = LBX_PASSKEY_SIZE;
    key->bytes[0] = 0x04;
    if (!coordinate(jwk->x, key->bytes + 1) || !coordinate(jwk->y, key->bytes + 33) ||
        !lbx_p256_valid(key->bytes) || !jwk->rp_id || !is_domain(jwk->rp_id, strlen(jwk->rp_id)))
        return false;
    key->origins = join_origins(jwk, arena);
    key->rp_id = lbx_arena_strdup(arena, jwk->rp_id);
    return key->origins != NULL;
}

bool lbx_key_read(const struct lbx_jwk *jwk, struct lbx_arena *arena, struct lbx_key *ret_key) {
    struct lbx_key key = {.size = LBX_ED25519_KEY_SIZE};
    bool good = false;
    if (strcmp(jwk->kty, "OKP") == 0 && strcmp(jwk->crv, "Ed25519") == 0)
        good = coordinate(jwk->x, key.bytes) && !lbx_key_is_small_order(key.bytes);
    else if (strcmp(jwk->kty, "EC") == 0 && strcmp(jwk->crv, "P-256") == 0)
        good = read_passkey(jwk, arena, &key);
    if (good)
        *ret_key = key;
    return good;
}

bool lbx_key_of_row(const void *bytes, size_t size, const char *rp_id, const char *origins,
                    struct lbx_key *ret_key) {
    struct lbx_key key = {.size = size, .rp_id = rp_id, .origins = origins};
    if (size != LBX_ED25519_KEY_SIZE && size != LBX_PASSKEY_SIZE)
        return false;
    memcpy(key.bytes, bytes, size);
    if (lbx_key_is_passkey(&key) ? !rp_id || !origins : lbx_key_is_small_order(key.bytes))
        return false;
    *ret_key = key;
    return true;
}

bool lbx_key_is_passkey(const struct lbx_key *key) {
    return key->size == LBX_PASSKEY_SIZE;
}
