/* Reads a subscription's emergencies, and checks authorizations. Promises that an authorization
 * counts once. Fails, as unproven, for an authorization without a valid signature by a key of
 * the file, over this emergency, at most 15 minutes old. */
#include "emergencies.h"

#include "base/file.h"
#include "base/text.h"
#include "core/tenant.h"
#include "io/hash.h"
#include "keyring.h"
#include "sql_requester.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- the authorizers' keys ---- */

struct authorizer {
    const char *kid; /* id of the principal */
    struct lbx_jwk jwk;
    struct lbx_key key;
};
struct key_set {
    struct authorizer *keys;
    size_t count;
};

static const struct lbx_field authorizer_rows[] = {
    LBX_ROW_TEXT(authorizer, kid, .required = true, .min = 1, .max = 128),
    LBX_ROW_AS("kty", authorizer, jwk.kty, LBX_T_TEXT, const char *, .required = true, .max = 16),
    LBX_ROW_AS("crv", authorizer, jwk.crv, LBX_T_TEXT, const char *, .required = true, .max = 16),
    LBX_ROW_AS("x", authorizer, jwk.x, LBX_T_TEXT, const char *, .required = true, .max = 128),
};
static const struct lbx_table authorizer_table =
    LBX_TABLE("authorizer", authorizer, authorizer_rows);
static const struct lbx_field key_set_rows[] = {
    LBX_ROW_OBJECTS(key_set, keys, count, struct authorizer, .required = true, .max_items = 10000,
                    .of = &authorizer_table),
};
static const struct lbx_table key_set_table = LBX_TABLE("key_set", key_set, key_set_rows);

/* Shared by all lanes, and constant after the start. */
static struct {
    bool asked; /* whether LOCKBOX_AUTHORIZER_KEYS_FILE is set */
    struct lbx_arena arena;
    struct key_set set;
} authorizers;

static enum lbx_err refuse(const char *why) {
    return lbx_settings_refuse("LOCKBOX_AUTHORIZER_KEYS_FILE", why);
}

static enum lbx_err read_keys(const char *text, size_t len) {
    struct lbx_reason reason;
    struct key_set *set = &authorizers.set;
    lbx_arena_init(&authorizers.arena);
    if (lbx_json_read(&key_set_table, text, len, "", &authorizers.arena, set, &reason) != LBX_OK)
        return refuse(reason.text);
    for (size_t i = 0; i < set->count; i++)
        if (!lbx_key_read(&set->keys[i].jwk, &authorizers.arena, &set->keys[i].key)) {
            (void)snprintf(reason.text, sizeof reason.text, "/keys/%zu: no Ed25519 key", i);
            return refuse(reason.text);
        }
    return LBX_OK;
}

enum lbx_err emergencies_check(const struct lbx_settings *settings) {
    enum { FILE_MAX = 1 << 22 };
    struct lbx_buf text LBX_BUF = {0};
    authorizers.asked = settings->authorizer_keys_file[0] != '\0';
    if (!authorizers.asked)
        return LBX_OK;
    return lbx_file_read(settings->authorizer_keys_file, FILE_MAX, &text)
               ? read_keys(text.data, text.len)
               : refuse(strerror(errno));
}

/* ---- loading ---- */

static bool is_declared(const struct lbx_input_event *input) {
    return input->status == LBX_INPUT_NEW &&
           input->event.type == LBX_EVENT_ACCESS_EMERGENCY_DECLARED;
}

/* The hash of an authorization's signed bytes; NULL: it is malformed. */
static const char *hash_of(const char *authorization, struct lbx_arena *arena) {
    const char *end = authorization ? strrchr(authorization, '.') : NULL;
    if (!end)
        return NULL;
    char *hash = lbx_arena_alloc(arena, LBX_SHA256_HEX_SIZE);
    lbx_sha256_hex(authorization, (size_t)(end - authorization), hash);
    return hash;
}

void emergencies_load(struct emergencies *emergencies, struct lbx_batch *batch,
                      struct lbx_pg_arrays *subscriptions, struct lbx_pg_pipeline *calls) {
    struct lbx_pg_arrays *tickets = lbx_unit_rows(&batch->unit);
    struct lbx_pg_arrays *hashes = lbx_unit_rows(&batch->unit);
    bool any = false;
    *emergencies =
        (struct emergencies){.arena = batch->arena, .counted = lbx_unit_rows(&batch->unit)};
    lbx_map_init(&emergencies->earlier, batch->arena);
    lbx_map_init(&emergencies->authorizations, batch->arena);
    for (size_t i = 0; i < batch->count; i++) {
        if (!is_declared(&batch->inputs[i]))
            continue;
        const struct lbx_access_requested *wish = batch->inputs[i].event.data;
        const char *hash = hash_of(wish->authorization, batch->arena);
        any = true;
        lbx_pg_array_text(tickets, wish->ticket_id);
        if (hash)
            lbx_pg_array_text(hashes, hash);
    }
    emergencies->earlier_call =
        LBX_PG_CALL(calls, requester_load_emergencies, .ticket_ids = tickets,
                    .subscription_ids = any ? subscriptions : lbx_unit_rows(&batch->unit));
    emergencies->authorizations_call =
        LBX_PG_CALL(calls, requester_load_authorizations, .hashes = hashes);
}

