/* What the files of the loop (worker.c, lanes.c, health.c) share: the process, and its lanes. */
#ifndef LBX_WORKER_LANE_H
#define LBX_WORKER_LANE_H

#include "io/http.h"
#include "worker/connection.h"
#include "worker/worker.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LBX_LANE_PARTS_MAX = 4 };
enum { LBX_EXIT_CANNOT_GO_ON = 1, LBX_EXIT_USAGE = 2, LBX_EXIT_SCHEMA_NEWER = 3 };

/* One thread's loop. */
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
    _Atomic int64_t waiting_since_us;  /* on the real clock */
    int64_t give_back_us;              /* when memory is given back again; of the first lane */
    int exit_status;
    pthread_t thread; /* not the first lane's */
};

/* The process: settings are the first lane's, which is the main thread. */
extern struct lbx_process {
    struct lbx_lane lanes[LBX_LANES_MAX];
    _Atomic size_t lane_count;
    atomic_int signal; /* that asked to stop; 0: none */
} lbx_process;

/* ---- lanes.c ---- */

/* Parts that are in every lane, and in the first one the others. Errors of the parts. */
enum lbx_err lbx_lane_open(struct lbx_lane *lane) LBX_MUST_CHECK;
void lbx_lane_close(struct lbx_lane *lane);

/* Until a signal asks to stop. */
void lbx_lane_run(struct lbx_lane *lane);

/* ---- health.c ---- */

/* Asks the supervisor's environment how often it wants to hear. */
void lbx_health_watch(void);

/* Registers what it measures. */
void lbx_health_init(void);

/* The pages that the settings ask for. Errors, logged, as of lbx_http_start. */
enum lbx_err lbx_health_open(const struct lbx_settings *settings) LBX_MUST_CHECK;
void lbx_health_close(void);

/* After each turn of a lane: what it waits for, where that changed, and that the main thread still turns. */
void lbx_health_tell(struct lbx_lane *lane);

/* When the supervisor is to hear from this lane again; LBX_NEVER_US: never. */
int64_t lbx_health_wake_us(const struct lbx_lane *lane);

/* Counts what a lane woke for. */
void lbx_health_woke(bool for_work);

#endif
