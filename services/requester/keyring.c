/* Loads, queries and saves tenants' keys, and the signatures that were used. Promises that a
 * signature counts once, and that a key that one person had is never accepted for another. Fails
 * closed: an unreadable key or signature is not valid. */
#include "keyring.h"

#include "base/clock.h"
#include "event/open.h"
#include "io/hash.h"
#include "sql_requester.h"

#include <string.h>

struct stored_key {
    const char *tenant_id, *principal_id;
    struct lbx_key key; /* size 0: the key was removed */
    bool changed;
};

struct signed_change {
    const char *tenant_id, *hash;
    int64_t at;
    bool is_new;
};

/* ---- loading ---- */

void keyring_load(struct keyring *keyring, struct lbx_arena *arena,
                  const struct keyring_names *names, int64_t since_us,
                  struct lbx_pg_pipeline *calls) {
    struct lbx_map *const maps[] = {&keyring->keys, &keyring->holders, &keyring->changes,
                                    &keyring->last};
    keyring->arena = arena;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        lbx_map_init(maps[i], arena);
    keyring->keys_call =
        LBX_PG_CALL(calls, requester_load_keys, .tenant_ids = names->tenants,
                    .subscription_ids = names->subscriptions, .ticket_ids = names->tickets);
    keyring->changes_call = LBX_PG_CALL(calls, requester_load_signed_changes,
                                        .tenant_ids = names->tenants, .since = since_us);
}

