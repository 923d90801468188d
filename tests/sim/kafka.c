/* A Kafka of one topic and one group, as io/consumer.h shows it. Members hear of a new assignment when they poll; who is
 * not polled goes on by the old one. Offsets that a member of an older generation commits are refused.
 */
#include "members.h"

#include <stdlib.h>
#include <string.h>

static char topic[] = "t.tickets.v1";

struct lbx_message {
    struct lbx_record record;
};

struct lbx_consumer {
    struct process *process;
    const struct lbx_consumer_events *events;
    void *context;
    bool open, joined, paused;
    int heard;                    /* the generation that it knows of */
    int64_t position[PARTITIONS]; /* below 0: not assigned */
    int64_t received[PARTITIONS];
    bool drops[PARTITIONS]; /* it takes for outdated what it fetches, until it is assigned anew */
};

enum { COMMITS_MAX = 8 };

static struct {
    int64_t end[PARTITIONS], committed[PARTITIONS];
    bool bad[PARTITIONS][RECORDS];
    int generation, owner[PARTITIONS];
    struct lbx_consumer members[PROCESSES];
    struct commit {
        int generation;
        int64_t offsets[PARTITIONS]; /* below 0: not said */
    } commits[COMMITS_MAX];
    size_t commit_count;
} kafka;

void kafka_begin(void) {
    memset(&kafka, 0, sizeof kafka);
    for (int i = 0; i < PARTITIONS; i++) {
        kafka.committed[i] = -1;
        kafka.owner[i] = -1;
        for (int offset = 0; offset < RECORDS; offset++)
            kafka.bad[i][offset] = pick(12) == 0;
    }
}

void kafka_produce(void) {
    const int partition = (int)pick(PARTITIONS);
    if (kafka.end[partition] < RECORDS)
        kafka.end[partition]++;
}

int64_t kafka_end(int partition) {
    return kafka.end[partition];
}

bool kafka_is_bad(int partition, int64_t offset) {
    return kafka.bad[partition][offset];
}

int64_t kafka_committed(int partition) {
    return kafka.committed[partition];
}

void kafka_rebalance(void) {
    int joined[PROCESSES], count = 0;
    for (int i = 0; i < PROCESSES; i++)
        if (kafka.members[i].joined)
            joined[count++] = i;
    kafka.generation++;
    for (int i = 0; i < PARTITIONS; i++)
        kafka.owner[i] = count ? joined[pick((unsigned)count)] : -1;
    tell("generation %d: %d members", kafka.generation, count);
}

static void leave(struct lbx_consumer *member) {
    if (!member->joined)
        return;
    member->joined = false;
    kafka_rebalance();
}

void kafka_miss(int process) {
    leave(&kafka.members[process]);
}

void kafka_deliver(bool loses) {
    if (kafka.commit_count == 0)
        return;
    const struct commit commit = kafka.commits[0];
    memmove(kafka.commits, kafka.commits + 1, --kafka.commit_count * sizeof commit);
    if (loses || commit.generation != kafka.generation)
        return;
    for (int i = 0; i < PARTITIONS; i++)
        if (commit.offsets[i] >= 0)
            kafka.committed[i] = commit.offsets[i];
}

/* ---- io/consumer.h ---- */

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(enum lbx_err, lbx_consumer_open, const struct lbx_settings *settings, const char *worker,
        const enum lbx_topic *topics, int queue_kb, const struct lbx_consumer_events *events,
        void *context, struct lbx_consumer **ret_consumer) {
    (void)settings, (void)worker, (void)topics, (void)queue_kb;
    struct lbx_consumer *member = &kafka.members[sim.running->number];
    *member = (struct lbx_consumer){
        .process = sim.running, .events = events, .context = context, .open = true};
    for (int i = 0; i < PARTITIONS; i++)
        member->position[i] = -1;
    *ret_consumer = member;
    return LBX_OK;
}

WRAPPED(void, lbx_consumer_close, struct lbx_consumer *consumer) {
    if (!consumer)
        return;
    consumer->events->taken(consumer->context);
    consumer->open = false;
    leave(consumer);
}

WRAPPED(int, lbx_consumer_fd, const struct lbx_consumer *consumer) {
    return CLIENT_FD + consumer->process->number;
}

WRAPPED(const struct lbx_trouble *, lbx_consumer_trouble, const struct lbx_consumer *consumer) {
    (void)consumer;
    static const struct lbx_trouble none = {.partition = -1, .offset = -1, .code = ""};
    return &none;
}

static void hear(struct lbx_consumer *member) {
    struct lbx_partition given[PARTITIONS];
    size_t count = 0;
    member->heard = kafka.generation;
    for (int i = 0; i < PARTITIONS; i++)
        if (kafka.owner[i] == member->process->number)
            given[count++] = (struct lbx_partition){topic, i, 0};
    tell("%d hears of generation %d: %zu partitions", member->process->number, member->heard,
         count);
    member->events->taken(member->context);
    for (int i = 0; i < PARTITIONS; i++)
        member->position[i] = -1;
    member->events->given(member->context, given, count);
}

