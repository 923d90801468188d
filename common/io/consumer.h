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

/* Called from lbx_consumer_poll. */
struct lbx_consumer_events {
    /* The group gave these partitions: answer with lbx_consumer_assign, now or later; nothing is
     * consumed before. partitions are borrowed for the call; next_offset is not set. */
    void (*given)(void *context, const struct lbx_partition *partitions, size_t count);
    /* They are gone: whatever is in hand and not committed must be dropped. */
    void (*taken)(void *context);
};

/* topics: which of enum lbx_topic, ended by LBX_TOPIC_COUNT. queue_kb: how much is fetched ahead. */
enum lbx_err lbx_consumer_open(const struct lbx_settings *settings, const char *worker,
                               const enum lbx_topic *topics, int queue_kb,
                               const struct lbx_consumer_events *events, void *context,
                               struct lbx_consumer **ret_consumer) LBX_MUST_CHECK;

/* Leaves the group and waits for the client's threads. */
void lbx_consumer_close(struct lbx_consumer *consumer);

/* Readable (an eventfd) when there may be something to poll; lbx_consumer_poll clears it. */
int lbx_consumer_fd(const struct lbx_consumer *consumer);

/* Never blocks. LBX_ERR_NOT_FOUND: nothing now. LBX_ERR_LIMIT: an offset to start from is no longer,
 * or not yet, in the log: logged, and not to be waited out. LBX_ERR_FENCED: another member joined under this
 * LOCKBOX_INSTANCE. LBX_ERR_UNAVAILABLE: the client reports trouble and works on it. */
enum lbx_err lbx_consumer_poll(struct lbx_consumer *consumer, struct lbx_message **ret_message)
    LBX_MUST_CHECK;

/* The record; its bytes live until lbx_message_free. */
const struct lbx_record *lbx_message_record(const struct lbx_message *message);
void lbx_message_free(struct lbx_message *message);

enum lbx_err lbx_consumer_assign(struct lbx_consumer *consumer,
                                 const struct lbx_partition *partitions, size_t count)
    LBX_MUST_CHECK;

/* Gives up all partitions and asks the group anew. */
void lbx_consumer_rejoin(struct lbx_consumer *consumer);

/* The offset behind a partition's last record, as far as the client has heard; 0 before it has. Asks nobody. */
int64_t lbx_consumer_end(const struct lbx_consumer *consumer, const char *topic, int32_t partition);

/* Pauses or resumes every assigned partition. */
void lbx_consumer_pause(struct lbx_consumer *consumer, bool pause);

/* Tells Kafka, without waiting, how far the database is. */
void lbx_consumer_report(struct lbx_consumer *consumer, const struct lbx_partition *partitions,
                         size_t count);

#endif
