/* Starts and ends a process: settings, signals, the threads of its lanes. Promises that it ends
 * in bounded time after a signal, whatever its lanes wait for. Fails with the exit statuses that
 * --help lists. */
#include "worker/worker.h"

#include "base/log.h"
#include "io/secret.h"
#include "version/version.h"
#include "worker/lane.h"
#include "worker/spans.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { STOP_WITHIN_S = 9, ARENAS = 2 };

struct lbx_process lbx_process;

static int usage(const struct lbx_worker_declaration *declaration, int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s %s\ncommit %s\nbuild %s\n", declaration->name, lbx_version, lbx_version_commit,
               lbx_version_build);
        return 0;
    }
    bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
    fprintf(
        help ? stdout : stderr,
        "usage: %s [--help | --version]\n\n%s.\n\nSettings come from the environment (`lockboxctl config` lists them). "
        "Logs go to standard error, one JSON\nobject a line. SIGTERM ends it cleanly.\n\n"
        "Exit status: 0 ended by a signal, 1 it cannot go on, 2 wrong usage or settings, 3 the database's "
        "schema is\nnewer than this program.\n",
        declaration->name, declaration->summary);
    return help ? 0 : LBX_EXIT_USAGE;
}

/* An eventfd that is never read, so that it stays readable for every thread that waits. */
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

/* The thread that takes SIGTERM and SIGINT. It ends the process after a bounded time, even if
 * lanes hang, as all state is in the database. */
static void *await_signal(void *unused) {
    (void)unused;
    const sigset_t set = stop_signals();
    int taken = 0;
    if (sigwait(&set, &taken) != 0)
        abort();
    alarm(STOP_WITHIN_S);
    atomic_store(&lbx_process.signal, taken);
    for (size_t i = 0; i < lbx_process.lane_count; i++)
        eventfd_write(lbx_process.lanes[i].worker.signals, 1);
    return NULL;
}

/* Blocks the signals, before any other thread begins: threads inherit the mask. */
static void take_signals(void) {
    const sigset_t set = stop_signals();
    pthread_t thread;
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
        pthread_create(&thread, NULL, await_signal, NULL) != 0)
        abort();
    pthread_detach(thread);
}

/* Later lanes copy the first one's settings. */
static void init_lane(struct lbx_lane *lane, size_t which, const struct lbx_lane *first) {
    lane->declaration = first->declaration;
    lane->connection.declaration = first->declaration;
    lane->worker = (struct lbx_worker){
        .name = first->worker.name,
        .source = first->worker.source,
        .settings = first->worker.settings,
        .statements = first->worker.statements,
        .signals = stop_fd(),
        .lane = which,
    };
    lane->waiting_for = "starting";
}

static enum lbx_err open_lanes(void) {
    struct lbx_lane *first = &lbx_process.lanes[0];
    size_t count = first->declaration->lanes ? first->declaration->lanes : 1;
    enum lbx_err err = lbx_lane_open(first);
    for (size_t i = 1; err == LBX_OK && i < count; i++) {
        init_lane(&lbx_process.lanes[i], i, first);
        lbx_process.lane_count++;
        err = lbx_lane_open(&lbx_process.lanes[i]);
    }
    return err;
}

static enum lbx_err start(struct lbx_lane *lane) {
    struct lbx_worker *worker = &lane->worker;
    char *why LBX_FREE = NULL;
    if (lbx_settings_load(&worker->settings, &why) != LBX_OK) {
        lbx_log(LBX_LOG_ERROR, "bad setting", LBX_S("setting", why));
        return LBX_ERR_INVALID;
    }
    lbx_log_init(worker->name, worker->settings.log_level);
    if (lbx_connection_check(&lane->connection, &worker->settings) != LBX_OK ||
        lbx_spans_check(&worker->settings) != LBX_OK ||
        (lane->declaration->check && lane->declaration->check(&worker->settings) != LBX_OK))
        return LBX_ERR_INVALID;
    lbx_health_init();
    lbx_metrics_register(lbx_connection_metrics);
    lbx_metrics_register(lbx_otlp_metrics);
    lbx_spans_start(&worker->settings, worker->name);
    if (lane->declaration->metrics)
        lbx_metrics_register(lane->declaration->metrics);
    enum lbx_err err = open_lanes(); /* before the HTTP pages, as each part registers its metrics */
    return err == LBX_OK ? lbx_health_open(&worker->settings) : err;
}

static void *run_lane(void *context) {
    struct lbx_lane *lane = context;
    lbx_lane_run(lane);
    lbx_lane_close(lane);
    return NULL;
}

static void start_threads(void) {
    for (size_t i = 1; i < lbx_process.lane_count; i++)
        if (pthread_create(&lbx_process.lanes[i].thread, NULL, run_lane, &lbx_process.lanes[i]) !=
            0)
            abort();
}

/* Stops the lanes. Returns the exit status: the first one that is not 0. */
static int stop(bool threads) {
    struct lbx_lane *first = &lbx_process.lanes[0];
    int status = 0;
    if (!atomic_load(&lbx_process.signal))
        alarm(STOP_WITHIN_S);
    for (size_t i = 1; i < lbx_process.lane_count; i++)
        if (threads)
            eventfd_write(lbx_process.lanes[i].worker.signals, 1);
        else
            lbx_lane_close(&lbx_process.lanes[i]);
    for (size_t i = 1; threads && i < lbx_process.lane_count; i++)
        pthread_join(lbx_process.lanes[i].thread, NULL);
    lbx_lane_close(first); /* last, as its client commits all lanes' offsets to Kafka */
    for (size_t i = 0; status == 0 && i < lbx_process.lane_count; i++)
        status = lbx_process.lanes[i].exit_status;
    lbx_spans_stop();
    lbx_health_close();
    lbx_settings_done(&first->worker.settings);
    return status;
}

int lbx_worker_main(const struct lbx_worker_declaration *declaration, int argc, char **argv) {
    if (argc > 1)
        return usage(declaration, argc, argv);
    struct lbx_lane *lane = &lbx_process.lanes[0];
    char source[64];
    snprintf(source, sizeof source, "/lockbox/%s", declaration->name);
    mallopt(M_ARENA_MAX, declaration->arenas ? declaration->arenas : ARENAS);
    lbx_secret_keep_memory();
    lbx_process.lane_count = 1;
    lane->declaration = declaration;
    lane->connection.declaration = declaration;
    lane->worker.name = declaration->name;
    lane->worker.statements = declaration->statements;
    lane->worker.source = source;
    lane->waiting_for = "starting";
    lane->worker.signals = stop_fd();
    take_signals();
    lbx_health_watch();
    lbx_log_init(declaration->name, LBX_LOG_INFO);
    enum lbx_err err = start(lane);
    if (err == LBX_OK) {
        lbx_log(LBX_LOG_INFO, "started", LBX_N("pid", getpid()));
        start_threads();
        lbx_lane_run(lane);
    }
    int status = stop(err == LBX_OK);
    if (err != LBX_OK)
        status = err == LBX_ERR_INVALID ? LBX_EXIT_USAGE : LBX_EXIT_CANNOT_GO_ON;
    lbx_log(LBX_LOG_INFO, "ended", LBX_N("status", status));
    return status;
}
