/* The relay's state between rounds, and how it takes rows; shared by relay.c and take.c. */
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
    struct lbx_leases leases; /* of the shards of order keys */
    struct relay_marks marks;
    struct relay_more more;                      /* keys with more rows than are taken */
    size_t of_shard[LBX_LEASE_PARTS_MAX], bytes; /* taken rows */
    int64_t seen;                                /* the outbox was read up to this seq */
    int64_t swept;                               /* the current sweep is at this seq */
    int64_t letters_seen;
    int64_t sweep_us, prune_us;
    bool sweeping;
    bool behind; /* more rows were there than were taken */
    bool unsure; /* a transaction committed, perhaps rows below `seen` */
    bool from_outbox, from_quarantine;
    bool lazy; /* the session has synchronous_commit off */
    struct relay_why why;
};

/* The calls of a round trip. */
struct relay_asked {
    struct lbx_pg_pipeline calls;
    struct lbx_pg_arrays parts, keys;
    size_t fresh, recent, sweep, more, letters;
};

void relay_asked_done(struct relay_asked *asked);

/* Whether another round trip may take rows. */
bool relay_has_room(const struct relay *relay);

/* Adds the calls that take rows, if there is room. recent: also rows below `seen`. */
void relay_ask(struct relay *relay, struct relay_asked *asked, bool recent);

/* Adds the answered rows to lbx_outbound. *ret_more: there may be more. */
void relay_take(struct relay *relay, const struct relay_asked *asked, bool *ret_more);

#endif
