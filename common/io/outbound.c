/* Keeps for each order key the list of its rows, and for each partition what it has to do.
 * Promises that the rows of a key that reach Kafka are its first, in order: none is sent behind one that failed.
 * A spent producer (LBX_ERR_FENCED, KIP-360), and one that a partition has kept waiting for a minute, is replaced; that is
 * all that fails here.
 */
#include "io/outbound.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { BUCKETS = 4096, PARTITIONS = 256 };
#define SLOW_AFTER_US (LBX_SECOND_US / 5) /* without a report */
#define STUCK_AFTER_US LBX_SECOND_US      /* without a report */
#define LOOK_EVERY_US (LBX_SECOND_US / 2)
#define REPLACED_AFTER_US (60 * LBX_SECOND_US)

/* A partition, or the rows of a topic of which the partition is not known. */
struct lbx_outbound_lane {
    size_t rows, bytes; /* added, and not ended */
    size_t under_way;
    int64_t moved_us; /* the last report, or the first row under way since there was none */
    bool troubled;    /* a row failed, and none was delivered since: all go alone */
};

struct lbx_outbound_key {
    struct lbx_outbound_key *next_in_bucket, *next,
        **link;                      /* link: what points to it in the list of all */
    struct lbx_outbound_row *last;   /* NULL where it was returned, though others are under way */
    struct lbx_outbound_row *unsent; /* the first that waits */
    size_t count, under_way;
    bool alone;   /* its row under way went alone */
    bool stopped; /* one of its rows ended otherwise than delivered */
    char name[];
};

struct lbx_outbound {
    const struct lbx_settings *settings;
    const char *worker;
    struct sender {
        struct lbx_producer *producer; /* NULL: to be opened */
        bool spent;
    } many, single; /* single: each record in a batch of its own */
    struct lbx_outbound_key *buckets[BUCKETS], *keys;
    struct lbx_outbound_lane lanes[LBX_TOPIC_COUNT]
                                  [PARTITIONS + 1]; /* the last for what is not known */
    int32_t partitions[LBX_TOPIC_COUNT];            /* 0: not known */
    struct lbx_outbound_row *ended, **last_ended;
    size_t count, waiting;
    size_t stuck_rows, stuck_bytes;
    int64_t polled_us, look_us, away_since_us;
    int fd;
    bool held, giving_up;
};

/* ---- keys ---- */

static size_t bucket_of(const char *name) {
    size_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash % BUCKETS;
}

static struct lbx_outbound_key *find_key(const struct lbx_outbound *outbound, const char *name) {
    struct lbx_outbound_key *key = outbound->buckets[bucket_of(name)];
    while (key && strcmp(key->name, name) != 0)
        key = key->next_in_bucket;
    return key;
}

static struct lbx_outbound_key *make_key(struct lbx_outbound *outbound, const char *name) {
    struct lbx_outbound_key *key = lbx_calloc(sizeof *key + strlen(name) + 1);
    struct lbx_outbound_key **bucket = &outbound->buckets[bucket_of(name)];
    memcpy(key->name, name, strlen(name) + 1);
    key->next_in_bucket = *bucket;
    *bucket = key;
    key->next = outbound->keys;
    key->link = &outbound->keys;
    if (key->next)
        key->next->link = &key->next;
    outbound->keys = key;
    return key;
}

static void drop_key(struct lbx_outbound *outbound, struct lbx_outbound_key *key) {
    struct lbx_outbound_key **at = &outbound->buckets[bucket_of(key->name)];
    while (*at != key)
        at = &(*at)->next_in_bucket;
    *at = key->next_in_bucket;
    *key->link = key->next;
    if (key->next)
        key->next->link = key->link;
    free(key);
}

/* ---- partitions ---- */

static struct lbx_outbound_lane *lane_of(struct lbx_outbound *outbound,
                                         const struct lbx_outbound_row *row) {
    int32_t known =
        outbound->many.producer ? lbx_producer_partitions(outbound->many.producer, row->topic) : 0;
    if (known > 0)
        outbound->partitions[row->topic] = known; /* kept from one producer to the next */
    int32_t partition = lbx_producer_partition(&row->record, outbound->partitions[row->topic]);
    return &outbound->lanes[row->topic]
                           [partition >= 0 && partition < PARTITIONS ? partition : PARTITIONS];
}

