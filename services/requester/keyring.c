/* Loads, asks and saves the keys of tenants and the signatures that counted. Promises that a signature counts once, and
 * that a key which was one person's is never another's. A key or a signature that cannot be read does not hold.
 */
#include "keyring.h"

#include "event/jws.h"
#include "event/open.h"
#include "io/ed25519.h"
#include "io/hash.h"
#include "json/compare.h"
#include "sql_requester.h"

#include <string.h>

struct stored_key {
    const char *tenant_id, *principal_id;
    const unsigned char *bytes; /* NULL: none is held */
    bool changed;
};

struct signed_change {
    const char *tenant_id, *hash;
    int64_t at;
    bool is_new;
};

/* ---- loading ---- */

void keyring_load(struct keyring *keyring, struct lbx_arena *arena, struct lbx_rows *tenants,
                  struct lbx_calls *calls) {
    struct lbx_map *const maps[] = {&keyring->keys, &keyring->holders, &keyring->changes,
                                    &keyring->last};
    keyring->arena = arena;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        lbx_map_init(maps[i], arena);
    keyring->keys_call = LBX_PG_CALL(calls, requester_load_keys, .tenant_ids = tenants);
    keyring->changes_call =
        LBX_PG_CALL(calls, requester_load_signed_changes, .tenant_ids = tenants);
}

static const char *hex_of(struct lbx_arena *arena, const unsigned char *key) {
    struct lbx_buf hex LBX_BUF = {0};
    lbx_buf_hex(&hex, key, LBX_ED25519_KEY_SIZE);
    return lbx_arena_strdup(arena, hex.data);
}

static struct stored_key *find_key(struct keyring *keyring, const char *tenant_id,
                                   const char *principal_id) {
    const char *place = LBX_MAP_KEY(keyring->arena, tenant_id, principal_id);
    struct stored_key *stored = lbx_map_get(&keyring->keys, place);
    if (stored)
        return stored;
    stored = LBX_ARENA_NEW(keyring->arena, struct stored_key);
    *stored = (struct stored_key){.tenant_id = lbx_arena_strdup(keyring->arena, tenant_id),
                                  .principal_id = lbx_arena_strdup(keyring->arena, principal_id)};
    lbx_map_set(&keyring->keys, place, stored);
    return stored;
}

static void remember(struct keyring *keyring, const struct signed_change *change) {
    struct signed_change *stored = LBX_ARENA_NEW(keyring->arena, struct signed_change);
    *stored = *change;
    lbx_map_set(&keyring->changes, LBX_MAP_KEY(keyring->arena, change->tenant_id, change->hash),
                stored);
    lbx_map_set(&keyring->last, change->tenant_id, stored);
}

void keyring_read(struct keyring *keyring, const struct lbx_pg *pg) {
    struct lbx_arena *arena = keyring->arena;
    for (size_t i = 0; i < lbx_pg_row_count(pg, keyring->keys_call); i++) {
        const struct sql_requester_load_keys_answer it =
            LBX_PG_READ(pg, keyring->keys_call, i, requester_load_keys, arena);
        struct stored_key *stored = find_key(keyring, it.tenant_id, it.principal_id);
        lbx_map_set(&keyring->holders, LBX_MAP_KEY(arena, it.tenant_id, it.hex),
                    (void *)stored->principal_id);
        if (it.held && it.public_key.len == LBX_ED25519_KEY_SIZE)
            stored->bytes = it.public_key.data;
    }
    for (size_t i = 0; i < lbx_pg_row_count(pg, keyring->changes_call); i++) {
        const struct sql_requester_load_signed_changes_answer it =
            LBX_PG_READ(pg, keyring->changes_call, i, requester_load_signed_changes, arena);
        remember(keyring,
                 &(struct signed_change){.tenant_id = lbx_arena_strdup(arena, it.tenant_id),
                                         .hash = lbx_arena_strdup(arena, it.signed_hash),
                                         .at = it.signed_at});
    }
}

/* ---- keys ---- */

const unsigned char *keyring_key(const struct keyring *keyring, const char *tenant_id,
                                 const char *principal_id) {
    const struct stored_key *stored =
        lbx_map_get(&keyring->keys, LBX_MAP_KEY(keyring->arena, tenant_id, principal_id));
    return stored && stored->bytes && !lbx_key_is_small_order(stored->bytes) ? stored->bytes : NULL;
}

bool keyring_is_taken(const struct keyring *keyring, const struct lbx_tenant_event *event) {
    unsigned char key[LBX_ED25519_KEY_SIZE];
    if (!event->public_key.kty || !lbx_tenant_key(&event->public_key, key))
        return false;
    const char *holder =
        lbx_map_get(&keyring->holders,
                    LBX_MAP_KEY(keyring->arena, event->tenant_id, hex_of(keyring->arena, key)));
    return holder && strcmp(holder, event->principal_id) != 0;
}

