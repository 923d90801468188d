/* Runs a process: its lanes, their parts and their health.
 * Promises: a lane waits, without turning, until a part, a notification or a signal needs it; the
 * process outlives whatever is down.
 * Fails: exits by the statuses that --help lists, only for what no waiting mends. */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "io/http.h"
#include "worker/connection.h"
#include "worker/notify.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PARTS_MAX = 4, STOP_WITHIN_S = 9, ARENAS = 2 };
/* A step of a lane's loop that takes longer is none of work, and, much longer, none that ends. */
#define STEP_MOST_US (10 * LBX_SECOND_US)
#define TURN_MOST_US (180 * LBX_SECOND_US)
enum { EXIT_CANNOT_GO_ON = 1, EXIT_USAGE = 2, EXIT_SCHEMA_NEWER = 3 };

/* One lane's. */
struct loop {
    struct lbx_worker worker;
    const struct lbx_worker_declaration *declaration;
    struct running {
        const struct lbx_part *part;
        void *state;
        int64_t wake_us;
    } parts[PARTS_MAX];
    size_t part_count;
    struct lbx_connection connection;
    _Atomic(const char *) waiting_for; /* NULL: ready */
    int exit_status;
    pthread_t thread; /* not the first lane's */
};

/* The process: settings are the first lane's, which is the main thread. */
static struct process {
    struct loop lanes[LBX_LANES_MAX];
    _Atomic size_t lane_count;
    struct lbx_http *http;
    _Atomic(const char *) halted;   /* NULL: at work */
    _Atomic(const char *) incident; /* NULL: none */
    atomic_bool was_ready;
    atomic_int signal; /* that asked to stop; 0: none */
    int64_t watchdog_us,
        fed_us; /* how often the supervisor hears of us, and when again; 0: never */
} process;

static struct lbx_metric ready = {
    .type = LBX_GAUGE, .name = "ready", .help = "Whether /readyz says ready"};
static struct lbx_metric halted = {
    .type = LBX_GAUGE,
    .name = "halted",
    .help = "Whether it stopped its work and waits for somebody to look"};
static struct lbx_metric loop_age = {
    .type = LBX_AGE,
    .name = "loop_age_seconds",
    .help = "How long the step has taken that its loop is at; 0: it sleeps until there is work"};
static struct lbx_metric rounds = {.name = "rounds_total", .help = "Times it woke for work"};
struct lbx_metric lbx_retries_metric = {.name = "retries_total",
                                        .help = "Times something down was waited out"};
static struct lbx_metric *const metrics[] = {
    &ready, &halted, &loop_age, &rounds, &lbx_retries_metric, NULL};

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
            lbx_log(LBX_LOG_INFO, "stopping", LBX_N("signal", atomic_load(&process.signal)));
    }
    return worker->stopping;
}

void lbx_worker_halt(struct lbx_worker *worker, const char *why) {
    const char *none = NULL;
    if (!atomic_compare_exchange_strong(&process.halted, &none, why))
        return;
    lbx_metric_set(&halted, worker->lane, 1);
    lbx_log(LBX_LOG_ERROR, "halted", LBX_S("reason", why));
}

void lbx_worker_incident(const char *why) {
    atomic_store(&process.incident, why);
}

bool lbx_worker_halted(const struct lbx_worker *worker) {
    (void)worker;
    return atomic_load(&process.halted) != NULL;
}

bool lbx_worker_notified(struct lbx_worker *worker) {
    bool any = false;
    if (worker->pg && lbx_pg_notified(worker->pg, &any) != LBX_OK)
        any = false; /* the loop sees that the connection is dead */
    any |= worker->notified;
    worker->notified = false;
    return any;
}

/* ---- health ---- */

static bool turns(size_t lane, int64_t most_us) {
    const int64_t turned_us = process.lanes[lane].worker.turned_us;
    return turned_us == 0 || lbx_monotonic_us() - turned_us < most_us;
}

/* NULL: every lane is ready. */
static const char *why_not_ready(void) {
    const char *why = atomic_load(&process.halted);
    for (size_t i = 0; !why && i < process.lane_count; i++)
        why = turns(i, STEP_MOST_US)
                  ? atomic_load(&process.lanes[i].waiting_for)
                  : "waiting for an answer: a step of its loop takes more than ten seconds";
    return why ? why : atomic_load(&process.incident);
}

static int health_page(void *context, struct lbx_buf *body) {
    (void)context;
    bool healthy = true;
    for (size_t i = 0; i < process.lane_count; i++)
        healthy &= turns(i, TURN_MOST_US);
    lbx_buf_str(body, healthy ? "ok\n" : "its loop does not turn\n");
    return healthy ? 200 : 503;
}

