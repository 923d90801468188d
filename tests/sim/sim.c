/* Processes that consume, in interleavings by seeds; says which breaks an invariant: each record's effect exactly once, in order;
 * an offset is where the effects are; nobody is rejected but for their own fault; once nothing breaks any more, everything is done.
 *
 *     simulate [COUNT [FIRST]]    so many seeds; exit status 1 where one breaks something
 *     simulate --tell SEED        one of them, told step by step
 */
#include "members.h"

#include "worker/shares.h"

#include <string.h>

enum { STEPS = 250, CALM_STEPS = 20000 };

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

static void trouble(struct process *process) {
    switch (pick(40)) {
    case 0:
        if (process->alive)
            process_kill(process);
        return;
    case 1:
        process->stopping = true;
        return;
    case 2:
        process->paused = (int)pick(60);
        tell("process %d stands still for %d steps", process->number, process->paused);
        return;
    case 3:
        if (process->paused || !process->alive)
            kafka_miss(process->number);
        return;
    case 4:
        if (process->alive)
            database_break(&process->own->session);
        return;
    case 5:
        kafka_rebalance();
        return;
    case 6:
        sim.now_us += pick(6) * 1000000;
        return;
    default:
        return;
    }
}

static void anything(void) {
    struct process *process = &processes[pick(PROCESSES)];
    if (!process->alive && pick(8) == 0)
        process_start(process);
    trouble(process);
    if (pick(6) == 0)
        kafka_produce();
    if (pick(4) == 0)
        kafka_deliver(pick(4) == 0);
    if (pick(10) == 0)
        database_settle();
    sim.now_us += pick(20) * 1000;
    step(process);
}

static bool all_done(void) {
    for (int i = 0; i < PARTITIONS; i++)
        if (database_done(i) < kafka_end(i))
            return false;
    return true;
}

/* Everybody who is dead is started again, and whatever is under way comes to its end. */
static void calm_down(void) {
    sim.calm = true;
    for (int i = 0; i < PROCESSES; i++) {
        struct process *process = &processes[i];
        process->paused = 0;
        if (!process->alive)
            kafka_miss(i);
    }
    for (int i = 0; i < CALM_STEPS && !sim.broken && !all_done(); i++) {
        struct process *process = &processes[i % PROCESSES];
        if (!process->alive)
            process_start(process);
        database_settle();
        kafka_deliver(false);
        sim.now_us += 20000;
        step(process);
    }
    if (!all_done())
        broken("nothing breaks any more, and a record has no effect");
}

static void world(void) {
    kafka_begin();
    database_begin();
    for (int i = 0; i < PROCESSES; i++)
        process_start(&processes[i]);
    for (int i = 0; i < STEPS && !sim.broken; i++)
        anything();
    if (!sim.broken)
        calm_down();
}

int main(int argc, char **argv) {
    for (int i = 0; i < PROCESSES; i++)
        processes[i] = (struct process){.number = i, .stack = new_stack()};
    return run_seeds(argc, argv, world);
}
