/* A Kafka consumer whose offsets live in the database.
 *
 * Auto-commit and auto-store are off. The group only divides the partitions; where to start is said
 * by lbx_consumer_assign, and Kafka's own committed offset is written afterwards, for lag tools.
 * All calls from one thread.
 */
#ifndef LBX_IO_CONSUMER_H
#define LBX_IO_CONSUMER_H

#include "base/err.h"
#include "event/record.h"
#include "io/settings.h"

#include <stdbool.h>

struct lbx_consumer;
struct lbx_message; /* one record, as the client holds it */

struct lbx_partition {
    const char *topic; /* with prefix */
    int32_t id;
    int64_t next_offset; /* to read; 0: the log's beginning */
};

/* Called from lbx_consumer_poll, of a member of the group. */
struct lbx_consumer_events {
    /* The group gave these partitions: answer with lbx_consumer_assign, now or later; nothing is
     * consumed before. partitions are borrowed for the call; next_offset is not set. */
    void (*given)(void *context, const struct lbx_partition *partitions, size_t count);
    /* They are gone: whatever is in hand and not committed must be dropped. */
    void (*taken)(void *context);
};

/* topics: which of enum lbx_topic, ended by LBX_TOPIC_COUNT. queue_kb: how much is fetched ahead. events NULL: it joins
 * no group, and fetches what lbx_consumer_assign says. */
enum lbx_err lbx_consumer_open(const struct lbx_settings *settings, const char *worker,
                               const enum lbx_topic *topics, int queue_kb,
                               const struct lbx_consumer_events *events, void *context,
                               struct lbx_consumer **ret_consumer) LBX_MUST_CHECK;

/* Leaves the group and waits for the client's threads. */
void lbx_consumer_close(struct lbx_consumer *consumer);

/* Readable (an eventfd) when there may be something to poll; lbx_consumer_poll clears it. */
int lbx_consumer_fd(const struct lbx_consumer *consumer);

/* Where the last trouble of a partition is: topic and offset as the client says them. */
struct lbx_trouble {
    char topic[256];
    int32_t partition; /* -1: of no partition */
    int64_t offset;    /* -1: of none */
    const char *code;  /* static */
};
const struct lbx_trouble *lbx_consumer_trouble(const struct lbx_consumer *consumer);

/* Never blocks. LBX_ERR_NOT_FOUND: nothing now. LBX_ERR_LIMIT: an offset to start from is no longer,
 * or not yet, in a partition's log, which is not to be waited out: lbx_consumer_trouble says where.
 * LBX_ERR_INVALID: what a partition holds cannot be read; the client tries again, and says so each time. LBX_ERR_FENCED: another member joined under this
 * LOCKBOX_INSTANCE. LBX_ERR_UNAVAILABLE: the client reports trouble and works on it. */
enum lbx_err lbx_consumer_poll(struct lbx_consumer *consumer, struct lbx_message **ret_message)
    LBX_MUST_CHECK;

/* The record; its bytes live until lbx_message_free. */
const struct lbx_record *lbx_message_record(const struct lbx_message *message);
void lbx_message_free(struct lbx_message *message);

/* Names the log that the record is of; borrowed as long as the message lives. */
void lbx_message_set_log(struct lbx_message *message, const char *log);

/* Fetches these partitions, each from its next_offset on, and no other; none of them is paused. count 0: none. */
enum lbx_err lbx_consumer_assign(struct lbx_consumer *consumer,
                                 const struct lbx_partition *partitions, size_t count)
    LBX_MUST_CHECK;

/* Gives up all partitions and asks the group anew. */
void lbx_consumer_rejoin(struct lbx_consumer *consumer);

/* The offset behind a partition's last record, as far as the client has heard; 0 before it has. Asks nobody. */
int64_t lbx_consumer_end(const struct lbx_consumer *consumer, const char *topic, int32_t partition);

/* The same, asked of Kafka, for a second at most: what the client has heard is as old as the last fetch. ret_ends: one a
 * partition. LBX_ERR_UNAVAILABLE: no answer. */
enum lbx_err lbx_consumer_ends(struct lbx_consumer *consumer,
                               const struct lbx_partition *partitions, size_t count,
                               int64_t *ret_ends) LBX_MUST_CHECK;

/* Since when, by lbx_monotonic_us, no broker is connected; 0: one is. As of five seconds ago. */
int64_t lbx_consumer_away_since_us(const struct lbx_consumer *consumer);

/* How far the client is with a partition, as of five seconds ago, until the next poll; NULL: it did not say. */
struct lbx_fetching {
    int32_t partition;
    bool has_leader; /* Kafka names one, and the broker that it is fetched from is connected */
    int64_t
        next_offset; /* to be fetched: those before it came, or hold no record; below 0: not known */
    int64_t received; /* records that came to this client, whether or not it handed them out */
};
const struct lbx_fetching *lbx_consumer_fetching(const struct lbx_consumer *consumer,
                                                 const char *topic, int32_t partition);

/* The offset of a partition's first record; asks Kafka, for five seconds at most. */
enum lbx_err lbx_consumer_first(const struct lbx_consumer *consumer, const char *topic,
                                int32_t partition, int64_t *ret_first) LBX_MUST_CHECK;

/* Pauses or resumes every assigned partition. */
void lbx_consumer_pause(struct lbx_consumer *consumer, bool pause);

/* Asks Kafka for the offsets that the group committed, up to 3 s. ret_committed: one a partition, below 0 where there is
 * none. LBX_ERR_UNAVAILABLE: no answer. */
enum lbx_err lbx_consumer_committed(struct lbx_consumer *consumer,
                                    const struct lbx_partition *partitions, size_t count,
                                    int64_t *ret_committed) LBX_MUST_CHECK;

/* Tells Kafka, without waiting, how far the database is. */
void lbx_consumer_report(struct lbx_consumer *consumer, const struct lbx_partition *partitions,
                         size_t count);

#endif
