/* The keys of a batch's tenants, and used signatures of changes. */
#ifndef LBX_REQUESTER_KEYRING_H
#define LBX_REQUESTER_KEYRING_H

#include "core/tenant.h"
#include "json/compare.h"
#include "sign/signed.h"
#include "worker/events.h"

struct keyring {
    struct lbx_arena *arena;
    struct lbx_map keys;    /* by tenant and principal: struct stored_key */
    struct lbx_map holders; /* by tenant and key in hex: the principal who has or had it */
    struct lbx_map changes; /* by tenant and hash: struct signed_change */
    struct lbx_map last;    /* by tenant: the last struct signed_change */
    size_t keys_call, changes_call;
};

/* The tenants whose keys are loaded: those named, and those with signed decisions whose
 * subscriptions (in lower case) or tickets are named. */
struct keyring_names {
    struct lbx_pg_arrays *tenants, *subscriptions, *tickets;
};

/* Adds the statements that load the keys and changes. since_us: the earliest time of the batch's records. */
void keyring_load(struct keyring *keyring, struct lbx_arena *arena,
                  const struct keyring_names *names, int64_t since_us,
                  struct lbx_pg_pipeline *calls);
void keyring_read(struct keyring *keyring, const struct lbx_pg *pg);
/* Adds the statements that write changes. */
void keyring_save(struct keyring *keyring, struct lbx_unit *unit, struct lbx_pg_pipeline *calls);

/* The person's key; NULL: none. */
const struct lbx_key *keyring_key(const struct keyring *keyring, const char *tenant_id,
                                  const char *principal_id);

/* Whether the new key of an approver_key_set event is valid for signatures. */
bool keyring_is_good(const struct keyring *keyring, const struct lbx_tenant_event *event);

/* Whether the new key of an approver_key_set event is, or was, another person's. */
bool keyring_is_taken(const struct keyring *keyring, const struct lbx_tenant_event *event);

/* Whether the event's proof of possession is valid: its signer has the private key. */
bool keyring_proof_holds(const struct keyring *keyring, const struct lbx_tenant_event *event);

/* Sets or removes the key in an approver_key_set event. */
void keyring_set(struct keyring *keyring, const struct lbx_tenant_event *event);

/* A change's signature. */
struct keyring_signature {
    const char *hash; /* of the signed bytes; NULL: no valid signature */
    int64_t at;       /* its iat */
};

/* The record's signature, if it is over this change, by this key, at an acceptable time, and was not used before. */
struct keyring_signature keyring_signature(const struct keyring *keyring,
                                           const struct lbx_input_event *input,
                                           const struct lbx_key *key, int64_t now_us);

/* Notes that a change used the signature with that hash. Of the tenant's signatures only those from at_us on are valid after it. */
void keyring_counted(struct keyring *keyring, const char *tenant_id, const char *hash,
                     int64_t at_us);

/* The members that a payload has in addition to the event's data: the time of the signature, and optionally the event's type. */
struct keyring_claims {
    int64_t iat;
    const char *type;
};
extern const struct lbx_table keyring_claims_table;

/* Whether the signed payload is the record's data, without members that `data` excludes, and with nothing else but the members
 * listed in `beside`, which ends in NULL. */
bool keyring_is_about(const struct lbx_signed *what, const char *const *beside,
                      const struct lbx_record *record, struct lbx_json_part data);

#endif