static const char *hex_of(struct lbx_arena *arena, const struct lbx_key *key) {
    struct lbx_buf hex LBX_BUF = {0};
    lbx_buf_hex(&hex, key->bytes, key->size);
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
    const struct signed_change *last = lbx_map_get(&keyring->last, change->tenant_id);
    if (!last || last->at < change->at)
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
        if (it.held && !lbx_key_of_row(it.public_key.data, it.public_key.len, it.rp_id, it.origins,
                                       &stored->key))
            stored->key.size = 0;
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

const struct lbx_key *keyring_key(const struct keyring *keyring, const char *tenant_id,
                                  const char *principal_id) {
    const struct stored_key *stored =
        lbx_map_get(&keyring->keys, LBX_MAP_KEY(keyring->arena, tenant_id, principal_id));
    return stored && stored->key.size ? &stored->key : NULL;
}

static bool read_new(const struct keyring *keyring, const struct lbx_tenant_event *event,
                     struct lbx_key *ret_key) {
    return event->public_key.kty && lbx_key_read(&event->public_key, keyring->arena, ret_key);
}

bool keyring_is_good(const struct keyring *keyring, const struct lbx_tenant_event *event) {
    struct lbx_key key;
    return read_new(keyring, event, &key);
}

bool keyring_is_taken(const struct keyring *keyring, const struct lbx_tenant_event *event) {
    struct lbx_key key;
    if (!read_new(keyring, event, &key))
        return false;
    const char *holder =
        lbx_map_get(&keyring->holders,
                    LBX_MAP_KEY(keyring->arena, event->tenant_id, hex_of(keyring->arena, &key)));
    return holder && strcmp(holder, event->principal_id) != 0;
}

bool keyring_proof_holds(const struct keyring *keyring, const struct lbx_tenant_event *event) {
    struct lbx_key key;
    struct lbx_key_proof proof = {0};
    struct lbx_signed said;
    return read_new(keyring, event, &key) &&
           lbx_signed_read(&event->proof, &key, &lbx_key_proof_table, keyring->arena, &proof,
                           &said) &&
           lbx_key_proof_matches(&proof, event);
}

void keyring_set(struct keyring *keyring, const struct lbx_tenant_event *event) {
    struct lbx_arena *arena = keyring->arena;
    struct stored_key *stored = find_key(keyring, event->tenant_id, event->principal_id);
    stored->changed = true;
    stored->key.size = 0;
    if (read_new(keyring, event, &stored->key))
        lbx_map_set(&keyring->holders,
                    LBX_MAP_KEY(arena, event->tenant_id, hex_of(arena, &stored->key)),
                    (void *)stored->principal_id);
}

/* ---- signatures of changes ---- */

static const struct lbx_field claims_rows[] = {
    LBX_ROW_INT(keyring_claims, iat, .required = true, .max = INT64_MAX),
    LBX_ROW_TEXT(keyring_claims, type, .max = 256),
};
const struct lbx_table keyring_claims_table =
    LBX_TABLE("signed_claims", keyring_claims, claims_rows);

bool keyring_is_about(const struct lbx_signed *what, const char *const *beside,
                      const struct lbx_record *record, struct lbx_json_part data) {
    const struct lbx_json_part said = {
        .text = what->payload, .len = what->payload_len, .without = beside};
    data.text = record->value;
    data.len = record->value_len;
    data.member = lbx_mode_of(record) == LBX_MODE_BINARY ? NULL : "data";
    return lbx_json_same(&said, &data);
}

/* Several types have the same data. A payload with a type is valid for that type only. */
static bool is_of_type(const struct keyring_claims *claims, const struct lbx_event *event) {
    return !claims->type || strcmp(claims->type, lbx_event_type_info(event->type)->name) == 0;
}

struct keyring_signature keyring_signature(const struct keyring *keyring,
                                           const struct lbx_input_event *input,
                                           const struct lbx_key *key, int64_t now_us) {
    static const char *const claimed[] = {"iat", "type", NULL};
    static const char *const signature[] = {"signature", NULL};
    const struct lbx_tenant_event *event = input->event.data;
    const struct signed_change *last = lbx_map_get(&keyring->last, event->tenant_id);
    struct keyring_claims claims = {0};
    struct lbx_signed said;
    if (!lbx_signed_read(&event->signature, key, &keyring_claims_table, keyring->arena, &claims,
                         &said) ||
        !lbx_change_signature_is_timely(claims.iat, now_us, last ? last->at : 0) ||
        !is_of_type(&claims, &input->event) ||
        !keyring_is_about(&said, claimed, input->record,
                          (struct lbx_json_part){.without = signature}))
        return (struct keyring_signature){0};
    char *hash = lbx_arena_alloc(keyring->arena, LBX_SHA256_HEX_SIZE);
    lbx_sha256_hex(said.bytes, said.len, hash);
    bool counted =
        lbx_map_get(&keyring->changes, LBX_MAP_KEY(keyring->arena, event->tenant_id, hash));
    return (struct keyring_signature){counted ? NULL : hash, claims.iat * LBX_SECOND_US};
}

void keyring_counted(struct keyring *keyring, const char *tenant_id, const char *hash,
                     int64_t at_us) {
    remember(keyring, &(struct signed_change){tenant_id, hash, at_us, true});
}

/* ---- writing ---- */

void keyring_save(struct keyring *keyring, struct lbx_unit *unit, struct lbx_pg_pipeline *calls) {
    struct lbx_pg_arrays *ended = lbx_unit_rows(unit), *begun = lbx_unit_rows(unit);
    struct lbx_pg_arrays *changes = lbx_unit_rows(unit);
    LBX_MAP_EACH(&keyring->keys, entry) {
        const struct stored_key *key = entry->value;
        if (key->changed)
            LBX_PG_ADD(ended, requester_end_keys_ended, .tenant_id = key->tenant_id,
                       .principal_id = key->principal_id);
        if (key->changed && key->key.size)
            LBX_PG_ADD(begun, requester_begin_keys_begun, .tenant_id = key->tenant_id,
                       .principal_id = key->principal_id,
                       .public_key = {.data = key->key.bytes, .len = key->key.size},
                       .rp_id = key->key.rp_id, .origins = key->key.origins);
    }
    LBX_MAP_EACH(&keyring->changes, entry) {
        const struct signed_change *change = entry->value;
        if (change->is_new)
            LBX_PG_ADD(changes, requester_save_signed_changes_given, .tenant_id = change->tenant_id,
                       .signed_hash = change->hash, .signed_at = change->at);
    }
    LBX_PG_CALL(calls, requester_end_keys, .ended = ended, .at = unit->clock.now);
    LBX_PG_CALL(calls, requester_begin_keys, .begun = begun, .at = unit->clock.now);
    LBX_PG_CALL(calls, requester_save_signed_changes, .given = changes);
}