static void read_earlier(struct emergencies *emergencies, const struct lbx_pg *pg, size_t row) {
    struct lbx_arena *arena = emergencies->arena;
    const struct sql_requester_load_emergencies_answer it =
        LBX_PG_READ(pg, emergencies->earlier_call, row, requester_load_emergencies, arena);
    struct lbx_request *request = LBX_ARENA_NEW(arena, struct lbx_request);
    *request = (struct lbx_request){
        .request_id = lbx_arena_strdup(arena, it.request_id),
        .subscription_id = lbx_arena_strdup(arena, it.subscription_id),
        .ticket_id = lbx_arena_strdup(arena, it.ticket_id),
        .state = lbx_name_index(lbx_state_names, it.state),
        .created_at = it.created_at,
        .acknowledge_by = it.acknowledge_by,
        .acknowledged_at = it.acknowledged ? it.acknowledge_by : 0,
    };
    lbx_map_set(&emergencies->earlier, request->request_id, request);
}

void emergencies_read(struct emergencies *emergencies, const struct lbx_pg *pg) {
    for (size_t i = 0; i < lbx_pg_row_count(pg, emergencies->earlier_call); i++)
        read_earlier(emergencies, pg, i);
    for (size_t i = 0; i < lbx_pg_row_count(pg, emergencies->authorizations_call); i++) {
        const char *hash = LBX_PG_READ(pg, emergencies->authorizations_call, i,
                                       requester_load_authorizations, NULL)
                               .signed_hash;
        lbx_map_set(&emergencies->authorizations, lbx_arena_strdup(emergencies->arena, hash),
                    emergencies);
    }
}

/* ---- asking ---- */

static void add(struct lbx_emergencies *before, const struct lbx_request *request,
                const struct lbx_ticket *ticket, int64_t now_us) {
    if (request->acknowledge_by && request->subscription_id &&
        lbx_same_text(request->subscription_id, ticket->subscription_id))
        lbx_emergencies_add(before, request, ticket->ticket_id, now_us);
}

struct lbx_emergencies emergencies_before(const struct emergencies *emergencies,
                                          const struct lbx_map *requests,
                                          const struct lbx_ticket *ticket, int64_t now_us) {
    struct lbx_emergencies before = {0};
    if (!ticket->subscription_id)
        return before;
    LBX_MAP_EACH(&emergencies->earlier, entry)
        if (!lbx_map_get(requests, entry->key)) /* those of the batch are added below */
            add(&before, entry->value, ticket, now_us);
    LBX_MAP_EACH(requests, entry)
        add(&before, &((const struct lbx_stored_request *)entry->value)->request, ticket, now_us);
    return before;
}

static bool read_signed(const char *jws, const char *principal_id, struct lbx_arena *arena,
                        struct keyring_claims *ret_said, struct lbx_signed *ret_signed) {
    const struct lbx_signature_in signature = {.jws = jws};
    for (size_t i = 0; i < authorizers.set.count; i++)
        if (strcmp(authorizers.set.keys[i].kid, principal_id) == 0 &&
            lbx_signed_read(&signature, &authorizers.set.keys[i].key, &keyring_claims_table, arena,
                            ret_said, ret_signed))
            return true;
    return false;
}

bool emergencies_proved(const struct emergencies *emergencies, const struct lbx_input_event *input,
                        int64_t now_us, const char **ret_hash) {
    static const char *const members[] = {"ticket_id",   "engineer_id", "resource_id",
                                          "incident_id", "actions",     NULL};
    static const char *const claimed[] = {"iat", NULL};
    const struct lbx_access_requested *wish = input->event.data;
    struct keyring_claims said = {0};
    struct lbx_signed what;
    *ret_hash = NULL;
    if (!authorizers.asked)
        return true;
    const char *hash = hash_of(wish->authorization, emergencies->arena);
    if (!hash || lbx_map_get(&emergencies->authorizations, hash) ||
        !read_signed(wish->authorization, wish->authorized_by.id, emergencies->arena, &said,
                     &what) ||
        !lbx_change_signature_is_timely(said.iat, now_us, 0) ||
        !keyring_is_about(&what, claimed, input->record, (struct lbx_json_part){.only = members}))
        return false;
    *ret_hash = hash;
    return true;
}

void emergencies_counted(struct emergencies *emergencies, const char *hash) {
    lbx_map_set(&emergencies->authorizations, hash, emergencies);
    LBX_PG_ADD(emergencies->counted, requester_save_authorizations_given, .signed_hash = hash);
}

/* ---- writing ---- */

void emergencies_save(struct emergencies *emergencies, struct lbx_unit *unit,
                      struct lbx_pg_pipeline *calls) {
    LBX_PG_CALL(calls, requester_save_authorizations, .given = emergencies->counted,
                .at = unit->clock.now);
}
