/* A cluster's `trust`: keys that its customer pins, and access that needs no signature. */
#ifndef LBX_CLUSTERS_TRUST_H
#define LBX_CLUSTERS_TRUST_H

#include "core/consent.h"
#include "json/table.h"
#include "sign/key.h"

struct lbx_pinned_key {
    struct lbx_jwk jwk;
    const char *kid, *use, *alg; /* optional in a JWK, and not used */
    struct lbx_key key;
};

struct lbx_trusted_approver {
    const char *id;
    struct lbx_pinned_key *keys;
    size_t key_count;
};

struct lbx_trust {
    struct lbx_trusted_approver *approvers; /* NULL: the database is trusted */
    size_t approver_count;
    int64_t approvals_needed;
    bool emergency, not_required,
        auto_approve;     /* access without a signature, as the database says */
    const char **revoked; /* ids of requests that open nothing */
    size_t revoked_count;
};

enum { LBX_TRUST_APPROVERS_MAX = 64 };

extern const struct lbx_table lbx_trust_table;

/* Decodes the keys into the arena. NULL: they are valid. Otherwise the reason, static. */
const char *lbx_trust_complete(struct lbx_trust *trust, struct lbx_arena *arena);

/* The index of the approver whose key made a decision's signature, and the signed payload. -1: no approver of that id signed. */
int lbx_trust_signer(const struct lbx_trust *trust, const struct lbx_signature_in *signature,
                     struct lbx_arena *arena, struct lbx_signed_decision *ret_payload);

#endif
