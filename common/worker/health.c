/* The health of the process: /healthz and /readyz, metrics, and sd_notify. Promises that the
 * process is ready only while every lane is, and shows since when and why not. Fails where a
 * page's address cannot be bound. */
#include "base/clock.h"
#include "base/log.h"
#include "base/text_pool.h"
#include "base/time.h"
#include "store/clock.h"
#include "version/version.h"
#include "worker/lane.h"
#include "worker/notify.h"

#include <stdio.h>
#include <string.h>

/* A longer step of a lane counts as stalled: no step takes so long, and a much longer one will not end. */
#define STEP_MOST_US (10 * LBX_SECOND_US)
#define TURN_MOST_US (180 * LBX_SECOND_US)

static struct {
    struct lbx_http *http, *probes;         /* probes: for the supervisor alone */
    _Atomic(const char *) halted;           /* NULL: working */
    _Atomic(const char *) incident;         /* NULL: none */
    _Atomic int64_t halted_us, incident_us; /* wall-clock time */
    atomic_bool was_ready;
    int64_t watchdog_us, fed_us; /* interval of WATCHDOG=1, and when the next is due; 0: never */
} health;

static struct lbx_metric ready = {
    .type = LBX_GAUGE, .name = "ready", .help = "Whether /readyz says ready"};
static struct lbx_metric halted = {
    .type = LBX_GAUGE,
    .name = "halted",
    .help = "Whether it stopped its work and waits for somebody to look"};
static struct lbx_metric loop_age = {
    .type = LBX_AGE,
    .name = "loop_age_seconds",
    .help = "How long its loop has been at this step; 0: it sleeps until there is work"};
static struct lbx_metric rounds = {.name = "rounds_total", .help = "Times it woke for work"};
struct lbx_metric lbx_retries_metric = {.name = "retries_total",
                                        .help = "Times something down was waited out"};
static char build_labels[256];
static struct lbx_metric build_info = {.type = LBX_GAUGE,
                                       .name = "build_info",
                                       .help = "1, with which program this is",
                                       .constant = build_labels};
static struct lbx_metric *const metrics[] = {
    &build_info, &ready, &halted, &loop_age, &rounds, &lbx_retries_metric, NULL};

void lbx_worker_halt(struct lbx_worker *worker, const char *why) {
    const char *none = NULL;
    if (!atomic_compare_exchange_strong(&health.halted, &none, why))
        return;
    atomic_store(&health.halted_us, lbx_realtime_us());
    lbx_metric_set(&halted, worker->lane, 1);
    lbx_log(LBX_LOG_ERROR, "halted", LBX_S("reason", why));
}

void lbx_worker_incident(const char *why) {
    if (!atomic_exchange(&health.incident, why))
        atomic_store(&health.incident_us, lbx_realtime_us());
}

bool lbx_worker_halted(const struct lbx_worker *worker) {
    (void)worker;
    return atomic_load(&health.halted) != NULL;
}

/* ---- whether it is ready ---- */

static bool turns(size_t lane, int64_t most_us) {
    const int64_t turned_us = lbx_process.lanes[lane].worker.turned_us;
    return turned_us == 0 || lbx_monotonic_us() - turned_us < most_us;
}

/* Why the process is not ready, and since when in wall-clock time (0: not known); why NULL: every lane is ready. */
struct unready {
    const char *why;
    int64_t since_us;
};

static struct unready lane_unready(size_t which) {
    const struct lbx_lane *lane = &lbx_process.lanes[which];
    const int64_t turned_us = lane->worker.turned_us;
    if (!turns(which, STEP_MOST_US))
        return (struct unready){
            "waiting for an answer: a step of its loop takes more than ten seconds",
            lbx_realtime_us() - (lbx_monotonic_us() - turned_us)};
    return (struct unready){atomic_load(&lane->waiting_for), atomic_load(&lane->waiting_since_us)};
}

static struct unready unready(void) {
    struct unready found = {atomic_load(&health.halted), atomic_load(&health.halted_us)};
    if (!found.why)
        found = (struct unready){.why = lbx_clock_trouble()};
    for (size_t i = 0; !found.why && i < lbx_process.lane_count; i++)
        found = lane_unready(i);
    if (!found.why)
        found = (struct unready){atomic_load(&health.incident), atomic_load(&health.incident_us)};
    return found;
}

static const char *why_not_ready(void) {
    return unready().why;
}

/* ---- HTTP pages ---- */

static int health_page(void *context, struct lbx_buf *body) {
    (void)context;
    bool healthy = true;
    for (size_t i = 0; i < lbx_process.lane_count; i++)
        healthy &= turns(i, TURN_MOST_US);
    lbx_buf_str(body, healthy ? "ok\n" : "its loop does not turn\n");
    return healthy ? 200 : 503;
}

