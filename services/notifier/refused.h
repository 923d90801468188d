/* What the database refuses of the ledger: ends of attempts, and mails that are due; each left out for a minute. One thread's. */
#ifndef LBX_NOTIFIER_REFUSED_H
#define LBX_NOTIFIER_REFUSED_H

#include "io/pg.h"
#include "mail.h"

#include "base/uuid.h"

/* Starts zeroed. */
struct refused {
    struct mail *ended; /* have a result that the ledger does not take */
    char (*due)[LBX_UUID_SIZE];
    size_t count, due_count; /* count: of all */
    int64_t again_us;        /* monotonic: when they are tried again */
};

/* Whether there are so many that it is none of their faults. */
bool refused_is_full(const struct refused *refused);

/* Leaves out a mail that ended, which is refused's from now on, or one that is due. sqlstate: why, for the log. */
void refused_end(struct refused *refused, struct mail *mail, const char *sqlstate);
void refused_due(struct refused *refused, const char *id, const char *sqlstate);

/* The ids of those that are due, for a statement; the caller's to end. */
void refused_array(const struct refused *refused, struct lbx_pg_arrays *ret_array);

/* Forgets all once the minute is over, or `now`, and returns the mails that ended, for the caller. NULL: none. */
struct mail *refused_again(struct refused *refused, bool now);

void refused_done(struct refused *refused); /* without mails */

#endif
