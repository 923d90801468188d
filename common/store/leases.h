/* What one process of several does at a time: rows of the table lease, each kept by a heartbeat.
 *
 * A lease ends by itself 12 seconds after its holder last kept it, and with the holder's session. The holders of one name
 * share its parts evenly. The database decides who holds a part: a statement that must not be another's joins the table.
 * This memory of it only says when to stop by oneself. All calls from one thread.
 */
#ifndef LBX_STORE_LEASES_H
#define LBX_STORE_LEASES_H

#include "base/uuid.h"
#include "io/pg.h"

enum { LBX_LEASE_PARTS_MAX = 16 };

struct lbx_leases {
    const char *name;           /* in the table */
    char holder[LBX_UUID_SIZE]; /* this one, of all processes and lanes */
    bool held[LBX_LEASE_PARTS_MAX];
    bool giving[LBX_LEASE_PARTS_MAX]; /* held, but over the share: nothing new of these */
    int64_t until_us, keep_us;        /* lbx_monotonic_us: held for no longer; to be kept again */
};

extern const struct lbx_sql *const *const lbx_leases_statements;

/* Holds nothing. name is borrowed. */
void lbx_leases_init(struct lbx_leases *leases, const char *name);

/* Keeps them where it is time to, and takes or marks as giving what the share says. A part that is giving goes back with
 * the next call for which is_idle (NULL: any is) says that nothing of it is under way. *ret_lost: a part that was held is
 * another's now. Errors are the round trip's, and nothing changed then. */
typedef bool lbx_lease_idle_fn(const void *context, size_t part);
enum lbx_err lbx_leases_keep(struct lbx_leases *leases, struct lbx_pg *pg,
                             lbx_lease_idle_fn *is_idle, const void *context, bool *ret_lost)
    LBX_MUST_CHECK;

/* Whether what is held still is, by this process's own clock. */
bool lbx_leases_hold(const struct lbx_leases *leases);
size_t lbx_leases_count(const struct lbx_leases *leases);

/* The session ended, and the leases with it. */
void lbx_leases_forget(struct lbx_leases *leases);

/* Gives back all, for a process that ends. What fails here ends by itself. */
void lbx_leases_leave(struct lbx_leases *leases, struct lbx_pg *pg);

#endif
