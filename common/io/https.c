/* An HTTPS server by libmicrohttpd over GnuTLS. The handler verifies the client's certificate,
 * as libmicrohttpd only asks for one: at the first request of a connection, and at the next one
 * after lbx_https_renew. TCP_NODELAY is set. A client has REQUEST_S for the request line, for
 * the rest of a request, and for reading a response. An idle connection is closed after IDLE_S. */
#include "io/https.h"

#include "io/https_identity.h"
#include "io/https_writes.h"
#include "io/listen.h"
#include "io/patience.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Go's HTTP client closes an idle connection after 90 s. The server waits longer, so that the client closes first. */
enum { REQUEST_S = 10, IDLE_S = 120, GOODBYE_S = 3, MEMORY = 64 << 10 };
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct lbx_https {
    struct MHD_Daemon *daemon;
    struct lbx_patience *patience;
    struct lbx_https_pages pages;
    _Atomic bool ending;  /* lbx_https_stop was called: each response has Connection: close */
    pthread_mutex_t lock; /* guards the members below */
    struct lbx_https_identity *identity;
    pthread_cond_t left;
    size_t connections;
};

struct peer {
    struct lbx_patient patient;
    struct lbx_https_identity *shown,
        *verified_by; /* one reference each; verified_by is NULL before the first request */
    bool between;     /* no request is under way */
    struct lbx_https_writes writes;
    char name[256]; /* common name of the verified certificate; empty: none */
};

struct call {
    struct lbx_https_request request;
    size_t most;
};

/* ---- the client ---- */

static bool verified(gnutls_session_t session) {
    static unsigned char oid[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = oid};
    unsigned status = 0;
    return gnutls_certificate_verify_peers(session, &purpose, 1, &status) == 0 && status == 0;
}

static void read_name(gnutls_session_t session, struct peer *peer) {
    unsigned count = 0;
    peer->name[0] = '\0';
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    gnutls_x509_crt_t certificate;
    if (!chain || !count || !verified(session) || gnutls_x509_crt_init(&certificate) != 0)
        return;
    size_t len = sizeof peer->name;
    if (gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER) != 0 ||
        gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, peer->name,
                                      &len) != 0 ||
        strlen(peer->name) != len)
        peer->name[0] = '\0';
    gnutls_x509_crt_deinit(certificate);
}

static struct peer *peer_of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Sets the time-out of a connection; seconds 0: none, while the handler works. */
static void give_time(struct peer *peer, int seconds) {
    atomic_store(&peer->patient.until_us,
                 seconds ? lbx_monotonic_us() + seconds * LBX_SECOND_US : INT64_MAX);
}

static struct lbx_https_identity *hold_identity(struct lbx_https *https) {
    pthread_mutex_lock(&https->lock);
    struct lbx_https_identity *identity = lbx_https_identity_hold(https->identity);
    pthread_mutex_unlock(&https->lock);
    return identity;
}

static gnutls_session_t session_of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
}

static const char *client_of(struct lbx_https *https, struct MHD_Connection *connection) {
    struct peer *peer = peer_of(connection);
    struct lbx_https_identity *identity = hold_identity(https);
    if (identity != peer->verified_by) {
        gnutls_session_t session = session_of(connection);
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, identity->credentials);
        read_name(session, peer);
    }
    lbx_https_identity_release(peer->verified_by);
    peer->verified_by = identity;
    return peer->name;
}

static void tell_refused(const struct lbx_https *https, unsigned status) {
    if (https->pages.refused)
        https->pages.refused(https->pages.context, status);
}

/* Reports a request that the time-out ended, with status 408. */
static void tell_late(const struct lbx_https *https, const struct peer *peer) {
    if (!peer->between && atomic_load(&peer->patient.until_us) <= lbx_monotonic_us())
        tell_refused(https, MHD_HTTP_REQUEST_TIMEOUT);
}

static void count(struct lbx_https *https, int more) {
    pthread_mutex_lock(&https->lock);
    https->connections += (size_t)more;
    pthread_cond_signal(&https->left);
    pthread_mutex_unlock(&https->lock);
}