/* As of the last time that reports were taken: what came since is not known. */
static bool is_stuck(const struct lbx_outbound *outbound, const struct lbx_outbound_lane *lane) {
    return lane->under_way > 0 && outbound->polled_us - lane->moved_us > STUCK_AFTER_US;
}

/* One that moves takes whatever its owner has room for. */
static bool is_full(const struct lbx_outbound *outbound, const struct lbx_outbound_lane *lane) {
    return (lane->rows >= LBX_OUTBOUND_OF_PARTITION || lane->bytes >= LBX_OUTBOUND_BYTES) &&
           lane->under_way > 0 && outbound->polled_us - lane->moved_us > SLOW_AFTER_US;
}

/* Sums up the stuck ones; the time since when the first of them is. */
static int64_t count_stuck(struct lbx_outbound *outbound) {
    int64_t since_us = 0;
    outbound->stuck_rows = outbound->stuck_bytes = 0;
    for (size_t i = 0; i < LBX_TOPIC_COUNT * (PARTITIONS + 1); i++) {
        const struct lbx_outbound_lane *lane = &outbound->lanes[0][0] + i;
        if (!is_stuck(outbound, lane))
            continue;
        outbound->stuck_rows += lane->rows;
        outbound->stuck_bytes += lane->bytes;
        if (since_us == 0 || lane->moved_us < since_us)
            since_us = lane->moved_us;
    }
    return since_us;
}

size_t lbx_outbound_stuck(const struct lbx_outbound *outbound, size_t *ret_bytes) {
    *ret_bytes = outbound->stuck_bytes;
    return outbound->stuck_rows;
}

/* ---- ends ---- */

static size_t bytes_of(const struct lbx_outbound_row *row) {
    return row->record.key_len + row->record.value_len;
}

static void end_row(struct lbx_outbound_row *row, enum lbx_outbound_state state, const char *why) {
    row->state = state;
    row->why = why;
    row->next_ended = NULL;
    row->lane->rows--;
    row->lane->bytes -= bytes_of(row);
    *row->outbound->last_ended = row;
    row->outbound->last_ended = &row->next_ended;
}

/* What waits behind a row that was not delivered is not sent. */
static void release_waiting(struct lbx_outbound_key *key, enum lbx_outbound_state state) {
    key->stopped |= key->unsent != NULL;
    for (; key->unsent; key->unsent = key->unsent->next_of_key) {
        key->unsent->outbound->waiting--;
        end_row(key->unsent, state, NULL);
    }
}

static enum lbx_outbound_state meaning(const struct lbx_outbound_row *row, enum lbx_err err) {
    switch ((int)err) {
    case LBX_OK:
        return LBX_OUTBOUND_DELIVERED;
    case LBX_ERR_REFUSED:
        return row->alone ? LBX_OUTBOUND_REFUSED : LBX_OUTBOUND_FAILED;
    case LBX_ERR_FENCED:
        return LBX_OUTBOUND_RELEASED;
    default:
        return row->outbound->giving_up ? LBX_OUTBOUND_RELEASED : LBX_OUTBOUND_FAILED;
    }
}

static void on_delivered(void *context, enum lbx_err err) {
    struct lbx_outbound_row *row = context;
    struct lbx_outbound *outbound = row->outbound;
    struct sender *sender = row->alone ? &outbound->single : &outbound->many;
    row->key->under_way--;
    row->lane->under_way--;
    row->lane->moved_us = lbx_monotonic_us();
    enum lbx_outbound_state state = meaning(row, err);
    end_row(row, state,
            state == LBX_OUTBOUND_FAILED || state == LBX_OUTBOUND_REFUSED
                ? lbx_producer_why(sender->producer)
                : NULL);
    row->lane->troubled =
        state == LBX_OUTBOUND_FAILED || (row->lane->troubled && state != LBX_OUTBOUND_DELIVERED);
    if (state == LBX_OUTBOUND_DELIVERED)
        return;
    row->key->stopped = true;
    release_waiting(row->key, LBX_OUTBOUND_RELEASED);
    /* Rows of this key may be under way behind it. */
    sender->spent |= err == LBX_ERR_FENCED || !row->alone;
}

