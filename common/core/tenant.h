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
};

/* Judges a tenant event and, where it holds, applies it to *subscription (the one it names; NULL where
 * it is not known or none is named). A subscription that comes into being is allocated in the arena and returned through
 * *subscription. Roles are the caller's to store. Returns why the change is refused,
 * LBX_REFUSAL_NONE where it is not. */
enum lbx_refusal lbx_tenant_change(enum lbx_event_type type, const struct lbx_tenant_event *event,
                                   const struct lbx_tenant_facts *facts, struct lbx_arena *arena,
                                   struct lbx_subscription **subscription);

enum { LBX_ED25519_KEY_SIZE = 32 };

/* The key of an approver_key_set event; false where it is no Ed25519 JWK (RFC 8037). */
bool lbx_tenant_key(const struct lbx_jwk *jwk, unsigned char ret_key[LBX_ED25519_KEY_SIZE]);

/* The change that a type of the family TENANT asks for; LBX_CHANGE_NONE of one that answers. */
enum lbx_change lbx_tenant_change_of(enum lbx_event_type type);

#endif
