/* Reads `trust` by a table, and checks signatures with its keys. Promises that each key belongs
 * to one approver, and that there are as many keys as approvals needed. Fails the clusters file
 * where a key cannot be read: a cluster with pinned keys is never opened without them. */
#include "clusters/trust.h"

#include "base/text.h"
#include "base/uuid.h"
#include "sign/signed.h"

#include <string.h>

enum { KEYS_MAX = 16, REVOKED_MAX = 10000 };
#define NEEDED .required = true

static const struct lbx_field key_rows[] = {
    LBX_ROW_AS("kty", lbx_pinned_key, jwk.kty, LBX_T_TEXT, const char *, NEEDED, .max = 16),
    LBX_ROW_AS("crv", lbx_pinned_key, jwk.crv, LBX_T_TEXT, const char *, NEEDED, .max = 16),
    LBX_ROW_AS("x", lbx_pinned_key, jwk.x, LBX_T_TEXT, const char *, NEEDED, .max = 128),
    LBX_ROW_AS("y", lbx_pinned_key, jwk.y, LBX_T_TEXT, const char *, .max = 128),
    LBX_ROW_AS("rp_id", lbx_pinned_key, jwk.rp_id, LBX_T_TEXT, const char *, .max = 253),
    LBX_ROW_AS("origins", lbx_pinned_key, jwk.origins, LBX_T_LIST, const char **,
               .item = LBX_T_TEXT, .max = 512, .min_items = 1, .max_items = 5,
               .count_offset = LBX_PLACE(lbx_pinned_key, jwk.origin_count, size_t)),
    LBX_ROW_TEXT(lbx_pinned_key, kid, .max = 255),
    LBX_ROW_TEXT(lbx_pinned_key, use, .max = 255),
    LBX_ROW_TEXT(lbx_pinned_key, alg, .max = 255),
};
static const struct lbx_table key_table = LBX_TABLE("key", lbx_pinned_key, key_rows);

static const struct lbx_field approver_rows[] = {
    LBX_ROW_TEXT(lbx_trusted_approver, id, NEEDED, .min = 1, .max = 128),
    LBX_ROW_OBJECTS(lbx_trusted_approver, keys, key_count, struct lbx_pinned_key, NEEDED,
                    .of = &key_table, .min_items = 1, .max_items = KEYS_MAX),
};
static const struct lbx_table approver_table =
    LBX_TABLE("approver", lbx_trusted_approver, approver_rows);

static const struct lbx_field trust_rows[] = {
    LBX_ROW_OBJECTS(lbx_trust, approvers, approver_count, struct lbx_trusted_approver, NEEDED,
                    .of = &approver_table, .min_items = 1, .max_items = LBX_TRUST_APPROVERS_MAX),
    LBX_ROW_INT(lbx_trust, approvals_needed, NEEDED, .min = 1, .max = 5),
    LBX_ROW_BOOL(lbx_trust, emergency),
    LBX_ROW_BOOL(lbx_trust, not_required),
    LBX_ROW_BOOL(lbx_trust, auto_approve),
    LBX_ROW_TEXTS(lbx_trust, revoked, revoked_count, .min = 36, .max = 36, .min_items = 0,
                  .max_items = REVOKED_MAX),
};
const struct lbx_table lbx_trust_table = LBX_TABLE("trust", lbx_trust, trust_rows);

/* ---- keys ---- */

static bool is_pinned_before(const struct lbx_trust *trust, size_t approver, size_t key) {
    const struct lbx_key *it = &trust->approvers[approver].keys[key].key;
    for (size_t a = 0; a <= approver; a++)
        for (size_t k = 0; k < (a == approver ? key : trust->approvers[a].key_count); k++)
            if (trust->approvers[a].keys[k].key.size == it->size &&
                memcmp(trust->approvers[a].keys[k].key.bytes, it->bytes, it->size) == 0)
                return true;
    return false;
}

static const char *complete_approver(struct lbx_trust *trust, size_t i, struct lbx_arena *arena) {
    struct lbx_trusted_approver *it = &trust->approvers[i];
    for (size_t a = 0; a < i; a++)
        if (strcmp(trust->approvers[a].id, it->id) == 0)
            return "trust: an approver twice";
    for (size_t k = 0; k < it->key_count; k++) {
        if (!lbx_key_read(&it->keys[k].jwk, arena, &it->keys[k].key))
            return "trust: a key that no signature can be checked with";
        if (is_pinned_before(trust, i, k))
            return "trust: a key twice";
    }
    return NULL;
}

const char *lbx_trust_complete(struct lbx_trust *trust, struct lbx_arena *arena) {
    for (size_t i = 0; i < trust->approver_count; i++) {
        const char *wrong = complete_approver(trust, i, arena);
        if (wrong)
            return wrong;
    }
    for (size_t i = 0; i < trust->revoked_count; i++)
        if (!lbx_uuid_valid(lbx_lower_all((char *)trust->revoked[i])))
            return "trust: revoked takes request ids";
    return (size_t)trust->approvals_needed > trust->approver_count
               ? "trust: more approvals needed than there are approvers"
               : NULL;
}

int lbx_trust_signer(const struct lbx_trust *trust, const struct lbx_signature_in *signature,
                     struct lbx_arena *arena, struct lbx_signed_decision *ret_payload) {
    struct lbx_signed_decision claimed = {0};
    struct lbx_signed said;
    if (!lbx_signed_claims(signature, &lbx_signed_decision_table, arena, &claimed) || !claimed.by)
        return -1;
    for (size_t i = 0; i < trust->approver_count; i++) {
        const struct lbx_trusted_approver *it = &trust->approvers[i];
        for (size_t k = 0; strcmp(it->id, claimed.by) == 0 && k < it->key_count; k++)
            if (lbx_signed_read(signature, &it->keys[k].key, &lbx_signed_decision_table, arena,
                                ret_payload, &said))
                return (int)i;
    }
    return -1;
}
