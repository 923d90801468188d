/* A Kafka of one topic, as io/producer.h shows it: each client's records of a partition in their order, reports that come late or
 * never, records that arrive after their client is gone, batches of which one record fails all.
 */
#include "relays.h"

#include "io/producer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

enum { FLIGHTS = 256, CLIENTS = 1024 };

struct lbx_producer {
    int client, process;
    bool ordered, spent;
    lbx_delivered_fn *delivered;
};

/* A record that was sent. */
struct flight {
    struct lbx_producer *producer; /* NULL: it is gone, and nobody hears */
    void *context;
    int client, row, partition;
    bool ordered, ended;
    enum lbx_err result;
};

static struct {
    struct flight flights[FLIGHTS];
    size_t count;
    int clients;
    bool shut[CLIENTS][PARTITIONS]; /* a record is missing: nothing of this client follows it */
} broker;

void broker_begin(void) {
    broker.count = 0;
    memset(broker.shut, 0, (size_t)broker.clients * sizeof broker.shut[0]);
    broker.clients = 0;
}

static void forget(size_t i) {
    broker.count--;
    memmove(&broker.flights[i], &broker.flights[i + 1],
            (broker.count - i) * sizeof broker.flights[0]);
}

/* ---- what becomes of a record ---- */

static void end(size_t i, enum lbx_err result) {
    struct flight *it = &broker.flights[i];
    if (result != LBX_OK && it->ordered) {
        broker.shut[it->client][it->partition] = true;
        if (it->producer)
            it->producer->spent = true;
    }
    it->ended = true;
    it->result = result;
    if (!it->producer)
        forget(i);
}

static bool is_next(size_t i) {
    const struct flight *it = &broker.flights[i];
    for (size_t before = 0; before < i; before++)
        if (broker.flights[before].client == it->client &&
            broker.flights[before].partition == it->partition && !broker.flights[before].ended)
            return false;
    return !it->ended;
}

static void arrive(size_t i) {
    const struct flight it = broker.flights[i];
    if (broker.shut[it.client][it.partition]) {
        end(i, LBX_ERR_FENCED);
    } else if (outbox_is_bad(it.row) || (it.ordered && breaks(40))) {
        tell("Kafka refuses row %d", it.row); /* or one of its batch */
        end(i, LBX_ERR_REFUSED);
    } else {
        const bool fails = breaks(10);
        if (!fails || pick(2) == 0) {
            tell("Kafka has row %d", it.row);
            outbox_told(it.row);
        }
        end(i, fails ? LBX_ERR_UNAVAILABLE : LBX_OK);
    }
}

void broker_work(void) {
    const size_t from = broker.count ? pick((unsigned)broker.count) : 0;
    for (size_t i = 0; i < broker.count; i++) {
        const size_t at = (from + i) % broker.count;
        if (is_next(at)) {
            arrive(at);
            return;
        }
    }
}

/* Nobody hears of these any more; they may arrive all the same. */
static void let_fly(const struct lbx_producer *producer, int process) {
    for (size_t i = broker.count; i-- > 0;) {
        struct flight *it = &broker.flights[i];
        if (!it->producer ||
            (producer ? it->producer != producer : it->producer->process != process))
            continue;
        it->producer = NULL;
        if (it->ended)
            forget(i);
    }
}

void broker_kill(int process) {
    let_fly(NULL, process);
}

bool broker_is_readable(int process) {
    for (size_t i = 0; i < broker.count; i++)
        if (broker.flights[i].producer && broker.flights[i].producer->process == process &&
            broker.flights[i].ended)
            return true;
    return false;
}

/* ---- io/producer.h ---- */

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(enum lbx_err, lbx_producer_open_ordered, const struct lbx_settings *settings,
        const char *worker, lbx_delivered_fn *delivered, bool one_by_one, int fd,
        struct lbx_producer **ret_producer) {
    (void)settings, (void)worker, (void)fd;
    if (broker.clients == CLIENTS) {
        broken("the simulation has too many clients");
        return LBX_ERR_UNAVAILABLE;
    }
    struct lbx_producer *producer = calloc(1, sizeof *producer);
    *producer = (struct lbx_producer){.client = broker.clients++,
                                      .process = sim.running->number,
                                      .ordered = !one_by_one,
                                      .delivered = delivered};
    *ret_producer = producer;
    return LBX_OK;
}

WRAPPED(int32_t, lbx_producer_partitions, const struct lbx_producer *producer,
        enum lbx_topic topic) {
    (void)producer, (void)topic;
    return PARTITIONS;
}

WRAPPED(int32_t, lbx_producer_partition, const struct lbx_record *record, int32_t partitions) {
    return partitions > 0 ? ((const char *)record->key)[0] % partitions : -1;
}

WRAPPED(int64_t, lbx_producer_away_since_us, const struct lbx_producer *producer) {
    (void)producer;
    return 0;
}

WRAPPED(const char *, lbx_producer_why, const struct lbx_producer *producer) {
    (void)producer;
    return "why";
}

WRAPPED(enum lbx_err, lbx_producer_send, struct lbx_producer *producer, enum lbx_topic topic,
        const struct lbx_record *record, void *context) {
    (void)topic;
    if (producer->spent)
        return LBX_ERR_FENCED;
    if (broker.count == FLIGHTS || breaks(30))
        return LBX_ERR_LIMIT;
    const char value[8] = {0};
    memcpy((char *)value, record->value, record->value_len);
    broker.flights[broker.count++] =
        (struct flight){.producer = producer,
                        .context = context,
                        .client = producer->client,
                        .row = atoi(value),
                        .partition = __wrap_lbx_producer_partition(record, PARTITIONS),
                        .ordered = producer->ordered};
    return LBX_OK;
}

/* Reports on a record, and forgets it. */
static void report(size_t i, enum lbx_err result) {
    const struct flight it = broker.flights[i];
    forget(i);
    it.producer->delivered(it.context, result);
}

WRAPPED(void, lbx_producer_poll, struct lbx_producer *producer, int timeout_ms) {
    if (timeout_ms > 0)
        give_way();
    for (size_t i = 0; i < broker.count && !breaks(8);)
        if (broker.flights[i].producer == producer && broker.flights[i].ended)
            report(i, broker.flights[i].result);
        else
            i++;
}

WRAPPED(void, lbx_producer_close, struct lbx_producer *producer) {
    if (!producer)
        return;
    for (size_t i = 0; i < broker.count;) {
        struct flight *it = &broker.flights[i];
        if (it->producer != producer) {
            i++;
        } else if (it->ended) {
            report(i, it->result);
        } else {
            void *context = it->context;
            it->producer = NULL;
            i++;
            producer->delivered(context, LBX_ERR_UNAVAILABLE);
        }
    }
    free(producer);
}

/* ---- what tells that a report waits ---- */

WRAPPED(int, eventfd, unsigned count, int flags) {
    (void)count, (void)flags;
    return CLIENT_FD + sim.running->number;
}

WRAPPED(int, eventfd_read, int fd, eventfd_t *ret_value) {
    (void)fd;
    *ret_value = 1;
    return 0;
}

WRAPPED(int, close, int fd) {
    (void)fd;
    return 0;
}
