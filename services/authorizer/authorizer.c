/* Serves reviews over HTTPS, each on its connection's thread. The loop opens database connections, and on SIGHUP
 * reads the clusters file and the certificates again. Promises that a client must show the certificate of the
 * cluster in the path. Fails: a file that is invalid on SIGHUP leaves the previous one in use. */
#include "authorizer.h"

#include "accesses.h"
#include "audit.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "clusters/clusters.h"
#include "database.h"
#include "evidence.h"
#include "identity.h"
#include "io/certificate.h"
#include "io/fetch.h"
#include "io/https.h"
#include "io/secret.h"
#include "kinds.h"
#include "preview.h"
#include "reviews.h"
#include "store/limits.h"
#include "worker/spans.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    REVIEW_MAX = 256 << 10,
    PREVIEW_MAX = 1 << 20,
    ADMISSION_MAX = 4 << 20,
    AUDIT_MAX = 8 << 20,
    CONNECTIONS = 256,
    PEM_MAX = 1 << 20
};
#define CONNECT_EVERY_US LBX_SECOND_US

static struct lbx_metric reviews = {.name = "reviews_total",
                                    .help = "Reviews of API servers answered"};
static struct lbx_metric denied = {
    .name = "reviews_denied_total", .help = "Of these, those denied", .label = "code"};
static struct lbx_metric malformed = {.name = "reviews_malformed_total",
                                      .help = "Requests of API servers that could not be read"};
static struct lbx_metric unrecorded = {
    .name = "audit_refused_total",
    .help = "Batches of audit events that an API server has to send again"};
struct lbx_metric *const authorizer_metrics[] = {&reviews, &denied, &malformed, &unrecorded, NULL};

struct authorizer {
    struct lbx_worker *worker;
    struct lbx_https *https;
    struct database *database;
    struct accesses *accesses;
    _Atomic size_t connected;
    pthread_mutex_t lock; /* guards the pointer `clusters` */
    struct lbx_clusters *clusters;
    int hangups; /* a signalfd for SIGHUP */
    int64_t connect_us;
};

/* ---- the clusters ---- */

static struct lbx_clusters *hold(struct authorizer *it) {
    pthread_mutex_lock(&it->lock);
    struct lbx_clusters *clusters = it->clusters;
    atomic_fetch_add(&clusters->holders, 1);
    pthread_mutex_unlock(&it->lock);
    return clusters;
}

LBX_DEFINE_CLEANUP(struct lbx_clusters *, clusters, lbx_clusters_release)

/* The user name of the customer's identity on the cluster. */
static char *customer_of(const struct lbx_cluster *cluster) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_buf pem LBX_BUF = {0};
    const char *name = NULL;
    lbx_arena_init(&arena);
    if (cluster->certificate_file && lbx_file_read(cluster->certificate_file, PEM_MAX, &pem))
        name = lbx_certificate_common_name(pem.data, pem.len, &arena);
    if (cluster->server && !name)
        lbx_log(LBX_LOG_WARN, "the customer's identity cannot be read",
                LBX_S("cluster", cluster->id));
    return name ? strdup(name) : NULL;
}

static void make_own(struct lbx_cluster *cluster) {
    cluster->customer = customer_of(cluster);
    cluster->kinds = kinds_new();
    cluster->evidence = evidence_cache_new();
}

static void drop_own(struct lbx_cluster *cluster) {
    free(cluster->customer);
    kinds_free(cluster->kinds);
    evidence_cache_free(cluster->evidence);
}

/* Checks the key files, which libcurl reads by name. */
static enum lbx_err check_keys(const struct lbx_clusters *clusters, struct lbx_reason *ret_reason) {
    char why[LBX_SECRET_WHY_SIZE];
    for (size_t i = 0; i < clusters->count; i++) {
        const char *file = clusters->list[i].key_file;
        if (!file || lbx_secret_is_private(file, why))
            continue;
        snprintf(ret_reason->text, sizeof ret_reason->text, "/clusters/%zu/key_file: %s", i, why);
        return LBX_ERR_INVALID;
    }
    return LBX_OK;
}