/* Called for a new connection, before the TLS handshake. */
static struct peer *meet(struct lbx_https *https, struct MHD_Connection *connection) {
    struct peer *peer = lbx_calloc(sizeof *peer);
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    peer->shown = hold_identity(https);
    gnutls_credentials_set(session_of(connection), GNUTLS_CRD_CERTIFICATE,
                           peer->shown->credentials);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    peer->patient.fd = fd;
    lbx_https_writes_begin(&peer->writes, session_of(connection));
    give_time(peer, REQUEST_S);
    lbx_patience_add(https->patience, &peer->patient);
    count(https, 1);
    return peer;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **context_of,
                          enum MHD_ConnectionNotificationCode code) {
    struct lbx_https *https = context;
    struct peer *peer = *context_of;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context_of = meet(https, connection);
    } else if (peer) {
        tell_late(https, peer);
        lbx_patience_remove(https->patience, &peer->patient);
        count(https, -1);
        lbx_https_identity_release(peer->verified_by);
        lbx_https_identity_release(peer->shown);
        lbx_https_writes_done(&peer->writes);
        free(peer);
        *context_of = NULL;
    }
}

/* Called when the request line was read. */
static void *on_line(void *context, const char *uri, struct MHD_Connection *connection) {
    (void)context, (void)uri;
    peer_of(connection)->between = false;
    give_time(peer_of(connection), REQUEST_S);
    return NULL;
}

/* ---- a request ---- */

static enum MHD_Result send_answer(const struct lbx_https *https, struct MHD_Connection *connection,
                                   unsigned status, const struct lbx_https_answer *answer) {
    const struct lbx_buf *body = &answer->body;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body->len, body->data ? body->data : "", MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    if (answer->traceparent.len)
        MHD_add_response_header(response, "traceparent", answer->traceparent.data);
    if (answer->tracestate.len)
        MHD_add_response_header(response, "tracestate", answer->tracestate.data);
    const struct peer *peer = peer_of(connection);
    if (https->ending || peer->verified_by != peer->shown)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    peer_of(connection)->writes.keep = body->len > 0; /* the header waits for the body */
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Called when a request's header was read: verifies the client, and looks up the bound of the body. */
static enum MHD_Result begin(struct lbx_https *https, struct MHD_Connection *connection,
                             const char *method, const char *path, void **state) {
    struct call *call = lbx_calloc(sizeof *call);
    *state = call;
    call->request = (struct lbx_https_request){
        .client = client_of(https, connection), .method = method, .path = path};
    unsigned status = MHD_HTTP_UNAUTHORIZED;
    if (call->request.client[0])
        call->most = https->pages.most(https->pages.context, &call->request, &status);
    if (call->most)
        return MHD_YES;
    tell_refused(https, status);
    return send_answer(https, connection, status, &(struct lbx_https_answer){0});
}

/* Adds a piece of the body. Bytes beyond the bound are dropped; the error response follows the last of them. */
static enum MHD_Result take(struct call *call, const char *upload, size_t *size) {
    size_t room = call->most + 1 - call->request.body.len;
    lbx_buf_add(&call->request.body, upload, *size < room ? *size : room);
    *size = 0;
    return MHD_YES;
}

static void release_answer(struct lbx_https_answer *answer) {
    lbx_buf_done(&answer->body);
    lbx_buf_done(&answer->traceparent);
    lbx_buf_done(&answer->tracestate);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state) {
    (void)version;
    struct lbx_https *https = context;
    struct call *call = *state;
    if (!call)
        return begin(https, connection, method, path, state);
    if (*upload_size)
        return take(call, upload, upload_size);
    struct lbx_https_answer answer LBX_CLEANUP(release_answer) = {0};
    call->request.traceparent =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "traceparent");
    call->request.tracestate =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "tracestate");
    give_time(peer_of(connection), 0);
    bool is_large = call->request.body.len > call->most;
    unsigned status = is_large ? MHD_HTTP_CONTENT_TOO_LARGE
                               : https->pages.answer(https->pages.context, &call->request, &answer);
    if (is_large)
        tell_refused(https, status);
    give_time(peer_of(connection), REQUEST_S);
    return send_answer(https, connection, status, &answer);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
    const struct lbx_https *https = context;
    struct call *call = *state;
    struct peer *peer = peer_of(connection);
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        tell_late(https, peer);
    peer->between = true;
    give_time(peer, IDLE_S);
    if (!call)
        return;
    lbx_buf_done(&call->request.body);
    free(call);
    *state = NULL;
}

