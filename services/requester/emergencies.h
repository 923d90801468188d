/* What is known of the emergencies of a batch's subscriptions: which were declared, and by which authorizations. */
#ifndef LBX_REQUESTER_EMERGENCIES_H
#define LBX_REQUESTER_EMERGENCIES_H

#include "core/creation.h"
#include "worker/events.h"

struct emergencies {
    struct lbx_arena *arena;
    struct lbx_map earlier;        /* by request id: struct lbx_request, as far as its row tells */
    struct lbx_map authorizations; /* by hash: those that counted */
    struct lbx_pg_arrays *counted; /* those that count in this batch */
    size_t earlier_call, authorizations_call;
};

/* Reads LOCKBOX_AUTHORIZER_KEYS_FILE, once, at start. LBX_ERR_INVALID, which is logged: it cannot be read, or has a
 * key that is no Ed25519 key or stands for nobody. */
enum lbx_err emergencies_check(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Adds the statements that load what the batch's emergencies ask for. subscriptions: those whose tickets the batch
 * may open, in lower case. */
void emergencies_load(struct emergencies *emergencies, struct lbx_batch *batch,
                      struct lbx_pg_arrays *subscriptions, struct lbx_pg_pipeline *calls);
void emergencies_read(struct emergencies *emergencies, const struct lbx_pg *pg);
/* Adds the statement that writes which authorizations counted. */
void emergencies_save(struct emergencies *emergencies, struct lbx_unit *unit,
                      struct lbx_pg_pipeline *calls);

/* The emergencies before this one of the ticket. requests: those of the batch, as they stand (struct
 * lbx_stored_request, by request id). */
struct lbx_emergencies emergencies_before(const struct emergencies *emergencies,
                                          const struct lbx_map *requests,
                                          const struct lbx_ticket *ticket, int64_t now_us);

/* Whether who authorized the emergency proved so, by a signature that counted for none before. Where no keys are
 * set, nobody has to: true. *ret_hash: of the signature; NULL where none counts. */
bool emergencies_proved(const struct emergencies *emergencies, const struct lbx_input_event *input,
                        int64_t now_us, const char **ret_hash);

/* Remembers that an emergency was opened by the authorization of that hash. */
void emergencies_counted(struct emergencies *emergencies, const char *hash);

#endif
