/* Serves three pages by libmicrohttpd. Promises that a connection is closed after its response, and
 * ten seconds after it began. Fails with LBX_ERR_* at the start; later errors end a single connection. */
#include "io/http.h"

#include "base/clock.h"
#include "io/listen.h"
#include "io/patience.h"

#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 16, OF_ONE_ADDRESS = 8, CONNECTION_S = 10 };

struct lbx_http {
    struct MHD_Daemon *daemon;
    struct lbx_patience *patience;
    struct lbx_http_pages pages;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              struct lbx_buf *body) {
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body->len, body->data ? body->data : "", MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request) {
    (void)version, (void)upload, (void)upload_size, (void)request;
    struct lbx_http *http = context;
    struct lbx_buf body LBX_BUF = {0};
    unsigned status = 404;
    const char *type = "text/plain; charset=utf-8";
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        status = 405;
    } else if (strcmp(url, "/healthz") == 0) {
        status = (unsigned)http->pages.healthy(http->pages.context, &body);
    } else if (strcmp(url, "/readyz") == 0) {
        status = (unsigned)http->pages.ready(http->pages.context, &body);
    } else if (http->pages.metrics && strcmp(url, "/metrics") == 0) {
        status = 200;
        type = "text/plain; version=0.0.4; charset=utf-8";
        http->pages.metrics(http->pages.context, &body);
    }
    return answer(connection, status, type, &body);
}

/* Sets a time-out for the whole connection. libmicrohttpd's own time-out begins anew with each byte. */
static void on_connection(void *context, struct MHD_Connection *connection, void **context_of,
                          enum MHD_ConnectionNotificationCode code) {
    struct lbx_http *http = context;
    struct lbx_patient *patient = *context_of;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context_of = patient = lbx_calloc(sizeof *patient);
        patient->fd =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        atomic_store(&patient->until_us, lbx_monotonic_us() + CONNECTION_S * LBX_SECOND_US);
        lbx_patience_add(http->patience, patient);
    } else if (patient) {
        lbx_patience_remove(http->patience, patient);
        free(patient);
        *context_of = NULL;
    }
}

enum lbx_err lbx_http_start(const char *listen, const struct lbx_http_pages *pages,
                            struct lbx_http **ret_http) {
    struct addrinfo *address;
    enum lbx_err err = lbx_listen_resolve(listen, &address);
    if (err != LBX_OK)
        return err;
    struct lbx_http *http = lbx_calloc(sizeof *http);
    http->pages = *pages;
    http->patience = lbx_patience_new();
    unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD;
    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, http, MHD_OPTION_SOCK_ADDR, address->ai_addr,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)OF_ONE_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_S,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
    freeaddrinfo(address);
    if (!http->daemon) {
        lbx_patience_free(http->patience);
        free(http);
        return LBX_ERR_UNAVAILABLE;
    }
    *ret_http = http;
    return LBX_OK;
}

void lbx_http_stop(struct lbx_http *http) {
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    lbx_patience_free(http->patience);
    free(http);
}