/* ---- life ---- */

static struct lbx_https *make(const struct lbx_https_pages *pages) {
    struct lbx_https *https = lbx_calloc(sizeof *https);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&https->lock, NULL);
    pthread_cond_init(&https->left, &monotonic);
    pthread_condattr_destroy(&monotonic);
    https->pages = *pages;
    https->patience = lbx_patience_new();
    return https;
}

static void release(struct lbx_https *https) {
    lbx_https_identity_release(https->identity);
    lbx_patience_free(https->patience);
    pthread_cond_destroy(&https->left);
    pthread_mutex_destroy(&https->lock);
    free(https);
}

static struct MHD_Daemon *listen_on(const struct addrinfo *address,
                                    const struct lbx_https_options *options,
                                    struct lbx_https *https) {
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC | MHD_USE_TLS |
                     (address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0u);
    const struct lbx_https_files *files =
        &options->files; /* each connection takes the credentials of the current identity */
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, https, MHD_OPTION_SOCK_ADDR, address->ai_addr,
        MHD_OPTION_HTTPS_MEM_CERT, files->certificate, MHD_OPTION_HTTPS_MEM_KEY, files->key,
        MHD_OPTION_HTTPS_MEM_TRUST, files->client_ca, MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES,
        MHD_OPTION_CONNECTION_LIMIT, options->connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, https, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, https, MHD_OPTION_URI_LOG_CALLBACK, on_line, NULL, MHD_OPTION_END);
}

/* Sets the scheduling policy for threads that this thread creates. SCHED_BATCH threads do not preempt each other,
 * as a response takes less time than two context switches. If the policy is forbidden, responses are slower. */
static void begin_at(int policy) {
    (void)pthread_setschedparam(pthread_self(), policy, &(struct sched_param){0});
}

enum lbx_err lbx_https_start(const struct lbx_https_options *options,
                             struct lbx_https **ret_https) {
    struct lbx_https_identity *identity;
    struct addrinfo *address;
    enum lbx_err err = lbx_https_identity_new(&options->files, &identity);
    if (err != LBX_OK)
        return err;
    if ((err = lbx_listen_resolve(options->listen, &address)) != LBX_OK) {
        lbx_https_identity_release(identity);
        return err;
    }
    struct lbx_https *https = make(&options->pages);
    https->identity = identity;
    begin_at(SCHED_BATCH);
    https->daemon = listen_on(address, options, https);
    begin_at(SCHED_OTHER);
    freeaddrinfo(address);
    if (!https->daemon) {
        release(https);
        return LBX_ERR_UNAVAILABLE;
    }
    *ret_https = https;
    return LBX_OK;
}

enum lbx_err lbx_https_renew(struct lbx_https *https, const struct lbx_https_files *files) {
    struct lbx_https_identity *identity;
    enum lbx_err err = lbx_https_identity_new(files, &identity);
    if (err != LBX_OK)
        return err;
    pthread_mutex_lock(&https->lock);
    struct lbx_https_identity *before = https->identity;
    https->identity = identity;
    pthread_mutex_unlock(&https->lock);
    lbx_https_identity_release(before);
    return LBX_OK;
}

/* Waits for clients to close, GOODBYE_S at most: responses now have Connection: close. Closing at once may cut off a request. */
static void say_goodbye(struct lbx_https *https) {
    struct timespec until;
    int waited = 0;
    https->ending = true;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += GOODBYE_S;
    pthread_mutex_lock(&https->lock);
    while (https->connections > 0 && waited == 0)
        waited = pthread_cond_timedwait(&https->left, &https->lock, &until);
    pthread_mutex_unlock(&https->lock);
}

void lbx_https_stop(struct lbx_https *https) {
    if (!https)
        return;
    say_goodbye(https);
    MHD_stop_daemon(https->daemon);
    release(https);
}
