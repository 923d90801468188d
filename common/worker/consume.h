/* The consuming part: brings batches of Kafka's records to a handler, one transaction each.
 *
 * Each batch is one transaction: the fence first (this epoch still owns the partitions, and the
 * batch begins where the last one ended), then what the handler does, then COMMIT. Kafka's own
 * offset follows, for lag tools. When the connection breaks, the partitions are taken anew, which
 * tells how far the database is: no record is handled twice, and none is skipped. What a record
 * means is the handler's: worker/events.h has that of most workers.
 */
#ifndef LBX_WORKER_CONSUME_H
#define LBX_WORKER_CONSUME_H

#include "event/record.h"
#include "store/offsets.h"
#include "worker/worker.h"

/* What one transaction is about. Everything is borrowed for its time. */
struct lbx_records {
    struct lbx_worker *worker;            /* with a connection */
    const char *group;                    /* the consumer, as consumer_offset names it */
    struct lbx_arena *arena;              /* reset before each transaction */
    const struct lbx_record *const *list; /* in order within each partition */
    size_t count;                         /* 0: a checkpoint */
    /* The partitions held. The batch goes from next_offset to batch_end in each. */
    const struct lbx_claim *claims;
    size_t claim_count;
    bool refused; /* the only record: the database refused what the handler made of it */
    bool mute; /* and what the handler answered to that: it is to be rejected without an answer */
};

struct lbx_handler;

/* One transaction of a handler: two round trips, and what the handler does between them. */
struct lbx_transaction {
    /* Adds what is to be read behind the fence, in its round trip. */
    void (*read)(struct lbx_handler *handler, const struct lbx_records *records,
                 struct lbx_pg_pipeline *calls);
    /* Reads the results, and adds the statements that go with the COMMIT. Anything but LBX_OK:
     * nothing is committed. LBX_ERR_CONFLICT: what is stored contradicts itself or the records, and
     * the worker halts. LBX_ERR_LIMIT: several records lead to more than one transaction may write;
     * fewer come again. A checkpoint has not read all that it takes: it comes again at once. */
    enum lbx_err (*write)(struct lbx_handler *handler, const struct lbx_records *records,
                          struct lbx_pg_pipeline *calls);
    /* The transaction is over. LBX_OK: it is committed, and the results of its last round trip can
     * be read. NULL: nothing is to be done then. */
    void (*end)(struct lbx_handler *handler, const struct lbx_records *records, enum lbx_err err);
};

/* What a worker does with records. Each lane has its own, which begins with this struct. */
struct lbx_handler {
    size_t batch_records, batch_bytes; /* a batch holds this much at most */
    struct lbx_transaction batch;
    /* A record that the database refuses even alone: true: it comes again as records->refused;
     * false: it is tried again until the database takes it. */
    bool takes_refused;
    /* The most offsets without a record that may follow each other; 0: any number. A partition with more is stopped. */
    int64_t hole_most;
    struct lbx_transaction
        checkpoint; /* without records, if batches were committed since the last; read NULL: none */
    int64_t checkpoint_every_us;
    /* Behind one that was committed: whether it left something for the next. NULL: never. */
    bool (*more_to_checkpoint)(struct lbx_handler *handler);
    /* Adds the statement that removes some of what is past its time, each minute, or a second later where it left
     * more. NULL: none. */
    void (*prune)(struct lbx_handler *handler, struct lbx_arena *arena,
                  struct lbx_pg_pipeline *calls);
    bool (*more_to_prune)(const struct lbx_pg *pg);
    /* Why the worker is not ready though it reads, as a part's; NULL: it is, or there is nothing of the kind. */
    const char *(*waiting_for)(struct lbx_handler *handler);
    const char *conflict; /* why the worker halts at LBX_ERR_CONFLICT; static text */
    void (*close)(struct lbx_handler *handler); /* frees it */
};

/* A consuming part is a struct lbx_part whose open calls lbx_consume_open; its other functions are
 * these. handler is taken over, and closed where opening fails. topics: ended by LBX_TOPIC_COUNT;
 * static. queue_kb: fetched ahead by the client; 0: 16 MB. */
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