static int ready_page(void *context, struct lbx_buf *body) {
    (void)context;
    const struct unready found = unready();
    char since[LBX_TIME_SIZE];
    lbx_buf_str(body, found.why ? found.why : "ready");
    if (found.why && found.since_us) {
        lbx_time_format(found.since_us, since);
        lbx_buf_printf(body, " (since %.19sZ)", since);
    }
    lbx_buf_char(body, '\n');
    return found.why ? 503 : 200;
}

static void metrics_page(void *context, struct lbx_buf *body) {
    (void)context;
    lbx_metric_set(&build_info, 0, 1);
    lbx_metric_set(&ready, 0, why_not_ready() == NULL);
    for (size_t i = 0; i < lbx_process.lane_count; i++)
        lbx_metric_set(&loop_age, i, lbx_process.lanes[i].worker.turned_us);
    lbx_metrics_write(lbx_process.lanes[0].worker.name, body);
}

/* ---- sd_notify ---- */

/* Sends READY=1 once, when every lane is ready, and STATUS= for later changes. */
static void tell_supervisor(void) {
    char state[256];
    const char *why = why_not_ready();
    bool first = !why && !atomic_exchange(&health.was_ready, true);
    bool stopping = lbx_process.lanes[0].worker.stopping;
    snprintf(state, sizeof state, "%sSTATUS=%s",
             stopping ? "STOPPING=1\n"
             : first  ? "READY=1\n"
                      : "",
             why ? why : "ready");
    lbx_notify(state);
}

/* Sends WATCHDOG=1: the main thread's loop runs. */
static void feed_watchdog(struct lbx_lane *lane) {
    if (!health.watchdog_us || lane->worker.lane > 0 || lbx_monotonic_us() < health.fed_us)
        return;
    lbx_notify("WATCHDOG=1");
    health.fed_us = lbx_monotonic_us() + health.watchdog_us;
}

static void tell_readiness(struct lbx_lane *lane) {
    const char *why =
        lane->worker.pg                 ? NULL
        : lane->connection.schema_older ? "the database's schema is older than this program: run "
                                          "lockboxctl db migrate"
        : lane->connection.bound_lower
            ? "LOCKBOX_GRANT_TTL_MAX is longer than the database lets access last: "
              "run lockboxctl db migrate"
        : lane->connection.why ? lbx_text_kept("waiting for the database: %s", lane->connection.why)
                               : "waiting for the database";
    for (size_t i = 0; !why && i < lane->part_count; i++)
        if (lane->parts[i].part->waiting_for)
            why = lane->parts[i].part->waiting_for(lane->parts[i].state);
    if (lane->worker.stopping)
        why = "stopping";
    const char *before = atomic_load(&lane->waiting_for);
    if (before == why)
        return;
    atomic_store(&lane->waiting_since_us, lbx_realtime_us());
    atomic_store(&lane->waiting_for, why);
    lbx_log(LBX_LOG_INFO, why ? "not ready" : "ready", LBX_S("reason", why ? why : "-"));
    tell_supervisor();
}

void lbx_health_tell(struct lbx_lane *lane) {
    tell_readiness(lane);
    feed_watchdog(lane);
}

int64_t lbx_health_wake_us(const struct lbx_lane *lane) {
    return health.watchdog_us && lane->worker.lane == 0 ? health.fed_us : LBX_NEVER_US;
}

void lbx_health_woke(bool for_work) {
    lbx_metric_add(&rounds, for_work);
}

/* ---- start and end ---- */

void lbx_health_watch(void) {
    health.watchdog_us = lbx_notify_watchdog_us();
}

void lbx_health_init(void) {
    snprintf(build_labels, sizeof build_labels, "version=\"%s\",commit=\"%s\",build=\"%s\"",
             lbx_version, lbx_version_commit, lbx_version_build);
    lbx_metrics_register(metrics);
}

static enum lbx_err listen_at(const char *setting, const char *at,
                              const struct lbx_http_pages *pages, struct lbx_http **ret_http) {
    if (!at[0])
        return LBX_OK;
    enum lbx_err err = lbx_http_start(at, pages, ret_http);
    if (err != LBX_OK)
        lbx_log(LBX_LOG_ERROR, "cannot listen", LBX_S("setting", setting),
                LBX_S("error", lbx_err_text(err)));
    return err;
}

enum lbx_err lbx_health_open(const struct lbx_settings *settings) {
    const struct lbx_http_pages all = {health_page, ready_page, metrics_page, NULL};
    const struct lbx_http_pages probes = {health_page, ready_page, NULL, NULL};
    enum lbx_err err = listen_at("LOCKBOX_HTTP_LISTEN", settings->http_listen, &all, &health.http);
    return err == LBX_OK ? listen_at("LOCKBOX_PROBES_LISTEN", settings->probes_listen, &probes,
                                     &health.probes)
                         : err;
}

void lbx_health_close(void) {
    lbx_http_stop(health.http);
    lbx_http_stop(health.probes);
}
