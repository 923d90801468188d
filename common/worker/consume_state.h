/* The state of the consuming part, shared by consume*.c, and the functions of each file. */
#ifndef LBX_WORKER_CONSUME_STATE_H
#define LBX_WORKER_CONSUME_STATE_H

#include "io/consumer.h"
#include "worker/backlog.h"
#include "worker/claims.h"
#include "worker/consume.h"
#include "worker/shares.h"
#include "worker/timer.h"

enum lbx_consume_state {
    NO_CLIENT, /* the last client was fenced; another opens at reopen_us */
    JOINING,   /* until the group assigns partitions */
    GIVEN,     /* until the partitions are taken in the database */
    READING,   /* owns the partitions, on the connection of this generation */
    PAUSED,    /* as READING, but a batch failed: fetching is paused until one succeeds */
};

struct lbx_consume {
    struct lbx_worker *worker;
    struct lbx_handler *handler;
    const enum lbx_topic *topics;
    int queue_kb;
    struct lbx_consumer *consumer;
    char group[256], owner[128];
    struct lbx_arena arena;
    struct lbx_pg_pipeline calls; /* of the current transaction; large */

    enum lbx_consume_state state;
    int64_t generation; /* pg_generation when the claims were taken */
    struct lbx_claims claims;
    struct lbx_backlog backlog;
    bool set_back;          /* the database was restored from an older state: nothing is read */
    struct lbx_skips skips; /* offsets that operators ordered to skip, as last read */

    struct lbx_backoff backoff;
    int64_t retry_us, reopen_us;
    int64_t
        failing_since_us; /* when the first attempt began since the last commit that failed; 0: none failed */
    struct lbx_timer report, checkpoint, prune, orders;
};

/* ---- consume_take.c: the partitions ---- */

/* The callbacks of assignment and revocation; context is the struct lbx_consume. */
extern const struct lbx_consumer_events lbx_consume_events;

/* In lanes without the member: takes over a changed share of the member's partitions, in memory. */
enum lbx_err lbx_consume_look_at_share(struct lbx_consume *c) LBX_MUST_CHECK;

/* Drops all claims in memory; the database is not told. */
void lbx_consume_forget(struct lbx_consume *c);

/* Whether the partitions are taken in the database, too. */
bool lbx_consume_is_owner(const struct lbx_consume *c);

/* Drops the claims in memory, if the connection is another than they were taken on. */
void lbx_consume_check_connection(struct lbx_consume *c);

/* Drops the claims in memory: uncommitted records are read again from the committed offsets. */
void lbx_consume_take_again(struct lbx_consume *c);

/* Whether the partitions are to be taken, and there is a connection for it. */
bool lbx_consume_must_take(const struct lbx_consume *c);

/* Takes the partitions in the database, and reads from the offsets there. */
enum lbx_err lbx_consume_take(struct lbx_consume *c) LBX_MUST_CHECK;

/* Assigns each partition from its next offset, or from behind skipped ones. */
enum lbx_err lbx_consume_assign(struct lbx_consume *c) LBX_MUST_CHECK;

/* Commits the database's offsets to Kafka. */
void lbx_consume_report(struct lbx_consume *c);

/* ---- consume_stop.c: partitions that cannot be read ---- */

/* Compares the first record after a take with the record that was committed last. */
void lbx_consume_compare(struct lbx_consume *c, struct lbx_claim *claim,
                         const struct lbx_record *record);

/* Whether the next record of a partition is to be handled: not if its offset is to be skipped,
 * or its partition is stopped. */
bool lbx_consume_wants(struct lbx_consume *c, struct lbx_claim *claim,
                       const struct lbx_record *record);

/* Handles an error of lbx_consumer_poll about a partition. */
void lbx_consume_trouble(struct lbx_consume *c, enum lbx_err kind);

/* Reads the operators' orders, and carries them out. */
void lbx_consume_obey(struct lbx_consume *c);

/* Finds partitions that make no progress, although they have records in Kafka or no leader. */
void lbx_consume_look_for_still(struct lbx_consume *c);

/* Names a partition without progress for ten seconds; text as below. NULL: none. */
const char *lbx_consume_still(const struct lbx_consume *c);

/* Names a stopped partition, and why; the text lives as long as the process. NULL: none is stopped. */
const char *lbx_consume_stopped(struct lbx_consume *c);

/* ---- consume_batch.c: the transactions ---- */

/* Handles the held records, until none is left or a failure has to be waited for. */
void lbx_consume_handle(struct lbx_consume *c);

/* Runs the handler's checkpoint, if it is due. */
void lbx_consume_checkpoint(struct lbx_consume *c);

/* Deletes expired rows, if that is due. */
void lbx_consume_prune(struct lbx_consume *c);

/* Pauses fetching until the next attempt. */
void lbx_consume_back_off(struct lbx_consume *c);

/* ---- consume_metrics.c ---- */

extern struct lbx_metric lbx_fenced_metric, lbx_set_back_metric;
extern struct lbx_metric *const lbx_consume_metrics[]; /* ended by NULL */

/* Counts a committed batch. took_us: from BEGIN to COMMIT. */
void lbx_consume_count_batch(int64_t records, int64_t took_us);

/* Asks Kafka for the end offsets, a second at most, so that the lag is right while nothing is fetched. */
void lbx_consume_ask_ends(struct lbx_consume *c);

/* Sets the metrics: partitions held and stopped, and the lag. */
void lbx_consume_count_partitions(const struct lbx_consume *c);
void lbx_consume_measure_lag(const struct lbx_consume *c);

#endif