static int ready_page(void *context, struct lbx_buf *body) {
    (void)context;
    const char *why = why_not_ready();
    lbx_buf_printf(body, "%s\n", why ? why : "ready");
    return why ? 503 : 200;
}

static void metrics_page(void *context, struct lbx_buf *body) {
    (void)context;
    lbx_metric_set(&ready, 0, why_not_ready() == NULL);
    for (size_t i = 0; i < process.lane_count; i++)
        lbx_metric_set(&loop_age, i, process.lanes[i].worker.turned_us);
    lbx_metrics_write(process.lanes[0].worker.name, body);
}

/* READY=1 is sent once, when every lane is ready; STATUS= says what comes later. */
static void tell_supervisor(void) {
    char state[256];
    const char *why = why_not_ready();
    bool first = !why && !atomic_exchange(&process.was_ready, true);
    bool stopping = process.lanes[0].worker.stopping;
    snprintf(state, sizeof state, "%sSTATUS=%s",
             stopping ? "STOPPING=1\n"
             : first  ? "READY=1\n"
                      : "",
             why ? why : "ready");
    lbx_notify(state);
}

/* Says that the main thread still turns. */
static void feed_watchdog(struct loop *loop) {
    if (!process.watchdog_us || loop->worker.lane > 0 || lbx_monotonic_us() < process.fed_us)
        return;
    lbx_notify("WATCHDOG=1");
    process.fed_us = lbx_monotonic_us() + process.watchdog_us;
}

static void tell_readiness(struct loop *loop) {
    const char *why = loop->worker.pg ? NULL
                      : loop->connection.schema_older
                          ? "the database's schema is older than this program: run "
                            "lockboxctl db migrate"
                      : loop->connection.bound_lower
                          ? "LOCKBOX_GRANT_TTL_MAX is longer than the database lets access last: "
                            "run lockboxctl db migrate"
                          : "waiting for the database";
    for (size_t i = 0; !why && i < loop->part_count; i++)
        if (loop->parts[i].part->waiting_for)
            why = loop->parts[i].part->waiting_for(loop->parts[i].state);
    if (loop->worker.stopping)
        why = "stopping";
    const char *before = atomic_exchange(&loop->waiting_for, why);
    if (before == why)
        return;
    lbx_log(LBX_LOG_INFO, why ? "not ready" : "ready", LBX_S("reason", why ? why : "-"));
    tell_supervisor();
}

/* ---- the loop ---- */

/* Ends the process, for all lanes: the first takes the signal. */
static void give_up(struct loop *loop, int exit_status) {
    loop->exit_status = exit_status;
    loop->worker.stopping = true;
    kill(getpid(), SIGTERM);
}

static void keep_connection(struct loop *loop) {
    if (lbx_connection_keep(&loop->connection, &loop->worker) == LBX_ERR_CONFLICT)
        give_up(loop, EXIT_SCHEMA_NEWER);
}

static void lose_connection(struct loop *loop) {
    lbx_connection_lost(&loop->connection, &loop->worker);
}

