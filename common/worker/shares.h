/* One group member for each process, whatever its number of lanes. The first lane's client is
 * the member, and its partitions are divided among the lanes; the other lanes' clients join no
 * group. If each lane joined, each join after the first would wait for a rebalance: seconds. In
 * a process of one lane only lbx_shares_report has an effect. */
#ifndef LBX_WORKER_SHARES_H
#define LBX_WORKER_SHARES_H

#include "worker/claims.h"

/* Registers a lane's client, from its opening until it is closed. */
void lbx_shares_open(size_t lane, struct lbx_consumer *consumer);
void lbx_shares_close(size_t lane);

/* Called in the member's lane: the group assigned these partitions, or revoked all. Wakes the
 * other lanes, which read their shares; ret_claims: the first lane's. */
void lbx_shares_give(const struct lbx_partition *partitions, size_t count,
                     struct lbx_claims *ret_claims);
void lbx_shares_take(void);

/* What happened to a lane's share since its last call. */
enum lbx_share { LBX_SHARE_SAME, LBX_SHARE_TAKEN, LBX_SHARE_GIVEN };
/* LBX_SHARE_GIVEN: the caller owns *ret_claims. */
enum lbx_share lbx_shares_read(size_t lane, struct lbx_claims *ret_claims);

/* Asks the member to join the group anew, as another process took partitions of this lane.
 * Without effect if the lane has another share by now. */
void lbx_shares_ask_anew(size_t lane);
/* Called in the member's lane: whether a lane asked so since the last call. */
bool lbx_shares_asked(void);

/* Commits the database's offsets to Kafka by the member, as the group takes offsets of members only. */
void lbx_shares_report(const struct lbx_partition *partitions, size_t count);

#endif
