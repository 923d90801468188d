/* An HTTPS server for requests with a body, from clients that show a certificate: TLS 1.2 or later, a thread a
 * connection, connections, bodies and times bounded.
 *
 * A client without a certificate of the given authorities gets 401, and nothing is read of its body.
 */
#ifndef LBX_IO_HTTPS_H
#define LBX_IO_HTTPS_H

#include "base/buf.h"
#include "base/err.h"

struct lbx_https_request {
    const char *client; /* common name of the client's certificate */
    const char *method, *path;
    const char *traceparent, *tracestate; /* headers as they came; NULL: none */
    struct lbx_buf body;
};

/* Bodies are JSON; a header is sent where its text is not empty. */
struct lbx_https_answer {
    struct lbx_buf body, traceparent, tracestate;
};

struct lbx_https_pages {
    /* How many bytes a body for that path may have; 0: none is taken, and *ret_status is the answer. */
    size_t (*most)(void *context, const struct lbx_https_request *request, unsigned *ret_status);
    /* The HTTP status. Called by the connection's own thread. */
    unsigned (*answer)(void *context, const struct lbx_https_request *request,
                       struct lbx_https_answer *answer);
    /* Told of each request that was refused before a page saw its body: the status, 408 for who was too slow. NULL: nobody
     * is. From any thread. */
    void (*refused)(void *context, unsigned status);
    void *context;
};

/* As whom the server shows itself, and the authorities of its clients: PEM. */
struct lbx_https_files {
    const char *certificate, *key, *client_ca;
};

/* LBX_ERR_INVALID: no PEM, certificate and key are no pair, or there is no authority. */
enum lbx_err lbx_https_check(const struct lbx_https_files *files) LBX_MUST_CHECK;

struct lbx_https_options {
    const char *listen;           /* as lbx_http_start's */
    struct lbx_https_files files; /* borrowed while the server starts */
    unsigned connections;         /* at a time; more are closed at once */
    struct lbx_https_pages pages;
};

struct lbx_https;

/* LBX_ERR_INVALID: listen is no address, or lbx_https_check's; LBX_ERR_UNAVAILABLE: the port cannot be had. */
enum lbx_err lbx_https_start(const struct lbx_https_options *options, struct lbx_https **ret_https)
    LBX_MUST_CHECK;

/* From now on connections begin with these. Those that there are are verified again at their next request, whose answer is
 * their last. LBX_ERR_INVALID: lbx_https_check's; all stays as it was. */
enum lbx_err lbx_https_renew(struct lbx_https *https, const struct lbx_https_files *files)
    LBX_MUST_CHECK;

/* Answers for three seconds more, each time as the last answer of its connection, or until there is none; then ends. */
void lbx_https_stop(struct lbx_https *https);

#endif
