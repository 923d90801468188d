/* An HTTPS server for requests with a body, from clients with a certificate: TLS 1.2 or later, a
 * thread for each connection. Connections, bodies and times are bounded.
 *
 * A client without a certificate of the given authorities gets 401, and its body is not read. */
#ifndef LBX_IO_HTTPS_H
#define LBX_IO_HTTPS_H

#include "base/buf.h"
#include "base/err.h"

struct lbx_https_request {
    const char *client; /* common name of the client's certificate */
    const char *method, *path;
    const char *traceparent, *tracestate; /* header fields as received; NULL: absent */
    struct lbx_buf body;
};

/* A response. Bodies are JSON; a header field is sent where its text is not empty. */
struct lbx_https_answer {
    struct lbx_buf body, traceparent, tracestate;
};

struct lbx_https_pages {
    /* The largest body for that path, in bytes; 0: the request is refused with *ret_status. */
    size_t (*most)(void *context, const struct lbx_https_request *request, unsigned *ret_status);
    /* Returns the HTTP status. Called on the connection's own thread. */
    unsigned (*answer)(void *context, const struct lbx_https_request *request,
                       struct lbx_https_answer *answer);
    /* Called for each request that was refused before `answer`: with the status, 408 for a
     * client that was too slow. NULL: no such call. From any thread. */
    void (*refused)(void *context, unsigned status);
    void *context;
};

/* The server's certificate and key, and the authorities of its clients: PEM. */
struct lbx_https_files {
    const char *certificate, *key, *client_ca;
};

/* LBX_ERR_INVALID: no PEM, the key is not the certificate's, or there is no authority. */
enum lbx_err lbx_https_check(const struct lbx_https_files *files) LBX_MUST_CHECK;

struct lbx_https_options {
    const char *listen;           /* as in lbx_http_start */
    struct lbx_https_files files; /* borrowed until lbx_https_start returns */
    unsigned connections;         /* at most so many at a time; further ones are closed at once */
    struct lbx_https_pages pages;
};

struct lbx_https;

/* LBX_ERR_INVALID: listen is no address, or lbx_https_check fails. LBX_ERR_UNAVAILABLE: the port cannot be bound. */
enum lbx_err lbx_https_start(const struct lbx_https_options *options, struct lbx_https **ret_https)
    LBX_MUST_CHECK;

/* Uses these files for new connections. Clients of open connections are verified again at their next
 * request, and its response closes the connection. LBX_ERR_INVALID: lbx_https_check fails; nothing changes. */
enum lbx_err lbx_https_renew(struct lbx_https *https, const struct lbx_https_files *files)
    LBX_MUST_CHECK;

/* Serves for three more seconds at most, with Connection: close in each response. Then closes all connections. */
void lbx_https_stop(struct lbx_https *https);

#endif