struct lbx_outbound_row *lbx_outbound_ended(struct lbx_outbound *outbound) {
    struct lbx_outbound_row *row = outbound->ended;
    if (!row)
        return NULL;
    outbound->ended = row->next_ended;
    if (!outbound->ended)
        outbound->last_ended = &outbound->ended;
    outbound->count--;
    row->key->count--;
    if (row->key->last == row) /* it ended before those that are under way in front of it */
        row->key->last = NULL;
    if (row->key->count == 0)
        drop_key(outbound, row->key);
    row->key = NULL;
    return row;
}

size_t lbx_outbound_count(const struct lbx_outbound *outbound) {
    return outbound->count;
}

size_t lbx_outbound_count_of(const struct lbx_outbound *outbound, const char *order_key,
                             const struct lbx_outbound_row **ret_last) {
    const struct lbx_outbound_key *key = find_key(outbound, order_key);
    *ret_last = key ? key->last : NULL;
    return key ? key->count : 0;
}

/* ---- life ---- */

static enum lbx_err open_sender(struct lbx_outbound *outbound, struct sender *sender) {
    if (sender->producer)
        return LBX_OK;
    sender->spent = false;
    return lbx_producer_open_ordered(outbound->settings, outbound->worker, on_delivered,
                                     sender == &outbound->single, outbound->fd, &sender->producer);
}

/* Its rows are reported on before this returns. */
static void close_sender(struct lbx_outbound *outbound, struct sender *sender) {
    outbound->giving_up = true;
    lbx_producer_close(sender->producer);
    outbound->giving_up = false;
    sender->producer = NULL;
}

enum lbx_err lbx_outbound_open(const struct lbx_settings *settings, const char *worker,
                               struct lbx_outbound **ret_outbound) {
    struct lbx_outbound *outbound = lbx_calloc(sizeof *outbound);
    outbound->settings = settings;
    outbound->worker = worker;
    outbound->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    outbound->last_ended = &outbound->ended;
    enum lbx_err err = open_sender(outbound, &outbound->many);
    if (err != LBX_OK)
        lbx_outbound_close(outbound);
    else
        *ret_outbound = outbound;
    return err;
}

static void release_all(struct lbx_outbound *outbound) {
    for (struct lbx_outbound_key *key = outbound->keys; key; key = key->next)
        release_waiting(key, LBX_OUTBOUND_RELEASED);
}

void lbx_outbound_hold(struct lbx_outbound *outbound) {
    outbound->held = true;
    release_all(outbound);
}

void lbx_outbound_abandon(struct lbx_outbound *outbound) {
    release_all(outbound);
    close_sender(outbound, &outbound->many);
    close_sender(outbound, &outbound->single);
}

void lbx_outbound_close(struct lbx_outbound *outbound) {
    if (!outbound)
        return;
    lbx_outbound_abandon(outbound);
    while (outbound->keys)
        drop_key(outbound, outbound->keys);
    close(outbound->fd);
    free(outbound);
}

int lbx_outbound_fd(const struct lbx_outbound *outbound) {
    return outbound->fd;
}

int64_t lbx_outbound_away_since_us(const struct lbx_outbound *outbound) {
    return outbound->away_since_us;
}

/* ---- sending ---- */

/* Alone means: nothing of its key before it is under way, and nothing behind it until it ended. */
static bool may_go(const struct lbx_outbound_key *key) {
    if (key->under_way == 0)
        return true;
    return !key->alone && !key->unsent->alone;
}

