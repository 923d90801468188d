/* The loop of a lane, which drives its parts. Promises that it sleeps until a part, a
 * notification or a signal needs it, and goes on whatever is down. Fails, and ends the process,
 * only for errors that no retry mends. */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "worker/lane.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define GIVE_BACK_EVERY_US (60 * LBX_SECOND_US)

int64_t lbx_backoff_next_us(struct lbx_backoff *backoff) {
    int64_t wait = 50 * LBX_MS_US << (backoff->failures < 7 ? backoff->failures : 7);
    unsigned char jitter;
    lbx_random_bytes(&jitter, 1);
    backoff->failures++;
    if (wait > 5 * LBX_SECOND_US)
        wait = 5 * LBX_SECOND_US;
    return wait * 3 / 4 + wait * jitter / 512;
}

bool lbx_worker_stopping(struct lbx_worker *worker) {
    worker->turned_us = lbx_monotonic_us();
    struct pollfd told = {.fd = worker->signals, .events = POLLIN};
    if (!worker->stopping && poll(&told, 1, 0) > 0) {
        worker->stopping = true;
        if (worker->lane == 0)
            lbx_log(LBX_LOG_INFO, "stopping", LBX_N("signal", atomic_load(&lbx_process.signal)));
    }
    return worker->stopping;
}

bool lbx_worker_notified(struct lbx_worker *worker) {
    bool any = false;
    if (worker->pg && lbx_pg_notified(worker->pg, &any) != LBX_OK)
        any = false; /* the loop notices the dead connection */
    any |= worker->notified;
    worker->notified = false;
    return any;
}

/* ---- the loop ---- */

/* Ends the process with a status: all lanes stop, as after a signal. */
static void give_up(struct lbx_lane *lane, int exit_status) {
    lane->exit_status = exit_status;
    lane->worker.stopping = true;
    kill(getpid(), SIGTERM);
}

static void keep_connection(struct lbx_lane *lane) {
    if (lbx_connection_keep(&lane->connection, &lane->worker) == LBX_ERR_CONFLICT)
        give_up(lane, LBX_EXIT_SCHEMA_NEWER);
}

static void lose_connection(struct lbx_lane *lane) {
    lbx_connection_lost(&lane->connection, &lane->worker);
}

static void serve(struct lbx_lane *lane, struct lbx_lane_part *running) {
    running->wake_us = LBX_NEVER_US;
    enum lbx_err err = running->part->serve(running->state, &running->wake_us);
    if (err != LBX_OK) {
        lbx_log(LBX_LOG_ERROR, "cannot go on", LBX_S("error", lbx_err_text(err)));
        give_up(lane, LBX_EXIT_CANNOT_GO_ON);
    }
}

static int until_ms(int64_t wake_us) {
    if (wake_us == LBX_NEVER_US)
        return -1;
    int64_t left = wake_us - lbx_monotonic_us();
    if (left <= 0)
        return 0;
    return left > INT64_C(3600000000) ? 3600000 : (int)((left + 999) / 1000);
}

/* Returns free memory to the system after a burst of work. */
static void give_memory_back(struct lbx_lane *lane) {
    const int64_t now_us = lbx_monotonic_us();
    if (lane->worker.lane > 0 || now_us < lane->give_back_us)
        return;
    lbx_memory_give_back();
    lane->give_back_us = now_us + GIVE_BACK_EVERY_US;
}

static void wait_for_something(struct lbx_lane *lane) {
    struct pollfd fds[LBX_LANE_PARTS_MAX + 2] = {{.fd = lane->worker.signals, .events = POLLIN}};
    nfds_t count = 1;
    int64_t work_us = LBX_NEVER_US, wake_us = lbx_health_wake_us(lane);
    if (lane->worker.pg && !lbx_pg_alive(lane->worker.pg))
        lose_connection(lane); /* a part saw the connection end: there is no socket to wait for */
    if (lane->worker.pg)
        fds[count++] = (struct pollfd){.fd = lbx_pg_fd(lane->worker.pg), .events = POLLIN};
    else
        work_us = lane->connection.retry_us;
    bool database = lane->worker.pg != NULL;
    for (size_t i = 0; i < lane->part_count; i++) {
        struct lbx_lane_part *running = &lane->parts[i];
        int fd = running->part->fd ? running->part->fd(running->state) : -1;
        if (fd >= 0)
            fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        int64_t *until_us = running->part->only_shows ? &wake_us : &work_us;
        if (running->wake_us < *until_us)
            *until_us = running->wake_us;
    }
    if (work_us > lbx_monotonic_us())
        give_memory_back(lane);
    lane->worker.turned_us = 0;
    int events = poll(fds, count, until_ms(work_us < wake_us ? work_us : wake_us));
    lane->worker.turned_us = lbx_monotonic_us();
    lbx_health_woke(events > 0 || lbx_monotonic_us() >= work_us);
    if (database && fds[1].revents)
        lbx_connection_readable(&lane->connection, &lane->worker);
}

static void serve_those(struct lbx_lane *lane, bool only_shows) {
    for (size_t i = 0; i < lane->part_count && !lane->worker.stopping; i++)
        if (lane->parts[i].part->only_shows == only_shows)
            serve(lane, &lane->parts[i]);
    lbx_health_tell(lane);
}

/* A part that only shows metrics is served last, so that it delays no work. */
void lbx_lane_run(struct lbx_lane *lane) {
    while (!lbx_worker_stopping(&lane->worker)) {
        keep_connection(lane);
        serve_those(lane, false);
        serve_those(lane, true);
        if (!lane->worker.stopping)
            wait_for_something(lane);
    }
    lbx_health_tell(lane);
}

/* ---- parts ---- */

enum lbx_err lbx_lane_open(struct lbx_lane *lane) {
    const struct lbx_used_part *used = lane->declaration->parts;
    for (size_t i = 0; i < LBX_LANE_PARTS_MAX && used[i].part; i++) {
        struct lbx_lane_part *running = &lane->parts[lane->part_count];
        if (lane->worker.lane > 0 && !used[i].in_every_lane)
            continue;
        enum lbx_err err = used[i].part->open(&lane->worker, used[i].declaration, &running->state);
        if (err != LBX_OK)
            return err;
        running->part = used[i].part;
        lane->part_count++;
    }
    return LBX_OK;
}

void *lbx_worker_part(struct lbx_worker *worker, const struct lbx_part *part) {
    const struct lbx_lane *lane = (const struct lbx_lane *)worker; /* its first member */
    for (size_t i = 0; i < lane->part_count; i++)
        if (lane->parts[i].part == part)
            return lane->parts[i].state;
    return NULL;
}

void lbx_lane_close(struct lbx_lane *lane) {
    while (lane->part_count > 0) {
        struct lbx_lane_part *running = &lane->parts[--lane->part_count];
        running->part->close(running->state);
    }
    lbx_pg_close(lane->worker.pg);
}