/* A descriptor tells of a new assignment and of records; also of those that the client then drops. */
bool kafka_is_readable(int process) {
    const struct lbx_consumer *member = &kafka.members[process];
    if (!member->open)
        return false;
    if (!member->joined || member->heard != kafka.generation)
        return true;
    for (int i = 0; i < PARTITIONS; i++)
        if (!member->paused && member->position[i] >= 0 && member->position[i] < kafka.end[i])
            return true;
    return false;
}

static struct lbx_message *next_record(struct lbx_consumer *member) {
    static int64_t values[PARTITIONS][RECORDS];
    for (unsigned i = 0, from = pick(PARTITIONS); i < PARTITIONS; i++) {
        const int partition = (int)((from + i) % PARTITIONS);
        int64_t *at = &member->position[partition];
        if (*at < 0 || *at >= kafka.end[partition])
            continue;
        member->received[partition]++;
        if (member->drops[partition]) {
            ++*at;
            continue;
        }
        struct lbx_message *message = malloc(sizeof *message);
        values[partition][*at] = partition * 1000 + *at;
        message->record = (struct lbx_record){.topic = LBX_TOPIC_TICKETS,
                                              .topic_name = topic,
                                              .partition = partition,
                                              .offset = *at,
                                              .value = &values[partition][*at],
                                              .value_len = sizeof values[0][0]};
        ++*at;
        return message;
    }
    return NULL;
}

WRAPPED(enum lbx_err, lbx_consumer_poll, struct lbx_consumer *consumer,
        struct lbx_message **ret_message) {
    give_way();
    if (!consumer->joined) {
        consumer->joined = true;
        kafka_rebalance();
    }
    if (consumer->heard != kafka.generation) {
        hear(consumer);
        return LBX_ERR_NOT_FOUND;
    }
    if (breaks(200))
        return LBX_ERR_FENCED;
    if (breaks(30))
        return LBX_ERR_UNAVAILABLE;
    *ret_message = consumer->paused || breaks(4) ? NULL : next_record(consumer);
    return *ret_message ? LBX_OK : LBX_ERR_NOT_FOUND;
}

WRAPPED(const struct lbx_record *, lbx_message_record, const struct lbx_message *message) {
    return &message->record;
}

WRAPPED(void, lbx_message_free, struct lbx_message *message) {
    free(message);
}

WRAPPED(enum lbx_err, lbx_consumer_assign, struct lbx_consumer *consumer,
        const struct lbx_partition *partitions, size_t count) {
    for (int i = 0; i < PARTITIONS; i++)
        consumer->position[i] = -1;
    for (size_t i = 0; i < count; i++) { /* the client may lose one that it should fetch */
        consumer->position[partitions[i].id] = breaks(50) ? -1 : partitions[i].next_offset;
        consumer->drops[partitions[i].id] = breaks(50);
    }
    consumer->paused = false;
    return breaks(100) ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

WRAPPED(void, lbx_consumer_rejoin, struct lbx_consumer *consumer) {
    leave(consumer);
}

WRAPPED(int64_t, lbx_consumer_end, const struct lbx_consumer *consumer, const char *of,
        int32_t partition) {
    (void)consumer, (void)of;
    return kafka.end[partition];
}

WRAPPED(const struct lbx_fetching *, lbx_consumer_fetching, const struct lbx_consumer *consumer,
        const char *of, int32_t partition) {
    static struct lbx_fetching it;
    (void)of;
    it = (struct lbx_fetching){.partition = partition,
                               .has_leader = true,
                               .next_offset = consumer->position[partition],
                               .received = consumer->received[partition]};
    return &it;
}

WRAPPED(int64_t, lbx_consumer_away_since_us, const struct lbx_consumer *consumer) {
    (void)consumer;
    return 0;
}

WRAPPED(enum lbx_err, lbx_consumer_first, const struct lbx_consumer *consumer, const char *of,
        int32_t partition, int64_t *ret_first) {
    (void)consumer, (void)of, (void)partition;
    *ret_first = 0;
    return LBX_OK;
}

WRAPPED(enum lbx_err, lbx_consumer_ends, struct lbx_consumer *consumer,
        const struct lbx_partition *partitions, size_t count, int64_t *ret_ends) {
    (void)consumer;
    for (size_t i = 0; i < count; i++)
        ret_ends[i] = kafka.end[partitions[i].id];
    return LBX_OK;
}

WRAPPED(void, lbx_consumer_pause, struct lbx_consumer *consumer, bool pause) {
    consumer->paused = pause;
}

WRAPPED(enum lbx_err, lbx_consumer_committed, struct lbx_consumer *consumer,
        const struct lbx_partition *partitions, size_t count, int64_t *ret_committed) {
    (void)consumer;
    give_way();
    for (size_t i = 0; i < count; i++)
        ret_committed[i] = kafka.committed[partitions[i].id];
    return breaks(20) ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

WRAPPED(void, lbx_consumer_report, struct lbx_consumer *consumer,
        const struct lbx_partition *partitions, size_t count) {
    if (kafka.commit_count == COMMITS_MAX || !consumer->joined)
        return;
    struct commit *commit = &kafka.commits[kafka.commit_count++];
    commit->generation = consumer->heard;
    for (int i = 0; i < PARTITIONS; i++)
        commit->offsets[i] = -1;
    for (size_t i = 0; i < count; i++)
        commit->offsets[partitions[i].id] = partitions[i].next_offset;
}
