/* Processes that consume, in interleavings by seeds; says which breaks an invariant: each record's effect exactly once, in order;
 * an offset is where the effects are; nobody is rejected but for their own fault; once nothing breaks any more, everything is done.
 *
 *     simulate [COUNT [FIRST]]    so many seeds; exit status 1 where one breaks something
 *     simulate --tell SEED        one of them, told step by step
 */
#include "members.h"

#include "worker/shares.h"

#include <string.h>

static struct process processes[PROCESSES];

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

/* Each process has one lane, which has whatever the group gives. */
static struct lbx_consumer *clients[PROCESSES];

WRAPPED(void, lbx_shares_open, size_t lane, struct lbx_consumer *consumer) {
    (void)lane;
    clients[sim.running->number] = consumer;
}

WRAPPED(void, lbx_shares_close, size_t lane) {
    (void)lane;
    clients[sim.running->number] = NULL;
}

WRAPPED(void, lbx_shares_give, const struct lbx_partition *partitions, size_t count,
        struct lbx_claims *ret_claims) {
    lbx_claims_set(ret_claims, partitions, count);
}

WRAPPED(void, lbx_shares_take, void) {
}

WRAPPED(bool, lbx_shares_asked, void) {
    return false;
}

WRAPPED(void, lbx_shares_report, const struct lbx_partition *partitions, size_t count) {
    if (clients[sim.running->number] && count > 0)
        lbx_consumer_report(clients[sim.running->number], partitions, count);
}

/* ---- the world ---- */

static void trouble(struct process *process, unsigned which) {
    if (which == 0 && (process->paused || !process->alive))
        kafka_miss(process->number);
    if (which == 1)
        kafka_rebalance();
}

static void go_on(void) {
    if (pick(6) == 0)
        kafka_produce();
    if (pick(4) == 0)
        kafka_deliver(pick(4) == 0);
    if (pick(10) == 0)
        database_settle();
}

/* Of who is dead Kafka hears nothing. */
static void settle(void) {
    for (int i = 0; i < PROCESSES; i++)
        if (!processes[i].alive)
            kafka_miss(i);
    database_settle();
    kafka_deliver(false);
}

static bool all_done(void) {
    for (int i = 0; i < PARTITIONS; i++)
        if (database_done(i) < kafka_end(i))
            return false;
    return true;
}

static void begin(void) {
    kafka_begin();
    database_begin();
}

static void end_session(struct process *process) {
    database_break(&process->own->session);
}

static bool is_readable(const struct process *process, int fd) {
    return fd == CLIENT_FD + process->number ? kafka_is_readable(process->number)
                                             : !process->own->session.alive;
}

int main(int argc, char **argv) {
    const struct world world = {
        .processes = processes,
        .count = PROCESSES,
        .declaration = &process_declaration,
        .begin = begin,
        .start = process_start,
        .kill = end_session,
        .end_session = end_session,
        .trouble = trouble,
        .go_on = go_on,
        .settle = settle,
        .done = all_done,
        .is_readable = is_readable,
        .undone = "nothing breaks any more, and a record has no effect",
    };
    return run_world(argc, argv, &world);
}