static enum lbx_err read_clusters(struct authorizer *it) {
    const char *path = it->worker->settings.clusters_file;
    struct lbx_reason reason = {0};
    struct lbx_clusters *clusters, *before = it->clusters;
    static const struct lbx_clusters_own own = {make_own, drop_own};
    enum lbx_err err = lbx_clusters_read(path, &own, &clusters, &reason);
    if (err == LBX_OK && (err = check_keys(clusters, &reason)) != LBX_OK)
        lbx_clusters_release(clusters);
    if (err != LBX_OK) {
        lbx_log(LBX_LOG_ERROR,
                before ? "bad clusters file, the one before stays" : "bad clusters file",
                LBX_S("setting", "LOCKBOX_CLUSTERS_FILE"), LBX_S("error", reason.text));
        return err;
    }
    kinds_keep(clusters, before);
    lbx_log(LBX_LOG_INFO, "clusters read", LBX_N("clusters", clusters->count));
    pthread_mutex_lock(&it->lock);
    it->clusters = clusters;
    pthread_mutex_unlock(&it->lock);
    lbx_clusters_release(before);
    return LBX_OK;
}

/* ---- paths ---- */

typedef enum lbx_err review_fn(const struct review *review, const struct lbx_buf *body,
                               struct lbx_buf *answer, const char **ret_code,
                               struct lbx_reason *ret_reason);

static const struct page {
    const char *name;
    size_t most;
    review_fn *answer;
    bool is_preview;
} pages[] = {
    {"authorize", REVIEW_MAX, reviews_authorize, false},
    {"admit", ADMISSION_MAX, reviews_admit, false},
    {"audit", AUDIT_MAX, audit_record, false},
    {"preview", PREVIEW_MAX, preview_answer, true},
};

/* The page of "/clusters/{id}/{page}". NULL: no such path. */
static const struct page *find(const struct lbx_clusters *clusters, const char *path,
                               const struct lbx_cluster **ret_cluster) {
    static const char prefix[] = "/clusters/";
    const char *id = path + sizeof prefix - 1;
    if (strncmp(path, prefix, sizeof prefix - 1) != 0 || !strchr(id, '/'))
        return NULL;
    const char *end = strchr(id, '/');
    *ret_cluster = lbx_clusters_find(clusters, id, (size_t)(end - id));
    for (size_t i = 0; *ret_cluster && i < sizeof pages / sizeof *pages; i++)
        if (strcmp(end + 1, pages[i].name) == 0)
            return &pages[i];
    return NULL;
}

static bool may_ask(const struct lbx_cluster *cluster, const struct page *page,
                    const char *client) {
    if (!page->is_preview)
        return strcmp(client, cluster->client_name) == 0;
    for (size_t i = 0; i < cluster->preview_client_count; i++)
        if (strcmp(client, cluster->preview_clients[i]) == 0)
            return true;
    return false;
}

static size_t most(void *context, const struct lbx_https_request *request, unsigned *ret_status) {
    struct authorizer *it = context;
    struct lbx_clusters *clusters LBX_CLEANUP(lbx_cleanup_clusters) = hold(it);
    const struct lbx_cluster *cluster = NULL;
    const struct page *page = find(clusters, request->path, &cluster);
    *ret_status = !page                                      ? 404
                  : strcmp(request->method, "POST") != 0     ? 405
                  : !may_ask(cluster, page, request->client) ? 403
                                                             : 0;
    return *ret_status ? 0 : page->most;
}

/* Counts a refused request by status alone: its content may be anybody's. */
static void refused(void *context, unsigned status) {
    (void)context;
    lbx_metric_add(&malformed, 1);
    lbx_log(LBX_LOG_WARN, "request refused", LBX_N("status", status));
}

