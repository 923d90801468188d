/* Tenants: their subscriptions, whether Lockbox is enabled, and who may change that. Pure. */
#ifndef LBX_CORE_TENANT_H
#define LBX_CORE_TENANT_H

#include "base/arena.h"
#include "event/payload.h"

/* A subscription as stored. */
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

/* The most approvers of a subscription. */
enum { LBX_APPROVERS_MAX = 200 };

/* The caller's findings about a change. */
struct lbx_tenant_facts {
    bool by_administrator; /* `by` is a Global Administrator of the tenant now */
    bool approves_already; /* role_assigned: the person may approve the subscription now */
    size_t approver_count; /* role_assigned: how many people may approve it now */
    /* Whether decisions are signed: in the subscription or, for a key or an administrator, in
     * any of the tenant's. */
    bool signed_decisions;
    bool signature_holds; /* the change has a valid signature */
    /* approver_key_set: */
    bool had_key;     /* the person has a key now */
    bool key_is_good; /* the new key is valid for signatures */
    bool key_taken;   /* the new key is, or was, another person's */
    bool proof_holds; /* the new key's holder proved to have the private key */
    /* policy_set: how many of the subscription's approvers, and of the administrators, have keys */
    size_t approvers_with_keys, administrators_with_keys;
};

/* How many approvals a request of the subscription needs: 1 to 5. */
int64_t lbx_approvals_needed(const struct lbx_policy *policy);

/* Whether a policy requires less than the one before in some respect. */
bool lbx_policy_weakens(const struct lbx_policy *before, const struct lbx_policy *after);

/* Whether a change reduces protection: it needs a signature where decisions are signed, and
 * everybody concerned is told. subscription: before the change. */
bool lbx_tenant_weakens(enum lbx_event_type type, const struct lbx_tenant_event *event,
                        const struct lbx_tenant_facts *facts,
                        const struct lbx_subscription *subscription);

/* Whether the time in a change's signature (seconds) is acceptable at now_us: at most 15 minutes ago,
 * at most 60 seconds ahead, and not before the second of the tenant's last signed change (0: none). */
bool lbx_change_signature_is_timely(int64_t iat, int64_t now_us, int64_t last_us);

/* Judges a tenant event and, if it is allowed, applies it to *subscription (the one that it
 * names; NULL: unknown, or none is named). A new subscription is allocated in the arena, and
 * returned in *subscription. The caller stores roles. Returns why the change is refused;
 * LBX_REFUSAL_NONE: it is not. */
enum lbx_refusal lbx_tenant_change(enum lbx_event_type type, const struct lbx_tenant_event *event,
                                   const struct lbx_tenant_facts *facts, struct lbx_arena *arena,
                                   struct lbx_subscription **subscription);

/* The payload of a proof of possession (docs/signatures.md), and whether it is about this event. */
struct lbx_key_proof {
    const char *tenant_id, *principal_id;
    int64_t iat;
};
extern const struct lbx_table lbx_key_proof_table;
bool lbx_key_proof_matches(const struct lbx_key_proof *proof, const struct lbx_tenant_event *event);

/* The change that a type of the family TENANT makes; LBX_CHANGE_NONE for the types that Lockbox publishes. */
enum lbx_change lbx_tenant_change_of(enum lbx_event_type type);

#endif
