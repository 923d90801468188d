/* Processes that publish, in interleavings by seeds; says which breaks an invariant: a key's rows reach Kafka in their order, none
 * is left out, none is marked that Kafka has not got, none is refused for good that Kafka would take; once nothing breaks any more,
 * all are published.
 *
 *     simulate_relay [COUNT [FIRST]]    so many seeds; exit status 1 where one breaks something
 *     simulate_relay --tell SEED        one of them, told step by step
 */
#include "relays.h"

#include "relay/relay.h"

enum { STEPS = 250, CALM_STEPS = 20000 };

static struct process processes[RELAYS];
static struct own owns[RELAYS];
static int sessions;

static void keep_connection(struct process *process) {
    struct lbx_worker *worker = &process->worker;
    struct lbx_pg *session = &process->own->session;
    if (worker->pg && !session->alive)
        worker->pg = NULL;
    if (worker->pg || breaks(3))
        return;
    session->alive = true;
    session->number = ++sessions;
    worker->pg = session;
    worker->pg_generation++;
    relay_reconnected(worker, process->own->relay);
}

static void live(void) {
    struct process *process = sim.running;
    struct lbx_worker *worker = &process->worker;
    int64_t wait_us = 0;
    if (relay_open(worker, &process->own->relay) != LBX_OK)
        broken("the relay does not open");
    while (!process->stopping) {
        keep_connection(process);
        worker->told = pick(2) == 0;
        enum lbx_err err = worker->pg ? relay_round(worker, process->own->relay, &wait_us) : LBX_OK;
        if (err != LBX_OK && err != LBX_ERR_UNAVAILABLE)
            broken("a round ends otherwise than by what is down");
        give_way();
    }
    relay_close(worker, process->own->relay);
    process->own->session.alive = false;
    process->alive = false;
    give_way();
}

static void start(struct process *process) {
    static char *from[] = {(char *)"outbox", NULL};
    process_begin(process, live);
    process->own = &owns[process->number];
    process->own->session.alive = false;
    process->worker.settings.relay_from.list = from;
    process->worker.settings.topic_prefix = (char *)"t.";
    process->worker.settings.outbox_ttl = INT64_C(3600000000);
}

static void kill_process(struct process *process) {
    tell("process %d is killed", process->number);
    broker_kill(process->number);
    process->own->session.alive = false;
    process->alive = false;
}

static void trouble(struct process *process) {
    switch (pick(40)) {
    case 0:
        if (process->alive)
            kill_process(process);
        return;
    case 1:
        process->stopping = true;
        return;
    case 2:
        process->paused = (int)pick(60);
        tell("process %d stands still for %d steps", process->number, process->paused);
        return;
    case 3:
        process->own->session.alive = false;
        return;
    case 4:
        outbox_operate();
        return;
    case 5:
        sim.now_us += pick(6) * 1000000;
        return;
    default:
        return;
    }
}

static void anything(void) {
    struct process *process = &processes[pick(RELAYS)];
    if (!process->alive && pick(8) == 0)
        start(process);
    trouble(process);
    if (pick(8) == 0)
        outbox_write();
    if (pick(8) == 0)
        outbox_commit();
    if (pick(3) == 0)
        broker_work();
    sim.now_us += pick(20) * 1000;
    step(process);
}

/* Everybody who is dead is started again, and whatever is under way comes to its end. */
static void calm_down(void) {
    sim.calm = true;
    for (int i = 0; i < RELAYS; i++)
        processes[i].paused = 0;
    for (int i = 0; i < CALM_STEPS && !sim.broken && !outbox_is_empty(); i++) {
        struct process *process = &processes[i % RELAYS];
        if (!process->alive)
            start(process);
        outbox_commit();
        outbox_operate();
        broker_work();
        sim.now_us += 50000;
        step(process);
    }
    if (!outbox_is_empty())
        broken("nothing breaks any more, and a row is not published");
}

static void world(void) {
    outbox_begin();
    broker_begin();
    for (int i = 0; i < RELAYS; i++)
        start(&processes[i]);
    for (int i = 0; i < STEPS && !sim.broken; i++)
        anything();
    if (!sim.broken)
        calm_down();
}

int main(int argc, char **argv) {
    for (int i = 0; i < RELAYS; i++)
        processes[i] = (struct process){.number = i, .stack = new_stack()};
    return run_seeds(argc, argv, world);
}
