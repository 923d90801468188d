/* What the files of the consuming part (consume*.c) share: its state, and what each does with it. */
#ifndef LBX_WORKER_CONSUME_STATE_H
#define LBX_WORKER_CONSUME_STATE_H

#include "io/consumer.h"
#include "worker/backlog.h"
#include "worker/claims.h"
#include "worker/consume.h"
#include "worker/shares.h"
#include "worker/timer.h"

enum lbx_consume_state {
    NO_CLIENT, /* the last one is spent; another opens at reopen_us */
    JOINING,   /* until the group gives partitions */
    GIVEN,     /* until the database hands them over */
    READING,   /* owner of the partitions, on the connection of this generation */
    PAUSED,    /* the same, but a batch failed: nothing is fetched until it succeeds */
};

struct lbx_consume {
    struct lbx_worker *worker;
    struct lbx_handler *handler;
    const enum lbx_topic *topics;
    int queue_kb;
    struct lbx_consumer *consumer;
    char group[256], owner[128];
    struct lbx_arena arena;
    struct lbx_pg_pipeline calls; /* of the transaction under way; large */

    enum lbx_consume_state state;
    int64_t generation; /* of the connection on which the claims were taken */
    struct lbx_claims claims;
    struct lbx_backlog backlog;
    bool set_back; /* the database is older than what Kafka says was committed: nothing is read */
    struct lbx_skips skips; /* as operators ordered, as of the last look */

    struct lbx_backoff backoff;
    int64_t retry_us, reopen_us;
    struct lbx_timer report, checkpoint, prune, orders;
};

/* ---- consume_take.c: the partitions ---- */

/* What the group gives and takes; context is the struct lbx_consume. */
extern const struct lbx_consumer_events lbx_consume_events;

/* In another lane than the member's: gives up its partitions, in memory, and has others, where the member said so. */
enum lbx_err lbx_consume_look_at_share(struct lbx_consume *c) LBX_MUST_CHECK;

/* Nothing is held, in memory; the database is not told. */
void lbx_consume_forget(struct lbx_consume *c);

/* Whether the partitions are this member's in the database, too. */
bool lbx_consume_is_owner(const struct lbx_consume *c);

/* Gives the partitions up, in memory, where the connection is another than they were taken on. */
void lbx_consume_check_connection(struct lbx_consume *c);

/* Gives the partitions up, in memory: what is in hand is read again, from where the database says. */
void lbx_consume_take_again(struct lbx_consume *c);

/* Whether the partitions wait to be taken, and there is a database to take them in. */
bool lbx_consume_must_take(const struct lbx_consume *c);

/* Takes the partitions in the database, and reads on from where it says. */
enum lbx_err lbx_consume_take(struct lbx_consume *c) LBX_MUST_CHECK;

/* Reads on from where each partition stands, or behind what is stepped over there. */
enum lbx_err lbx_consume_assign(struct lbx_consume *c) LBX_MUST_CHECK;

/* Tells Kafka how far the database is. */
void lbx_consume_report(struct lbx_consume *c);

/* ---- consume_stop.c: partitions that cannot be read ---- */

/* Compares the first record that comes with the last that was read before. */
void lbx_consume_compare(struct lbx_consume *c, struct lbx_claim *claim,
                         const struct lbx_record *record);

/* Whether the record, the next of its partition that was read, is to be handled. It is not where it is stepped over, or
 * its partition is stopped. */
bool lbx_consume_wants(struct lbx_consume *c, struct lbx_claim *claim,
                       const struct lbx_record *record);

/* The client has trouble with a partition, of the kind that lbx_consumer_poll returned. */
void lbx_consume_trouble(struct lbx_consume *c, enum lbx_err kind);

/* Looks what operators ordered, and obeys. */
void lbx_consume_obey(struct lbx_consume *c);

/* Looks which partitions have records in Kafka, or no leader, and do not move. */
void lbx_consume_look_for_still(struct lbx_consume *c);

/* Names a partition that has not moved for ten seconds; text as below. NULL: none. */
const char *lbx_consume_still(const struct lbx_consume *c);

/* Names a partition that is stopped, and why; text that lives as long as the process. NULL: none is. */
const char *lbx_consume_stopped(struct lbx_consume *c);

/* ---- consume_batch.c: the transactions ---- */

/* Handles what is held, until nothing is left or something is to be waited out. */
void lbx_consume_handle(struct lbx_consume *c);

/* Makes the handler's checkpoint if it is due. */
void lbx_consume_checkpoint(struct lbx_consume *c);

/* Removes what is past its time. */
void lbx_consume_prune(struct lbx_consume *c);

/* Tries again later: nothing is fetched until then. */
void lbx_consume_back_off(struct lbx_consume *c);

/* ---- consume_metrics.c ---- */

extern struct lbx_metric lbx_fenced_metric, lbx_set_back_metric;
extern struct lbx_metric *const lbx_consume_metrics[]; /* ended by NULL */

/* Counts a committed batch; took_us from its begin to its commit. */
void lbx_consume_count_batch(int64_t records, int64_t took_us);

/* Has the lag grow while nothing is fetched: asks Kafka for the partitions' ends, a second at most. */
void lbx_consume_ask_ends(struct lbx_consume *c);

/* Shows how many partitions are held and stopped, and how far behind they are. */
void lbx_consume_count_partitions(const struct lbx_consume *c);
void lbx_consume_measure_lag(const struct lbx_consume *c);

#endif
