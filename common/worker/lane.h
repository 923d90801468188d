/* The process and its lanes, shared by worker.c, lanes.c and health.c. */
#ifndef LBX_WORKER_LANE_H
#define LBX_WORKER_LANE_H

#include "io/http.h"
#include "worker/connection.h"
#include "worker/worker.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LBX_LANE_PARTS_MAX = 4 };
enum { LBX_EXIT_CANNOT_GO_ON = 1, LBX_EXIT_USAGE = 2, LBX_EXIT_SCHEMA_NEWER = 3 };

/* A lane: a thread with its loop. */
struct lbx_lane {
    struct lbx_worker worker;
    const struct lbx_worker_declaration *declaration;
    struct lbx_lane_part {
        const struct lbx_part *part;
        void *state;
        int64_t wake_us;
    } parts[LBX_LANE_PARTS_MAX];
    size_t part_count;
    struct lbx_connection connection;
    _Atomic(const char *) waiting_for; /* NULL: ready */
    _Atomic int64_t waiting_since_us;  /* wall-clock time */
    int64_t give_back_us;              /* first lane: when memory is returned to the system again */
    int exit_status;
    pthread_t thread; /* unused in the first lane */
};

/* The process. Its settings are those of the first lane, which is the main thread. */
extern struct lbx_process {
    struct lbx_lane lanes[LBX_LANES_MAX];
    _Atomic size_t lane_count;
    atomic_int signal; /* signal that stops the process; 0: none yet */
} lbx_process;

/* ---- lanes.c ---- */

/* Opens the lane's parts: those of every lane, and in the first lane also the others. Errors of the parts. */
enum lbx_err lbx_lane_open(struct lbx_lane *lane) LBX_MUST_CHECK;
void lbx_lane_close(struct lbx_lane *lane);

/* Runs the loop until a signal stops the process. */
void lbx_lane_run(struct lbx_lane *lane);

/* ---- health.c ---- */

/* Reads the watchdog interval from the environment. */
void lbx_health_watch(void);

/* Registers the metrics. */
void lbx_health_init(void);

/* Opens the pages that the settings name. Errors, logged, as lbx_http_start. */
enum lbx_err lbx_health_open(const struct lbx_settings *settings) LBX_MUST_CHECK;
void lbx_health_close(void);

/* Called after each turn of a lane: records why the lane waits, and sends WATCHDOG=1. */
void lbx_health_tell(struct lbx_lane *lane);

/* When this lane must send WATCHDOG=1 next; LBX_NEVER_US: never. */
int64_t lbx_health_wake_us(const struct lbx_lane *lane);

/* Counts a wake-up of a lane: for work, or not. */
void lbx_health_woke(bool for_work);

#endif
