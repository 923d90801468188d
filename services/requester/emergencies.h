/* The emergencies of a batch's subscriptions, and the authorizations used for them. */
#ifndef LBX_REQUESTER_EMERGENCIES_H
#define LBX_REQUESTER_EMERGENCIES_H

#include "core/creation.h"
#include "worker/events.h"

struct emergencies {
    struct lbx_arena *arena;
    struct lbx_map earlier;        /* by request id: struct lbx_request with its row's members */
    struct lbx_map authorizations; /* by hash: those used earlier */
    struct lbx_pg_arrays *counted; /* those used by this batch */
    size_t earlier_call, authorizations_call;
};

/* Reads LOCKBOX_AUTHORIZER_KEYS_FILE, once, at the start. LBX_ERR_INVALID, logged: the file
 * cannot be read, or has a key that is no Ed25519 key or has no principal. */
enum lbx_err emergencies_check(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Adds the statements that load the emergencies. subscriptions: those whose tickets the batch
 * may open, in lower case. */
void emergencies_load(struct emergencies *emergencies, struct lbx_batch *batch,
                      struct lbx_pg_arrays *subscriptions, struct lbx_pg_pipeline *calls);
void emergencies_read(struct emergencies *emergencies, const struct lbx_pg *pg);
/* Adds the statement that stores used authorizations. */
void emergencies_save(struct emergencies *emergencies, struct lbx_unit *unit,
                      struct lbx_pg_pipeline *calls);

/* Earlier emergencies of the ticket's subscription. requests: the batch's current ones (struct
 * lbx_stored_request, by request id). */
struct lbx_emergencies emergencies_before(const struct emergencies *emergencies,
                                          const struct lbx_map *requests,
                                          const struct lbx_ticket *ticket, int64_t now_us);

/* Whether the authorizer signed the emergency, with a signature not used before. Without
 * configured keys: true. *ret_hash: of the signature; NULL: none. */
bool emergencies_proved(const struct emergencies *emergencies, const struct lbx_input_event *input,
                        int64_t now_us, const char **ret_hash);

/* Notes that an emergency used the authorization with that hash. */
void emergencies_counted(struct emergencies *emergencies, const char *hash);

#endif
