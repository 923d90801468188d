/* Tenants: subscriptions, whether Lockbox is on, and who may change that. Pure. */
#ifndef LBX_CORE_TENANT_H
#define LBX_CORE_TENANT_H

#include "base/arena.h"
#include "event/payload.h"

/* A subscription as kept. */
struct lbx_subscription {
    const char *subscription_id, *tenant_id, *name;
    bool removed;
    bool lockbox_enabled;
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_webhook *webhooks;
    size_t webhook_count;
    struct lbx_policy policy;
};

extern const struct lbx_table lbx_subscription_table;

/* How many people may approve a subscription. */
enum { LBX_APPROVERS_MAX = 200 };

/* What the caller found out about a change. */
struct lbx_tenant_facts {
    bool by_administrator; /* `by` is a Global Administrator of the tenant now */
    bool approves_already; /* role_assigned: the person may approve the subscription now */
    size_t approver_count; /* role_assigned: how many people may approve it now */
    /* Whether decisions are signed: in the subscription, and for a key or an administrator in any of
     * the tenant's. */
    bool signed_decisions;
    bool signature_holds; /* the change has a signature that counts */
    /* approver_key_set: */
    bool had_key;     /* the person has a key now */
    bool key_is_good; /* the new key is one that can be signed with */
    bool key_taken;   /* the new key is, or was, another person's */
    bool proof_holds; /* the new key's holder proved to have its private key */
    /* policy_set: how many approvers of the subscription, and administrators, have keys */
    size_t approvers_with_keys, administrators_with_keys;
};

/* How many approvals a request of the subscription needs: 1 to 5. */
int64_t lbx_approvals_needed(const struct lbx_policy *policy);

/* Whether a policy asks for less than the one before in any respect. */
bool lbx_policy_weakens(const struct lbx_policy *before, const struct lbx_policy *after);

/* Whether a change gives up protection: it needs a signature where decisions are signed, and is told
 * to everybody concerned. subscription: as it was before. */
bool lbx_tenant_weakens(enum lbx_event_type type, const struct lbx_tenant_event *event,
                        const struct lbx_tenant_facts *facts,
                        const struct lbx_subscription *subscription);

/* Whether the time in a change's signature (seconds) is one that counts at now_us: at most 15 minutes
 * ago, at most 60 seconds ahead, and not before the second of the tenant's last signed change (0: none). */
bool lbx_change_signature_is_timely(int64_t iat, int64_t now_us, int64_t last_us);

/* Judges a tenant event and, where it holds, applies it to *subscription (the one it names; NULL where
 * it is not known or none is named). A subscription that comes into being is allocated in the arena and returned through
 * *subscription. Roles are the caller's to store. Returns why the change is refused,
 * LBX_REFUSAL_NONE where it is not. */
enum lbx_refusal lbx_tenant_change(enum lbx_event_type type, const struct lbx_tenant_event *event,
                                   const struct lbx_tenant_facts *facts, struct lbx_arena *arena,
                                   struct lbx_subscription **subscription);

/* What a proof of possession says (docs/signatures.md), and whether it is about this event. */
struct lbx_key_proof {
    const char *tenant_id, *principal_id;
    int64_t iat;
};
extern const struct lbx_table lbx_key_proof_table;
bool lbx_key_proof_matches(const struct lbx_key_proof *proof, const struct lbx_tenant_event *event);

/* The change that a type of the family TENANT asks for; LBX_CHANGE_NONE of one that answers. */
enum lbx_change lbx_tenant_change_of(enum lbx_event_type type);

#endif