static void count(const struct lbx_cluster *cluster, const struct page *page, const char *code,
                  const struct lbx_trace *trace) {
    lbx_metric_add(&reviews, 1);
    if (!code)
        return;
    lbx_metric_count(&denied, code);
    lbx_log(LBX_LOG_DEBUG, "review denied", LBX_S("cluster", cluster->id),
            LBX_S("page", page->name), LBX_S("code", code), LBX_LOG_TRACE(trace));
}

/* The trace of an answer's span: of the access request that allows it, else of the HTTP request. */
static struct lbx_trace trace_of(const struct lbx_https_request *request,
                                 const struct basis *basis) {
    return basis->trace.parent ? basis->trace
                               : lbx_trace_of(request->traceparent, request->tracestate);
}

static void add_trace(const struct lbx_trace *trace, struct lbx_https_answer *answer) {
    if (trace->parent)
        lbx_buf_str(&answer->traceparent, trace->parent);
    if (trace->state)
        lbx_buf_str(&answer->tracestate, trace->state);
}

static void send_span(const struct page *page, const struct basis *basis,
                      const struct lbx_trace *trace, const char *code, int64_t began_us) {
    lbx_span_answered(
        &(struct lbx_span_of){
            .worker = "authorizer",
            .request_id = basis->request_id,
            .version = basis->version,
            .trace = *trace,
            .start_us = began_us,
            .end_us = lbx_realtime_us(),
        },
        page->name, code);
}

static unsigned answer(void *context, const struct lbx_https_request *request,
                       struct lbx_https_answer *ret_answer) {
    struct authorizer *it = context;
    struct lbx_clusters *clusters LBX_CLEANUP(lbx_cleanup_clusters) = hold(it);
    const struct lbx_cluster *cluster = NULL;
    const struct page *page = find(clusters, request->path, &cluster);
    const int64_t began_us = lbx_realtime_us();
    if (!page || !may_ask(cluster, page, request->client))
        return 404; /* SIGHUP removed the cluster since the header was read */
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    lbx_arena_init(&arena);
    struct basis basis = {0};
    const struct review review = {cluster, it->database, it->accesses, &arena, &basis};
    struct lbx_reason reason = {0};
    const char *code = NULL;
    enum lbx_err err = page->answer(&review, &request->body, &ret_answer->body, &code, &reason);
    const struct lbx_trace trace = trace_of(request, &basis);
    add_trace(&trace, ret_answer);
    if (err == LBX_OK) {
        count(cluster, page, code, &trace);
        send_span(page, &basis, &trace, code, began_us);
        return 200;
    }
    if (err != LBX_ERR_INVALID) {
        lbx_metric_add(&unrecorded, 1);
        lbx_log(LBX_LOG_WARN, "audit events are not kept", LBX_S("cluster", cluster->id),
                LBX_S("error", lbx_err_text(err)), LBX_LOG_TRACE(&trace));
        return 503;
    }
    lbx_metric_add(&malformed, 1);
    lbx_log(LBX_LOG_WARN, "malformed review", LBX_S("cluster", cluster->id),
            LBX_S("page", page->name), LBX_S("error", reason.text), LBX_LOG_TRACE(&trace));
    return 400;
}

/* ---- life ---- */

enum lbx_err authorizer_check(const struct lbx_settings *settings) {
    const struct {
        const char *name, *value;
    } needed[] = {
        {"LOCKBOX_AUTHORIZER_LISTEN", settings->authorizer_listen},
        {"LOCKBOX_AUTHORIZER_CERTIFICATE_FILE", settings->authorizer_certificate_file},
        {"LOCKBOX_AUTHORIZER_KEY_FILE", settings->authorizer_key_file},
        {"LOCKBOX_AUTHORIZER_CLIENT_CA_FILE", settings->authorizer_client_ca_file},
        {"LOCKBOX_CLUSTERS_FILE", settings->clusters_file},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].value[0])
            return lbx_settings_refuse(needed[i].name, "has to be given");
    const char *why;
    if (lbx_fetch_load(&why) != LBX_OK)
        return lbx_settings_refuse("LOCKBOX_CLUSTERS_FILE", why);
    enum lbx_err err = lbx_limits_check(settings);
    const struct lbx_limits limits = lbx_limits_of(settings);
    preview_forbid(&limits.forbidden);
    return err;
}

