/* The keys of a batch's tenants, and which signatures of changes have counted. */
#ifndef LBX_REQUESTER_KEYRING_H
#define LBX_REQUESTER_KEYRING_H

#include "core/tenant.h"
#include "json/compare.h"
#include "sign/signed.h"
#include "worker/events.h"

struct keyring {
    struct lbx_arena *arena;
    struct lbx_map keys;    /* by tenant and principal: struct stored_key */
    struct lbx_map holders; /* by tenant and key in hex: the principal id whose key it is or was */
    struct lbx_map changes; /* by tenant and hash: struct signed_change */
    struct lbx_map last;    /* by tenant: its last struct signed_change */
    size_t keys_call, changes_call;
};

/* Whose keys: the tenants named, and those whose subscriptions (in lower case) or tickets are named and have signed
 * decisions. */
struct keyring_names {
    struct lbx_pg_arrays *tenants, *subscriptions, *tickets;
};

/* Adds the statements that load it. since_us: the earliest time of the batch's records. */
void keyring_load(struct keyring *keyring, struct lbx_arena *arena,
                  const struct keyring_names *names, int64_t since_us,
                  struct lbx_pg_pipeline *calls);
void keyring_read(struct keyring *keyring, const struct lbx_pg *pg);
/* Adds the statements that write what changed. */
void keyring_save(struct keyring *keyring, struct lbx_unit *unit, struct lbx_pg_pipeline *calls);

/* The person's key; NULL: none is held. */
const struct lbx_key *keyring_key(const struct keyring *keyring, const char *tenant_id,
                                  const char *principal_id);

/* Whether the new key of an approver_key_set event is one that can be signed with. */
bool keyring_is_good(const struct keyring *keyring, const struct lbx_tenant_event *event);

/* Whether the new key of an approver_key_set event is, or was, another person's. */
bool keyring_is_taken(const struct keyring *keyring, const struct lbx_tenant_event *event);

/* Whether the event's proof shows that who has the new key has its private key. */
bool keyring_proof_holds(const struct keyring *keyring, const struct lbx_tenant_event *event);

/* Sets or removes the key that an approver_key_set event names. */
void keyring_set(struct keyring *keyring, const struct lbx_tenant_event *event);

/* The hash of what the record's signature is over, where that is this change, by this key, at a time that
 * counts, and has not counted before; else NULL. */
const char *keyring_signature(const struct keyring *keyring, const struct lbx_input_event *input,
                              const struct lbx_key *key, int64_t now_us);

/* Remembers that a change counted by the signature of that hash. */
void keyring_counted(struct keyring *keyring, const char *tenant_id, const char *hash,
                     int64_t now_us);

/* When something was signed: what a signature's payload has beside the event's data. */
struct keyring_time {
    int64_t iat;
};
extern const struct lbx_table keyring_time_table;

/* Whether what was signed is the record's data, of which `data` says which members count, and nothing else beside the
 * time. */
bool keyring_is_about(const struct lbx_signed *what, const struct lbx_record *record,
                      struct lbx_json_part data);

#endif
