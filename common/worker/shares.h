/* One member of Kafka's group a process, however many lanes it has: the first lane's client is the member, and what
 * the group gives to it is shared out among the lanes. Lanes that joined by themselves, one a few milliseconds behind
 * the other, would be told of each other by the next heartbeat only: seconds later. The other lanes' clients fetch
 * what they are given, and join nothing. All calls but lbx_shares_report are without effect for a process of one lane.
 */
#ifndef LBX_WORKER_SHARES_H
#define LBX_WORKER_SHARES_H

#include "worker/claims.h"

/* A lane's client, from its opening until before it is closed. */
void lbx_shares_open(size_t lane, struct lbx_consumer *consumer);
void lbx_shares_close(size_t lane);

/* From the member's lane: the group gave these partitions, or took all. Each other lane is woken, and finds its share;
 * ret_claims: the first lane's. */
void lbx_shares_give(const struct lbx_partition *partitions, size_t count,
                     struct lbx_claims *ret_claims);
void lbx_shares_take(void);

/* What became of a lane's share since it asked last. */
enum lbx_share { LBX_SHARE_SAME, LBX_SHARE_TAKEN, LBX_SHARE_GIVEN };
/* LBX_SHARE_GIVEN: *ret_claims are the caller's. */
enum lbx_share lbx_shares_read(size_t lane, struct lbx_claims *ret_claims);

/* Another process has partitions of this lane: the member is to ask the group anew, unless the lane has another share
 * by now. */
void lbx_shares_ask_anew(size_t lane);
/* From the member's lane: whether a lane asked so since. */
bool lbx_shares_asked(void);

/* Tells Kafka how far the database is, as the member: of another the group takes no offset. */
void lbx_shares_report(const struct lbx_partition *partitions, size_t count);

#endif