/* False: the producer's queue is full, and the row waits. */
static bool send_row(struct lbx_outbound *outbound, struct lbx_outbound_row *row) {
    struct sender *sender = row->alone ? &outbound->single : &outbound->many;
    struct lbx_outbound_key *key = row->key;
    enum lbx_err err = open_sender(outbound, sender);
    if (err == LBX_OK)
        err = lbx_producer_send(sender->producer, row->topic, &row->record, row);
    if (err == LBX_ERR_LIMIT)
        return false;
    key->unsent = row->next_of_key;
    outbound->waiting--;
    if (err == LBX_OK) {
        row->state = LBX_OUTBOUND_UNDER_WAY;
        key->alone = row->alone;
        key->under_way++;
        if (row->lane->under_way++ == 0)
            row->lane->moved_us = lbx_monotonic_us();
        return true;
    }
    /* Refused here, by itself: there is no batch. */
    key->stopped = true;
    sender->spent |= err == LBX_ERR_FENCED;
    end_row(row,
            err == LBX_ERR_REFUSED  ? LBX_OUTBOUND_REFUSED
            : err == LBX_ERR_FENCED ? LBX_OUTBOUND_RELEASED
                                    : LBX_OUTBOUND_FAILED,
            err == LBX_ERR_FENCED ? NULL
            : sender->producer    ? lbx_producer_why(sender->producer)
                                  : lbx_err_text(err));
    release_waiting(key, LBX_OUTBOUND_RELEASED);
    return true;
}

static void send_key(struct lbx_outbound *outbound, struct lbx_outbound_key *key) {
    while (key->unsent && !outbound->held && may_go(key)) {
        const struct sender *sender = key->unsent->alone ? &outbound->single : &outbound->many;
        if (is_stuck(outbound, key->unsent->lane)) {
            release_waiting(key, LBX_OUTBOUND_PUT_OFF);
            return;
        }
        if (sender->spent || !send_row(outbound, key->unsent))
            return;
    }
}

static void send_all(struct lbx_outbound *outbound) {
    for (struct lbx_outbound_key *key = outbound->keys; key; key = key->next)
        if (key->unsent)
            send_key(outbound, key);
}

void lbx_outbound_add(struct lbx_outbound *outbound, struct lbx_outbound_row *row) {
    struct lbx_outbound_key *key = find_key(outbound, row->order_key);
    if (!key)
        key = make_key(outbound, row->order_key);
    row->outbound = outbound;
    row->key = key;
    row->next_of_key = NULL;
    row->lane = lane_of(outbound, row);
    row->alone |= row->lane->troubled;
    if (key->last)
        key->last->next_of_key = row;
    key->count++;
    key->last = row;
    outbound->count++;
    outbound->waiting++;
    row->lane->rows++;
    row->lane->bytes += bytes_of(row);
    if (!key->unsent)
        key->unsent = row;
    if (outbound->held || key->stopped)
        release_waiting(key, LBX_OUTBOUND_RELEASED);
    else if (is_full(outbound, row->lane) || is_stuck(outbound, row->lane))
        release_waiting(key, LBX_OUTBOUND_PUT_OFF);
}

/* A client that got nowhere with a partition for a minute may be at fault itself. */
static void look_for_stuck(struct lbx_outbound *outbound) {
    if (lbx_monotonic_us() < outbound->look_us)
        return;
    int64_t since_us = count_stuck(outbound);
    outbound->away_since_us = since_us ? since_us
                              : outbound->many.producer
                                  ? lbx_producer_away_since_us(outbound->many.producer)
                                  : 0;
    outbound->look_us = lbx_monotonic_us() + LOOK_EVERY_US;
    outbound->many.spent |= since_us && lbx_monotonic_us() - since_us > REPLACED_AFTER_US;
    outbound->single.spent |= since_us && lbx_monotonic_us() - since_us > REPLACED_AFTER_US;
}

enum lbx_err lbx_outbound_step(struct lbx_outbound *outbound, int timeout_ms) {
    eventfd_t reports;
    struct sender *senders[] = {&outbound->many, &outbound->single};
    (void)eventfd_read(outbound->fd, &reports);
    for (size_t i = 0; i < 2; i++)
        if (senders[i]->producer)
            lbx_producer_poll(senders[i]->producer,
                              i == 0 && outbound->count > 0 && !outbound->ended ? timeout_ms : 0);
    outbound->polled_us = lbx_monotonic_us();
    look_for_stuck(outbound);
    for (size_t i = 0; i < 2; i++)
        if (senders[i]->producer && senders[i]->spent)
            close_sender(outbound, senders[i]);
    enum lbx_err err = open_sender(outbound, &outbound->many);
    if (err == LBX_OK && outbound->waiting > 0)
        send_all(outbound);
    return err;
}
