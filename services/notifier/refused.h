/* Mails whose rows the database refuses: results of attempts, and due mails; each is skipped for a minute. Used by one thread. */
#ifndef LBX_NOTIFIER_REFUSED_H
#define LBX_NOTIFIER_REFUSED_H

#include "io/pg.h"
#include "mail.h"

#include "base/uuid.h"

/* Starts zeroed. */
struct refused {
    struct mail *ended; /* mails with a result that the database refuses */
    char (*due)[LBX_UUID_SIZE];
    size_t count, due_count; /* count: of all */
    int64_t again_us;        /* lbx_monotonic_us: when they are tried again */
};

/* Whether the list is full: then the rows are hardly at fault. */
bool refused_is_full(const struct refused *refused);

/* Skips a mail with a result, which the list then owns, or a due mail. sqlstate: for the log. */
void refused_end(struct refused *refused, struct mail *mail, const char *sqlstate);
void refused_due(struct refused *refused, const char *id, const char *sqlstate);

/* The ids of due mails, as a statement's parameter; the caller frees the array. */
void refused_array(const struct refused *refused, struct lbx_pg_arrays *ret_array);

/* Empties the list once the minute is over, or `now`. Returns the mails with a result, to the caller. NULL: none. */
struct mail *refused_again(struct refused *refused, bool now);

void refused_done(struct refused *refused); /* the list has no mails */

#endif