static void serve(struct loop *loop, struct running *running) {
    running->wake_us = LBX_NEVER_US;
    enum lbx_err err = running->part->serve(running->state, &running->wake_us);
    if (err != LBX_OK) {
        lbx_log(LBX_LOG_ERROR, "cannot go on", LBX_S("error", lbx_err_text(err)));
        give_up(loop, EXIT_CANNOT_GO_ON);
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

static void wait_for_something(struct loop *loop) {
    struct pollfd fds[PARTS_MAX + 2] = {{.fd = loop->worker.signals, .events = POLLIN}};
    nfds_t count = 1;
    int64_t work_us = LBX_NEVER_US, wake_us = LBX_NEVER_US;
    if (loop->worker.pg && !lbx_pg_alive(loop->worker.pg))
        lose_connection(loop); /* a part saw it end: there is no descriptor left to wait for */
    if (loop->worker.pg)
        fds[count++] = (struct pollfd){.fd = lbx_pg_fd(loop->worker.pg), .events = POLLIN};
    else
        work_us = loop->connection.retry_us;
    if (process.watchdog_us && loop->worker.lane == 0)
        wake_us = process.fed_us;
    bool database = loop->worker.pg != NULL;
    for (size_t i = 0; i < loop->part_count; i++) {
        struct running *running = &loop->parts[i];
        int fd = running->part->fd ? running->part->fd(running->state) : -1;
        if (fd >= 0)
            fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        int64_t *until_us = running->part->only_shows ? &wake_us : &work_us;
        if (running->wake_us < *until_us)
            *until_us = running->wake_us;
    }
    loop->worker.turned_us = 0;
    int events = poll(fds, count, until_ms(work_us < wake_us ? work_us : wake_us));
    loop->worker.turned_us = lbx_monotonic_us();
    lbx_metric_add(&rounds, events > 0 || lbx_monotonic_us() >= work_us);
    if (database && fds[1].revents)
        lbx_connection_readable(&loop->connection, &loop->worker);
}

static void run(struct loop *loop) {
    while (!lbx_worker_stopping(&loop->worker)) {
        keep_connection(loop);
        for (size_t i = 0; i < loop->part_count && !loop->worker.stopping; i++)
            serve(loop, &loop->parts[i]);
        tell_readiness(loop);
        feed_watchdog(loop);
        if (!loop->worker.stopping)
            wait_for_something(loop);
    }
    tell_readiness(loop);
}

/* ---- start and end ---- */

static int usage(const struct lbx_worker_declaration *declaration, int argc, char **argv) {
    bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
    fprintf(
        help ? stdout : stderr,
        "usage: %s\n\n%s.\n\nSettings come from the environment (`lockboxctl config` lists them). "
        "Logs go to standard error, one JSON\nobject a line. SIGTERM ends it cleanly.\n\n"
        "Exit status: 0 ended by a signal, 1 it cannot go on, 2 wrong usage or settings, 3 the database's "
        "schema is\nnewer than this program.\n",
        declaration->name, declaration->summary);
    return help ? 0 : EXIT_USAGE;
}

/* Nobody reads it: it stays readable, for whoever waits for something else at the same time. */
static int stop_fd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static sigset_t stop_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

/* Takes the signals that end the process, in a thread of its own: the process ends in time whatever its lanes wait for;
 * the database has the truth. */
static void *await_signal(void *unused) {
    (void)unused;
    const sigset_t set = stop_signals();
    int taken = 0;
    if (sigwait(&set, &taken) != 0)
        abort();
    alarm(STOP_WITHIN_S);
    atomic_store(&process.signal, taken);
    for (size_t i = 0; i < process.lane_count; i++)
        eventfd_write(process.lanes[i].worker.signals, 1);
    return NULL;
}

/* Before any other thread begins: all inherit the mask. */
static void take_signals(void) {
    const sigset_t set = stop_signals();
    pthread_t thread;
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
        pthread_create(&thread, NULL, await_signal, NULL) != 0)
        abort();
    pthread_detach(thread);
}

static enum lbx_err open_parts(struct loop *loop) {
    const struct lbx_used_part *used = loop->declaration->parts;
    for (size_t i = 0; i < PARTS_MAX && used[i].part; i++) {
        struct running *running = &loop->parts[loop->part_count];
        if (loop->worker.lane > 0 && !used[i].in_every_lane)
            continue;
        enum lbx_err err = used[i].part->open(&loop->worker, used[i].declaration, &running->state);
        if (err != LBX_OK)
            return err;
        running->part = used[i].part;
        loop->part_count++;
    }
    return LBX_OK;
}

void *lbx_worker_part(struct lbx_worker *worker, const struct lbx_part *part) {
    const struct loop *loop = (const struct loop *)worker; /* its first member */
    for (size_t i = 0; i < loop->part_count; i++)
        if (loop->parts[i].part == part)
            return loop->parts[i].state;
    return NULL;
}

/* A later lane has the first one's settings, and another name in Kafka's groups. */
static void init_lane(struct loop *loop, size_t lane, const struct loop *first) {
    loop->declaration = first->declaration;
    loop->connection.declaration = first->declaration;
    loop->worker = (struct lbx_worker){
        .name = first->worker.name,
        .source = first->worker.source,
        .settings = first->worker.settings,
        .statements = first->worker.statements,
        .signals = stop_fd(),
        .lane = lane,
    };
    loop->waiting_for = "starting";
    const char *instance = first->worker.settings.instance;
    if (*instance && asprintf(&loop->worker.settings.instance, "%s.%zu", instance, lane + 1) < 0)
        abort();
}

static enum lbx_err open_lanes(void) {
    struct loop *first = &process.lanes[0];
    size_t count = first->declaration->lanes ? first->declaration->lanes : 1;
    enum lbx_err err = open_parts(first);
    for (size_t i = 1; err == LBX_OK && i < count; i++) {
        init_lane(&process.lanes[i], i, first);
        process.lane_count++;
        err = open_parts(&process.lanes[i]);
    }
    return err;
}

static enum lbx_err open_pages(const struct lbx_worker *worker) {
    const struct lbx_http_pages pages = {health_page, ready_page, metrics_page, NULL};
    if (!worker->settings.http_listen[0])
        return LBX_OK;
    enum lbx_err err = lbx_http_start(worker->settings.http_listen, &pages, &process.http);
    if (err != LBX_OK)
        lbx_log(LBX_LOG_ERROR, "cannot listen", LBX_S("setting", "LOCKBOX_HTTP_LISTEN"),
                LBX_S("error", lbx_err_text(err)));
    return err;
}

static enum lbx_err start(struct loop *loop) {
    struct lbx_worker *worker = &loop->worker;
    char *why LBX_FREE = NULL;
    if (lbx_settings_load(&worker->settings, &why) != LBX_OK) {
        lbx_log(LBX_LOG_ERROR, "bad setting", LBX_S("setting", why));
        return LBX_ERR_INVALID;
    }
    lbx_log_init(worker->name, worker->settings.log_level);
    if (lbx_connection_check(&loop->connection, &worker->settings) != LBX_OK ||
        (loop->declaration->check && loop->declaration->check(&worker->settings) != LBX_OK))
        return LBX_ERR_INVALID;
    lbx_metrics_register(metrics);
    lbx_metrics_register(lbx_connection_metrics);
    if (loop->declaration->metrics)
        lbx_metrics_register(loop->declaration->metrics);
    enum lbx_err err = open_lanes(); /* before the pages: each part registers its metrics */
    return err == LBX_OK ? open_pages(worker) : err;
}

static void close_lane(struct loop *loop) {
    while (loop->part_count > 0) {
        struct running *running = &loop->parts[--loop->part_count];
        running->part->close(running->state);
    }
    lbx_pg_close(loop->worker.pg);
}

static void *run_lane(void *context) {
    struct loop *loop = context;
    run(loop);
    close_lane(loop);
    return NULL;
}

static void start_threads(void) {
    for (size_t i = 1; i < process.lane_count; i++)
        if (pthread_create(&process.lanes[i].thread, NULL, run_lane, &process.lanes[i]) != 0)
            abort();
}

/* Returns the exit status: the first lane's that is not 0. */
static int stop(bool threads) {
    struct loop *first = &process.lanes[0];
    int status = 0;
    if (!atomic_load(&process.signal))
        alarm(STOP_WITHIN_S);
    for (size_t i = 1; i < process.lane_count; i++)
        if (threads)
            eventfd_write(process.lanes[i].worker.signals, 1);
        else
            close_lane(&process.lanes[i]);
    close_lane(first);
    for (size_t i = 1; i < process.lane_count; i++) {
        struct lbx_worker *worker = &process.lanes[i].worker;
        if (threads)
            pthread_join(process.lanes[i].thread, NULL);
        if (worker->settings.instance != first->worker.settings.instance)
            free(worker->settings.instance);
    }
    for (size_t i = 0; status == 0 && i < process.lane_count; i++)
        status = process.lanes[i].exit_status;
    lbx_http_stop(process.http);
    lbx_settings_done(&first->worker.settings);
    return status;
}

int lbx_worker_main(const struct lbx_worker_declaration *declaration, int argc, char **argv) {
    if (argc > 1)
        return usage(declaration, argc, argv);
    struct loop *loop = &process.lanes[0];
    char source[64];
    snprintf(source, sizeof source, "/lockbox/%s", declaration->name);
    mallopt(M_ARENA_MAX, declaration->arenas ? declaration->arenas : ARENAS);
    process.lane_count = 1;
    loop->declaration = declaration;
    loop->connection.declaration = declaration;
    loop->worker.name = declaration->name;
    loop->worker.statements = declaration->statements;
    loop->worker.source = source;
    loop->waiting_for = "starting";
    loop->worker.signals = stop_fd();
    take_signals();
    process.watchdog_us = lbx_notify_watchdog_us();
    lbx_log_init(declaration->name, LBX_LOG_INFO);
    enum lbx_err err = start(loop);
    if (err == LBX_OK) {
        lbx_log(LBX_LOG_INFO, "started", LBX_N("pid", getpid()));
        start_threads();
        run(loop);
    }
    int status = stop(err == LBX_OK);
    if (err != LBX_OK)
        status = err == LBX_ERR_INVALID ? EXIT_USAGE : EXIT_CANNOT_GO_ON;
    lbx_log(LBX_LOG_INFO, "ended", LBX_N("status", status));
    return status;
}
