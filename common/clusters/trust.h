/* A cluster's `trust`: the keys that its customer pins, and what else opens the cluster. */
#ifndef LBX_CLUSTERS_TRUST_H
#define LBX_CLUSTERS_TRUST_H

#include "core/consent.h"
#include "json/table.h"
#include "sign/key.h"

struct lbx_pinned_key {
    struct lbx_jwk jwk;
    const char *kid, *use, *alg; /* a JWK may have them; nothing is made of them */
    struct lbx_key key;
};

struct lbx_trusted_approver {
    const char *id;
    struct lbx_pinned_key *keys;
    size_t key_count;
};

struct lbx_trust {
    struct lbx_trusted_approver *approvers; /* NULL: the cluster believes the database */
    size_t approver_count;
    int64_t approvals_needed;
    bool emergency, not_required,
        auto_approve;     /* access that nobody signed, on the database's word */
    const char **revoked; /* requests that open nothing */
    size_t revoked_count;
};

enum { LBX_TRUST_APPROVERS_MAX = 64 };

extern const struct lbx_table lbx_trust_table;

/* Decodes the keys, into the arena. Returns NULL, or what is wrong, static. */
const char *lbx_trust_complete(struct lbx_trust *trust, struct lbx_arena *arena);

/* The approver whose key made a decision's signature, if that is who it says, and what was signed; -1: nobody's. */
int lbx_trust_signer(const struct lbx_trust *trust, const struct lbx_signature_in *signature,
                     struct lbx_arena *arena, struct lbx_signed_decision *ret_payload);

#endif
