/* Serves HTTPS by libmicrohttpd. Promises nothing; an error ends the program. */
#include "bare_server.h"

#include "base/file.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_MAX = 1 << 20 };

void bare_check(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(1);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state) {
    const struct bare_server *server = context;
    (void)path, (void)method, (void)version;
    struct lbx_buf *body = *state;
    if (!body) {
        *state = calloc(1, sizeof *body);
        return MHD_YES;
    }
    if (*upload_size) {
        if (server->keeps_body)
            lbx_buf_add(body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    server->work(body);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(server->answer), (void *)server->answer, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection, (void)code;
    if (*state)
        lbx_buf_done(*state);
    free(*state);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode code) {
    (void)context, (void)state;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        setsockopt(
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
            IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

void bare_serve(const struct bare_server *server) {
    struct lbx_buf certificate LBX_BUF = {0}, key LBX_BUF = {0};
    bare_check(lbx_file_read(server->certificate, PEM_MAX, &certificate) &&
                   lbx_file_read(server->key, PEM_MAX, &key),
               "no certificate");
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_TLS,
        (unsigned short)strtoul(server->port, NULL, 10), NULL, NULL, handle, (void *)server,
        MHD_OPTION_HTTPS_MEM_CERT, certificate.data, MHD_OPTION_HTTPS_MEM_KEY, key.data,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_END);
    bare_check(daemon != NULL, "cannot listen");
    puts("ready");
    fflush(stdout);
    (void)getchar();
    MHD_stop_daemon(daemon);
}
