/* A process: worker/lanes.c's loop, whole, whose poll() waits in virtual time for the descriptors of the simulation.
 * The heartbeat is what it must be: it sleeps, and says so, or it does not; and it does not turn for nothing.
 */
#include "sim.h"

#include "base/text_pool.h"

#include <signal.h>

enum { AT_ONCE_MOST = 500 };

static const struct world *world;

void loop_begin(const struct world *of) {
    world = of;
}

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

/* ---- waiting ---- */

static bool is_readable(const struct process *process, int fd) {
    return fd == SIGNALS_FD + process->number ? process->stopping : world->is_readable(process, fd);
}

static int look(const struct process *process, struct pollfd *fds, nfds_t count) {
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = is_readable(process, fds[i].fd) ? POLLIN : 0;
        ready += fds[i].revents != 0;
    }
    return ready;
}

static void sleep_until(struct process *process, int64_t until_us) {
    if (process->lane.worker.pg && world->has_looked && !world->has_looked(process))
        broken("a session is new, and its loop sleeps before it has looked for work");
    process->asleep = true;
    process->asleep_until_us = until_us;
    give_way();
    process->asleep = false;
}

/* The loop's own wait is told from looks between its steps by its heartbeat. */
WRAPPED(int, poll, struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct process *process = sim.running;
    static int64_t last_us;
    static unsigned at_once;
    if (process->lane.worker.turned_us != 0) {
        if (timeout_ms != 0)
            broken("a part waits by itself");
        return look(process, fds, count);
    }
    at_once = last_us == sim.now_us ? at_once + 1 : 0;
    last_us = sim.now_us;
    if (at_once > AT_ONCE_MOST)
        broken("a loop turns and turns");
    const int64_t until_us = timeout_ms < 0 ? INT64_MAX : sim.now_us + (int64_t)timeout_ms * 1000;
    int ready;
    do {
        sleep_until(process, until_us);
        ready = look(process, fds, count);
        if (ready == 0 && process->stopping)
            broken("a process is told to stop, and its loop sleeps on");
    } while (ready == 0 && sim.now_us < until_us);
    process->woken++;
    return ready;
}

/* By its name where the compiler looks after the array's length. */
WRAPPED(int, __poll_chk, struct pollfd *fds, nfds_t count, int timeout_ms, size_t size) {
    (void)size;
    return __wrap_poll(fds, count, timeout_ms);
}

/* What the loop does where it cannot go on. */
WRAPPED(int, kill, pid_t pid, int number) {
    (void)pid, (void)number;
    stop(sim.running);
    return 0;
}

/* ---- its connection ---- */

bool __wrap_lbx_pg_alive(const struct lbx_pg *pg);

WRAPPED(void, lbx_connection_lost, struct lbx_connection *connection, struct lbx_worker *worker) {
    world->end_session(sim.running);
    worker->pg = NULL;
    connection->retry_us = 0;
}

WRAPPED(enum lbx_err, lbx_connection_keep, struct lbx_connection *connection,
        struct lbx_worker *worker) {
    if (worker->pg && !__wrap_lbx_pg_alive(worker->pg))
        __wrap_lbx_connection_lost(connection, worker);
    if (worker->pg || sim.now_us < connection->retry_us)
        return LBX_OK;
    give_way();
    if (breaks(3)) {
        connection->retry_us = sim.now_us + lbx_backoff_next_us(&connection->backoff);
        return LBX_ERR_UNAVAILABLE;
    }
    connection->backoff = (struct lbx_backoff){0};
    connect_session(sim.running);
    worker->pg_generation++;
    return LBX_OK;
}

WRAPPED(void, lbx_connection_readable, struct lbx_connection *connection,
        struct lbx_worker *worker) {
    bool any = false;
    if (!__wrap_lbx_pg_alive(worker->pg) || lbx_pg_notified(worker->pg, &any) != LBX_OK)
        __wrap_lbx_connection_lost(connection, worker);
    worker->notified |= any;
}

WRAPPED(int, lbx_pg_fd, const struct lbx_pg *pg) {
    (void)pg;
    return SESSION_FD + sim.running->number;
}

WRAPPED(void, lbx_pg_close, struct lbx_pg *pg) {
    if (pg)
        world->end_session(sim.running);
}

WRAPPED(const char *, lbx_text_kept, const char *format, ...) {
    return format;
}

/* ---- a life ---- */

void live_a_life(void) {
    struct process *process = sim.running;
    struct lbx_lane *lane = &process->lane;
    lane->declaration = lane->connection.declaration = world->declaration;
    lane->worker.name = "sim";
    lane->worker.signals = SIGNALS_FD + process->number;
    lane->waiting_for = "starting";
    if (lbx_lane_open(lane) != LBX_OK)
        broken("the parts do not open");
    lbx_lane_run(lane);
    if (lane->exit_status)
        broken("the worker cannot go on");
    lbx_lane_close(lane);
    world->end_session(process);
    tell("process %d ends", process->number);
    process->alive = false;
    give_way();
}
