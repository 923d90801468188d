/* Processes that publish, in interleavings by seeds; says which breaks an invariant: a key's rows reach Kafka in their order, none
 * is left out, none is marked that Kafka has not got, none is refused for good that Kafka would take; once nothing breaks any more,
 * all are published, and before that all but the keys of rows that cannot be marked.
 *
 *     simulate_relay [COUNT [FIRST]]    so many seeds; exit status 1 where one breaks something
 *     simulate_relay --tell SEED        one of them, told step by step
 */
#include "relays.h"

#include "relay/relay.h"

static struct process processes[RELAYS];
static struct own owns[RELAYS];
static int sessions;

static enum lbx_err round_of(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    enum lbx_err err = relay_round(worker, state, ret_wait_us);
    if (err != LBX_OK && err != LBX_ERR_UNAVAILABLE)
        broken("a round ends otherwise than by what is down");
    return err;
}

static const struct lbx_rounds rounds = {
    .channel = "lockbox_outbox",
    .open = relay_open,
    .round = round_of,
    .reconnected = relay_reconnected,
    .fd = relay_fd,
    .waiting_for = relay_waiting_for,
    .close = relay_close,
};
static const struct lbx_worker_declaration declaration = {.name = "sim",
                                                          .parts = {{&lbx_rounds_part, &rounds}}};

void connect_session(struct process *process) {
    process->own->session = (struct lbx_pg){.alive = true, .number = ++sessions};
    process->lane.worker.pg = &process->own->session;
}

static void end_session(struct process *process) {
    process->own->session.alive = false;
}

static void start(struct process *process) {
    static char *from[] = {(char *)"outbox", NULL};
    process->own = &owns[process->number];
    process->own->session.alive = false;
    process->lane.worker.settings.relay_from.list = from;
    process->lane.worker.settings.topic_prefix = (char *)"t.";
    process->lane.worker.settings.outbox_ttl = INT64_C(3600000000);
}

static void kill_process(struct process *process) {
    broker_kill(process->number);
    end_session(process);
}

static void trouble(struct process *process, unsigned which) {
    (void)process;
    if (which == 0)
        outbox_operate();
}

static void go_on(void) {
    if (pick(8) == 0)
        outbox_write();
    if (pick(8) == 0)
        outbox_commit();
    if (pick(3) == 0)
        broker_work();
}

static void settle(void) {
    outbox_commit();
    outbox_operate();
    outbox_mend();
    broker_work();
}

static void begin(void) {
    outbox_begin();
    broker_begin();
}

static bool is_readable(const struct process *process, int fd) {
    return fd == CLIENT_FD + process->number ? broker_is_readable(process->number)
                                             : outbox_is_readable(&process->own->session);
}

static bool has_looked(const struct process *process) {
    return outbox_was_asked(&process->own->session);
}

int main(int argc, char **argv) {
    const struct world world = {
        .processes = processes,
        .count = RELAYS,
        .declaration = &declaration,
        .begin = begin,
        .start = start,
        .kill = kill_process,
        .end_session = end_session,
        .trouble = trouble,
        .go_on = go_on,
        .settle = settle,
        .done = outbox_is_empty,
        .is_readable = is_readable,
        .has_looked = has_looked,
        .undone = "nothing breaks any more, and a row is not published",
    };
    return run_world(argc, argv, &world);
}