static enum lbx_err listen_as(struct authorizer *it, const struct identity *identity) {
    const struct lbx_https_options options = {
        .listen = it->worker->settings.authorizer_listen,
        .files = identity_files(identity),
        .connections = CONNECTIONS,
        .pages = {most, answer, refused, it},
    };
    enum lbx_err err = lbx_https_start(&options, &it->https);
    if (err != LBX_OK)
        lbx_log(LBX_LOG_ERROR, "cannot listen", LBX_S("setting", "LOCKBOX_AUTHORIZER_LISTEN"),
                LBX_S("error", lbx_err_text(err)));
    return err;
}

static enum lbx_err start(struct authorizer *it) {
    const struct lbx_settings *settings = &it->worker->settings;
    struct identity identity LBX_CLEANUP(identity_done) = {0};
    enum lbx_err err = read_clusters(it);
    if (err == LBX_OK)
        err = identity_read(settings, &identity);
    if (err == LBX_OK)
        err = accesses_open(settings, it->worker->name, &it->accesses);
    return err == LBX_OK ? listen_as(it, &identity) : err;
}

static void renew(struct authorizer *it) {
    struct identity identity LBX_CLEANUP(identity_done) = {0};
    enum lbx_err err = identity_read(&it->worker->settings, &identity);
    const struct lbx_https_files files = identity_files(&identity);
    if (err == LBX_OK)
        err = lbx_https_renew(it->https, &files);
    if (err == LBX_OK)
        lbx_log(LBX_LOG_INFO, "certificates read");
    else
        lbx_log(LBX_LOG_WARN, "certificates are as they were");
}

static void close_authorizer(void *state) {
    struct authorizer *it = state;
    lbx_https_stop(it->https);
    accesses_close(it->accesses);
    database_close(it->database);
    lbx_clusters_release(it->clusters);
    close(it->hangups);
    pthread_mutex_destroy(&it->lock);
    free(it);
}

static enum lbx_err open_authorizer(struct lbx_worker *worker, const void *declaration,
                                    void **ret_state) {
    (void)declaration;
    struct authorizer *it = lbx_calloc(sizeof *it);
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    it->worker = worker;
    it->hangups = signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK);
    pthread_mutex_init(&it->lock, NULL);
    it->database = database_open(worker->settings.database_url);
    enum lbx_err err = start(it);
    if (err == LBX_OK)
        *ret_state = it;
    else
        close_authorizer(it);
    return err;
}

static int hangups(void *state) {
    return ((struct authorizer *)state)->hangups;
}

static void hang_up(struct authorizer *it) {
    if (read_clusters(it) != LBX_OK)
        lbx_log(LBX_LOG_WARN, "clusters are as they were");
    renew(it);
}

static enum lbx_err serve(void *state, int64_t *ret_wake_us) {
    struct authorizer *it = state;
    struct signalfd_siginfo signal;
    if (read(it->hangups, &signal, sizeof signal) == sizeof signal)
        hang_up(it);
    if (it->worker->pg && lbx_monotonic_us() >= it->connect_us) {
        atomic_store(&it->connected, database_connect(it->database));
        it->connect_us = lbx_monotonic_us() + CONNECT_EVERY_US;
    }
    *ret_wake_us = it->worker->pg ? it->connect_us : LBX_NEVER_US;
    return LBX_OK;
}

static const char *waiting_for(void *state) {
    return ((struct authorizer *)state)->connected ? NULL : "waiting for the database";
}

const struct lbx_part authorizer_part = {
    .open = open_authorizer,
    .fd = hangups,
    .serve = serve,
    .waiting_for = waiting_for,
    .close = close_authorizer,
    .only_shows = true,
};
