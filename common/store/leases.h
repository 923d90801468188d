/* Work that one process of several does at a time: rows of the table lease, each renewed by a
 * heartbeat.
 *
 * A lease expires 12 seconds after its last renewal, and with its holder's session. The parts of
 * one name are divided evenly among the holders. The database decides: a statement that needs a
 * part joins the table. This copy in memory only says when to stop. All calls from one thread. */
#ifndef LBX_STORE_LEASES_H
#define LBX_STORE_LEASES_H

#include "base/uuid.h"
#include "io/pg.h"

enum { LBX_LEASE_PARTS_MAX = 16 };

struct lbx_leases {
    const char *name;           /* in the table */
    char holder[LBX_UUID_SIZE]; /* id of this process and lane */
    bool held[LBX_LEASE_PARTS_MAX];
    bool giving[LBX_LEASE_PARTS_MAX]; /* held, but above the share: no new work on these */
    int64_t until_us, keep_us;        /* lbx_monotonic_us: end of the lease; when to renew */
};

extern const struct lbx_sql *const *const lbx_leases_statements;

/* Starts without parts. name is borrowed. */
void lbx_leases_init(struct lbx_leases *leases, const char *name);

/* Renews the leases when it is due, and adjusts the parts to the share. A part that is `giving` is returned
 * by the next call for which is_idle (NULL: always) says that it has no work in progress. *ret_lost: another
 * process took a part that was held. Errors as the round trip; nothing changed then. */
typedef bool lbx_lease_idle_fn(const void *context, size_t part);
enum lbx_err lbx_leases_keep(struct lbx_leases *leases, struct lbx_pg *pg,
                             lbx_lease_idle_fn *is_idle, const void *context, bool *ret_lost)
    LBX_MUST_CHECK;

/* Whether the leases have not expired, by this process's own clock. */
bool lbx_leases_hold(const struct lbx_leases *leases);
size_t lbx_leases_count(const struct lbx_leases *leases);

/* Drops all parts in memory: the session ended, and the leases with it. */
void lbx_leases_forget(struct lbx_leases *leases);

/* Returns all parts, when the process ends. If this fails, they expire. */
void lbx_leases_leave(struct lbx_leases *leases, struct lbx_pg *pg);

#endif
