/* The consuming part: hands batches of Kafka records to a handler, one transaction for each batch.
 *
 * A transaction is the fence (this epoch still owns the partitions, and the batch begins at the
 * committed offset), the handler's statements, and COMMIT. Kafka's committed offset is written
 * afterwards, for tools that show lag. After the connection broke, the partitions are taken
 * again, which reads the committed offsets: no record is handled twice, and none is skipped.
 * worker/events.h is the handler of most workers. */
#ifndef LBX_WORKER_CONSUME_H
#define LBX_WORKER_CONSUME_H

#include "event/record.h"
#include "store/offsets.h"
#include "worker/worker.h"

/* The records of one transaction. All of it is borrowed until the transaction ends. */
struct lbx_records {
    struct lbx_worker *worker;            /* with an open connection */
    const char *group;                    /* the consumer in consumer_offset */
    struct lbx_arena *arena;              /* reset before each transaction */
    const struct lbx_record *const *list; /* in order within each partition */
    size_t count;                         /* 0: a checkpoint */
    /* The partitions held. The batch is [next_offset, batch_end) of each. */
    const struct lbx_claim *claims;
    size_t claim_count;
    bool refused; /* a batch of one record, whose values the database refused before */
    bool mute;    /* the database also refused the answer: to be rejected without one */
};

struct lbx_handler;

/* A handler's transaction: two round trips, with the handler's work between them. */
struct lbx_transaction {
    /* Adds the statements that read, behind the fence, to the first round trip. */
    void (*read)(struct lbx_handler *handler, const struct lbx_records *records,
                 struct lbx_pg_pipeline *calls);
    /* Reads the results, and adds the statements of the second round trip, before COMMIT. Anything but
     * LBX_OK: rolled back. LBX_ERR_CONFLICT: the database contradicts itself or the records; the
     * worker halts. LBX_ERR_LIMIT: the records lead to more rows than one transaction may write; fewer
     * come again. A checkpoint may return it to be called again at once. */
    enum lbx_err (*write)(struct lbx_handler *handler, const struct lbx_records *records,
                          struct lbx_pg_pipeline *calls);
    /* Called after the transaction. LBX_OK: it is committed, and the results of the second round
     * trip can be read. May be NULL. */
    void (*end)(struct lbx_handler *handler, const struct lbx_records *records, enum lbx_err err);
};

/* A worker's handling of records. Each lane has its own handler; the handler's struct begins with this one. */
struct lbx_handler {
    size_t batch_records, batch_bytes; /* bounds of a batch */
    struct lbx_transaction batch;
    /* Whether a record that the database refuses alone comes again with records->refused.
     * Otherwise it is retried until the database takes it. */
    bool takes_refused;
    /* The most consecutive offsets without a record; 0: any number. A partition with more is stopped. */
    int64_t hole_most;
    struct lbx_transaction
        checkpoint; /* without records, after batches were committed; read NULL: none */
    int64_t checkpoint_every_us;
    /* After a committed checkpoint: whether another is due. NULL: never. */
    bool (*more_to_checkpoint)(struct lbx_handler *handler);
    /* Adds the statement that deletes expired rows: once a minute, or a second later where more
     * are left. NULL: none. */
    void (*prune)(struct lbx_handler *handler, struct lbx_arena *arena,
                  struct lbx_pg_pipeline *calls);
    bool (*more_to_prune)(const struct lbx_pg *pg);
    /* Why the worker is not ready although it reads, as a part's waiting_for; NULL: it is ready. */
    const char *(*waiting_for)(struct lbx_handler *handler);
    const char *conflict; /* the reason on /readyz after LBX_ERR_CONFLICT; static text */
    void (*close)(struct lbx_handler *handler); /* frees the handler */
};

/* For parts that consume: lbx_consume_open is called by the part's open, and the functions below
 * are the part's others. handler is owned from now on, also where this fails. topics: static,
 * ended by LBX_TOPIC_COUNT. queue_kb: KB that the client fetches ahead; 0: 16 MB. */
enum lbx_err lbx_consume_open(struct lbx_worker *worker, const enum lbx_topic *topics, int queue_kb,
                              struct lbx_handler *handler, void **ret_state) LBX_MUST_CHECK;
int lbx_consume_fd(void *state);
enum lbx_err lbx_consume_serve(void *state, int64_t *ret_wake_us);
const char *lbx_consume_waiting_for(void *state);
void lbx_consume_close(void *state);

#define LBX_CONSUMING_PART(open_function)                                                          \
    {                                                                                              \
        .open = (open_function), .fd = lbx_consume_fd, .serve = lbx_consume_serve,                 \
        .waiting_for = lbx_consume_waiting_for, .close = lbx_consume_close,                        \
    }

#endif
