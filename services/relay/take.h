/* What a relay keeps between rounds, and how it takes rows: what relay.c and take.c share. */
#ifndef RELAY_TAKE_H
#define RELAY_TAKE_H

#include "marks.h"
#include "more.h"
#include "store/leases.h"
#include "why.h"
#include "worker/rounds.h"

struct relay {
    struct lbx_worker *worker;
    struct lbx_outbound *outbound;
    struct lbx_leases leases; /* of the shards of the outbox's keys */
    struct relay_marks marks;
    struct relay_more more;                      /* keys with more rows than are in hand */
    size_t of_shard[LBX_LEASE_PARTS_MAX], bytes; /* in hand */
    int64_t seen;                                /* the outbox was read up to this seq */
    int64_t swept;                               /* by the sweep under way, up to this one */
    int64_t letters_seen;
    int64_t sweep_us, prune_us;
    bool sweeping;
    bool behind; /* there was more to read than was taken */
    bool unsure; /* somebody committed, perhaps behind what was seen */
    bool from_outbox, from_quarantine;
    bool lazy; /* the session does not wait for the disk */
    struct relay_why why;
};

/* An exchange's calls. */
struct relay_asked {
    struct lbx_pg_pipeline calls;
    struct lbx_pg_arrays parts, keys;
    size_t fresh, recent, sweep, more, letters;
};

void relay_asked_done(struct relay_asked *asked);

/* Whether another exchange may take rows. */
bool relay_has_room(const struct relay *relay);

/* Adds the calls that take rows, where there is room. recent: also among the rows that were seen. */
void relay_ask(struct relay *relay, struct relay_asked *asked, bool recent);

/* Adds what the calls answered to Outbound. *ret_more: whether there may be more. */
void relay_take(struct relay *relay, const struct relay_asked *asked, bool *ret_more);

#endif