bool keyring_proof_holds(const struct keyring *keyring, const struct lbx_tenant_event *event) {
    unsigned char key[LBX_ED25519_KEY_SIZE];
    struct lbx_key_proof proof = {0};
    struct lbx_jws jws;
    return event->proof && event->public_key.kty && lbx_tenant_key(&event->public_key, key) &&
           lbx_jws_read(event->proof, &lbx_key_proof_table, keyring->arena, &proof, &jws) ==
               LBX_OK &&
           lbx_key_proof_matches(&proof, event) &&
           lbx_ed25519_verify(key, jws.signature, jws.signed_bytes, jws.signed_len);
}

void keyring_set(struct keyring *keyring, const struct lbx_tenant_event *event) {
    struct lbx_arena *arena = keyring->arena;
    struct stored_key *stored = find_key(keyring, event->tenant_id, event->principal_id);
    unsigned char *bytes = lbx_arena_alloc(arena, LBX_ED25519_KEY_SIZE);
    stored->changed = true;
    stored->bytes = NULL;
    if (!event->public_key.kty || !lbx_tenant_key(&event->public_key, bytes))
        return;
    stored->bytes = bytes;
    lbx_map_set(&keyring->holders, LBX_MAP_KEY(arena, event->tenant_id, hex_of(arena, bytes)),
                (void *)stored->principal_id);
}

/* ---- signatures of changes ---- */

struct signed_time {
    int64_t iat;
};
static const struct lbx_field signed_time_rows[] = {
    LBX_ROW_INT(signed_time, iat, .required = true, .max = INT64_MAX),
};
static const struct lbx_table signed_time_table =
    LBX_TABLE("signed_time", signed_time, signed_time_rows);

/* Whether what was signed is the event's data, without its signature and beside the time. */
static bool is_about(const struct lbx_jws *jws, const struct lbx_record *record) {
    const struct lbx_json_part said = {jws->payload, jws->payload_len, NULL, "iat"};
    const struct lbx_json_part done = {record->value, record->value_len,
                                       lbx_mode_of(record) == LBX_MODE_BINARY ? NULL : "data",
                                       "signature"};
    return lbx_json_same(&said, &done);
}

const char *keyring_signature(const struct keyring *keyring, const struct lbx_input_event *input,
                              const unsigned char *key, int64_t now_us) {
    const struct lbx_tenant_event *event = input->event.data;
    const struct signed_change *last = lbx_map_get(&keyring->last, event->tenant_id);
    struct signed_time time = {0};
    struct lbx_jws jws;
    if (!event->signature || !key ||
        lbx_jws_read(event->signature, &signed_time_table, keyring->arena, &time, &jws) != LBX_OK ||
        !lbx_ed25519_verify(key, jws.signature, jws.signed_bytes, jws.signed_len) ||
        !lbx_change_signature_is_timely(time.iat, now_us, last ? last->at : 0) ||
        !is_about(&jws, input->record))
        return NULL;
    char *hash = lbx_arena_alloc(keyring->arena, LBX_SHA256_HEX_SIZE);
    lbx_sha256_hex(jws.signed_bytes, jws.signed_len, hash);
    bool counted =
        lbx_map_get(&keyring->changes, LBX_MAP_KEY(keyring->arena, event->tenant_id, hash));
    return counted ? NULL : hash;
}

void keyring_counted(struct keyring *keyring, const char *tenant_id, const char *hash,
                     int64_t now_us) {
    remember(keyring, &(struct signed_change){tenant_id, hash, now_us, true});
}

/* ---- writing ---- */

void keyring_save(struct keyring *keyring, struct lbx_unit *unit, struct lbx_calls *calls) {
    struct lbx_rows *ended = lbx_unit_rows(unit), *begun = lbx_unit_rows(unit);
    struct lbx_rows *changes = lbx_unit_rows(unit);
    LBX_MAP_EACH(&keyring->keys, entry) {
        const struct stored_key *key = entry->value;
        if (key->changed)
            LBX_PG_ADD(ended, requester_end_keys_ended, .tenant_id = key->tenant_id,
                       .principal_id = key->principal_id);
        if (key->changed && key->bytes)
            LBX_PG_ADD(begun, requester_begin_keys_begun, .tenant_id = key->tenant_id,
                       .principal_id = key->principal_id,
                       .public_key = {.data = key->bytes, .len = LBX_ED25519_KEY_SIZE});
    }
    LBX_MAP_EACH(&keyring->changes, entry) {
        const struct signed_change *change = entry->value;
        if (change->is_new)
            LBX_PG_ADD(changes, requester_save_signed_changes_given, .tenant_id = change->tenant_id,
                       .signed_hash = change->hash);
    }
    LBX_PG_CALL(calls, requester_end_keys, .ended = ended, .at = unit->now);
    LBX_PG_CALL(calls, requester_begin_keys, .begun = begun, .at = unit->now);
    LBX_PG_CALL(calls, requester_save_signed_changes, .given = changes, .at = unit->now);
}
