/* A Kafka consumer whose offsets are in the database.
 *
 * Auto-commit and auto-store are off. The group only assigns partitions; lbx_consumer_assign
 * says where each starts. Kafka's committed offset is written afterwards, for tools that show
 * lag. All calls from one thread. */
#ifndef LBX_IO_CONSUMER_H
#define LBX_IO_CONSUMER_H

#include "base/err.h"
#include "event/record.h"
#include "io/settings.h"

#include <stdbool.h>

struct lbx_consumer;
struct lbx_message; /* one record, in librdkafka's memory */

struct lbx_partition {
    const char *topic; /* with prefix */
    int32_t id;
    int64_t next_offset; /* the offset to read next; 0: the log's beginning */
};

/* Called from lbx_consumer_poll, for a member of the group. */
struct lbx_consumer_events {
    /* The group assigned these partitions. Nothing is consumed before lbx_consumer_assign, now
     * or later. partitions are borrowed for the call; next_offset is not set. */
    void (*given)(void *context, const struct lbx_partition *partitions, size_t count);
    /* The group revoked all partitions: records that are not committed must be dropped. */
    void (*taken)(void *context);
};

/* topics: ended by LBX_TOPIC_COUNT. queue_kb: how many KB are fetched ahead. events NULL: the
 * consumer joins no group, and fetches the partitions of lbx_consumer_assign. */
enum lbx_err lbx_consumer_open(const struct lbx_settings *settings, const char *worker,
                               const enum lbx_topic *topics, int queue_kb,
                               const struct lbx_consumer_events *events, void *context,
                               struct lbx_consumer **ret_consumer) LBX_MUST_CHECK;

/* Leaves the group, and waits for librdkafka's threads to end. */
void lbx_consumer_close(struct lbx_consumer *consumer);

/* An eventfd, readable when there may be something to poll; lbx_consumer_poll clears it. */
int lbx_consumer_fd(const struct lbx_consumer *consumer);

/* The last error of a partition, with the topic and the offset that librdkafka names. */
struct lbx_trouble {
    char topic[256];
    int32_t partition; /* -1: the error is of no partition */
    int64_t offset;    /* -1: unknown */
    const char *code;  /* librdkafka's name of the error, static */
};
const struct lbx_trouble *lbx_consumer_trouble(const struct lbx_consumer *consumer);

/* Returns the next record, and never blocks. LBX_ERR_NOT_FOUND: there is none now. LBX_ERR_LIMIT: the start offset
 * of a partition is out of range (OFFSET_OUT_OF_RANGE), which no retry mends; lbx_consumer_trouble names it.
 * LBX_ERR_INVALID: a record cannot be read; the client retries, and reports it each time. LBX_ERR_FENCED: another
 * member joined with this LOCKBOX_INSTANCE. LBX_ERR_UNAVAILABLE: the client reports an error, and retries. */
enum lbx_err lbx_consumer_poll(struct lbx_consumer *consumer, struct lbx_message **ret_message)
    LBX_MUST_CHECK;

/* The message's record; its bytes live until lbx_message_free. */
const struct lbx_record *lbx_message_record(const struct lbx_message *message);
void lbx_message_free(struct lbx_message *message);

/* Sets the name of the record's log; log is borrowed as long as the message lives. */
void lbx_message_set_log(struct lbx_message *message, const char *log);

/* Replaces the assignment: each partition is fetched from its next_offset on, and none is paused. count 0: no partitions. */
enum lbx_err lbx_consumer_assign(struct lbx_consumer *consumer,
                                 const struct lbx_partition *partitions, size_t count)
    LBX_MUST_CHECK;

/* Revokes all partitions, and joins the group anew. */
void lbx_consumer_rejoin(struct lbx_consumer *consumer);

/* The end offset of a partition, as of the last fetch or statistics; 0: not known yet. Sends no request. */
int64_t lbx_consumer_end(const struct lbx_consumer *consumer, const char *topic, int32_t partition);

/* Asks Kafka for the end offsets, and waits a second at most. ret_ends: one a partition.
 * LBX_ERR_UNAVAILABLE: no answer. */
enum lbx_err lbx_consumer_ends(struct lbx_consumer *consumer,
                               const struct lbx_partition *partitions, size_t count,
                               int64_t *ret_ends) LBX_MUST_CHECK;

/* Since when no broker is connected and answers, in lbx_monotonic_us; 0: one does. At most five seconds old. */
int64_t lbx_consumer_away_since_us(const struct lbx_consumer *consumer);

/* How far the client has fetched a partition; at most five seconds old, valid until the next poll. NULL: not known. */
struct lbx_fetching {
    int32_t partition;
    bool
        has_leader; /* Kafka names a leader, and the broker that is fetched from is connected and answers */
    int64_t next_offset; /* to fetch: earlier ones came, or have no record; below 0: not known */
    int64_t received;    /* records that this client received, handed out or not */
    int64_t
        silent_since_us; /* since when that broker answers nothing, in lbx_monotonic_us; 0: it answers, or is not connected */
};
const struct lbx_fetching *lbx_consumer_fetching(const struct lbx_consumer *consumer,
                                                 const char *topic, int32_t partition);

/* The log start offset of a partition. Asks Kafka, and waits five seconds at most. */
enum lbx_err lbx_consumer_first(const struct lbx_consumer *consumer, const char *topic,
                                int32_t partition, int64_t *ret_first) LBX_MUST_CHECK;

/* Pauses or resumes every assigned partition. */
void lbx_consumer_pause(struct lbx_consumer *consumer, bool pause);

/* Asks Kafka for the group's committed offsets, and waits 3 s at most. ret_committed: one a
 * partition; below 0: none is committed. LBX_ERR_UNAVAILABLE: no answer. */
enum lbx_err lbx_consumer_committed(struct lbx_consumer *consumer,
                                    const struct lbx_partition *partitions, size_t count,
                                    int64_t *ret_committed) LBX_MUST_CHECK;

/* Commits these offsets to Kafka, without waiting. They are those of the database. */
void lbx_consumer_report(struct lbx_consumer *consumer, const struct lbx_partition *partitions,
                         size_t count);

#endif
