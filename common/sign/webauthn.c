/* Decodes WebAuthn assertions, and checks the client data and authenticator data. Promises that an assertion counts only
 * for the text whose hash is its challenge, and only on the passkey's own origins. Fails with LBX_ERR_INVALID. */
#include "sign/webauthn.h"

#include "base/base64.h"
#include "base/buf.h"
#include "io/hash.h"
#include "json/read.h"

#include <string.h>

/* ---- client data (5.8.1) ---- */

struct client_data {
    const char *type, *challenge, *origin;
    bool cross_origin;
};
static const struct lbx_field client_data_rows[] = {
    LBX_ROW_TEXT(client_data, type, .required = true, .max = 64),
    LBX_ROW_TEXT(client_data, challenge, .required = true, .max = 128),
    LBX_ROW_TEXT(client_data, origin, .required = true, .max = 512),
    LBX_ROW_AS("crossOrigin", client_data, cross_origin, LBX_T_BOOL, bool, .required = false),
};
static const struct lbx_table client_data_table =
    LBX_TABLE("client_data", client_data, client_data_rows);

static bool is_one_of(const char *word, const char *words) {
    size_t len = strlen(word);
    for (const char *at = words; *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == len && strncmp(at, word, len) == 0)
            return true;
    return false;
}

static bool is_challenge(const char *text, const struct lbx_webauthn *it) {
    unsigned char hash[LBX_SHA256_SIZE], said[LBX_SHA256_SIZE];
    size_t len;
    lbx_sha256(it->payload, it->payload_len, hash);
    return lbx_base64url_decode(text, strlen(text), said, sizeof said, &len) &&
           len == sizeof said && memcmp(said, hash, sizeof hash) == 0;
}

static bool client_data_holds(const char *json, size_t len, const struct lbx_key *passkey,
                              const struct lbx_webauthn *it, struct lbx_arena *arena) {
    struct client_data client;
    struct lbx_reason reason;
    return lbx_json_read(&client_data_table, json, len, "", arena, &client, &reason) == LBX_OK &&
           strcmp(client.type, "webauthn.get") == 0 && is_challenge(client.challenge, it) &&
           is_one_of(client.origin, passkey->origins) && !client.cross_origin;
}

/* ---- authenticator data (6.1) ---- */

enum {
    PRESENT = 0x01,    /* UP: a person was present */
    VERIFIED = 0x04,   /* UV: verified by fingerprint, face or PIN */
    ATTESTED = 0x40,   /* AT: data of a new key follow; never in an assertion */
    EXTENSIONS = 0x80, /* ED: a CBOR map follows */
    FLAGS_AT = LBX_SHA256_SIZE,
    DATA_SIZE = LBX_SHA256_SIZE + 1 + 4, /* hash of rp_id, flags, counter */
};

static bool authenticator_data_hold(const unsigned char *data, size_t len,
                                    const struct lbx_key *passkey) {
    unsigned char hash[LBX_SHA256_SIZE];
    if (len < DATA_SIZE)
        return false;
    lbx_sha256(passkey->rp_id, strlen(passkey->rp_id), hash);
    unsigned flags = data[FLAGS_AT];
    return memcmp(data, hash, sizeof hash) == 0 && (flags & PRESENT) && (flags & VERIFIED) &&
           !(flags & ATTESTED) && (len > DATA_SIZE) == ((flags & EXTENSIONS) != 0);
}

/* ---- an assertion ---- */

static bool decode(const char *text, struct lbx_arena *arena, const void **ret_bytes,
                   size_t *ret_len) {
    size_t len = strlen(text);
    char *bytes = lbx_arena_alloc(arena, len + 1);
    *ret_bytes = bytes;
    return lbx_base64url_decode(text, len, bytes, len, ret_len);
}

static void join(const void *data, size_t data_len, const void *client, size_t client_len,
                 struct lbx_arena *arena, struct lbx_webauthn *it) {
    char *bytes = lbx_arena_alloc(arena, data_len + LBX_SHA256_SIZE);
    memcpy(bytes, data, data_len);
    lbx_sha256(client, client_len, (unsigned char *)bytes + data_len);
    it->signed_bytes = bytes;
    it->signed_len = data_len + LBX_SHA256_SIZE;
}

enum lbx_err lbx_webauthn_read(const struct lbx_assertion *assertion, const struct lbx_key *passkey,
                               struct lbx_arena *arena, struct lbx_webauthn *ret) {
    struct lbx_webauthn it = {0};
    const void *payload, *client, *data, *signature;
    size_t client_len, data_len;
    if (!decode(assertion->payload, arena, &payload, &it.payload_len) ||
        !decode(assertion->client_data_json, arena, &client, &client_len) ||
        !decode(assertion->authenticator_data, arena, &data, &data_len) ||
        !decode(assertion->signature, arena, &signature, &it.signature_len))
        return LBX_ERR_INVALID;
    it.payload = payload;
    it.signature = signature;
    if (!client_data_holds(client, client_len, passkey, &it, arena) ||
        !authenticator_data_hold(data, data_len, passkey))
        return LBX_ERR_INVALID;
    join(data, data_len, client, client_len, arena, &it);
    *ret = it;
    return LBX_OK;
}

const char *lbx_webauthn_origin(const struct lbx_assertion *assertion, struct lbx_arena *arena) {
    struct client_data client;
    const void *json;
    size_t len;
    if (!decode(assertion->client_data_json, arena, &json, &len) ||
        !lbx_json_read_partial(&client_data_table, json, len, arena, &client))
        return NULL;
    return client.origin;
}
