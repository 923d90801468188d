/* A worker's HTTP server: /healthz, /readyz and /metrics, on one thread. It takes 16 connections, at
 * most half of them from one address, for ten seconds each: a slow client does not block others. */
#ifndef LBX_IO_HTTP_H
#define LBX_IO_HTTP_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* Called on the server's thread. Fills body, and returns the HTTP status (200 or 503). metrics NULL: no such page. */
struct lbx_http_pages {
    int (*healthy)(void *context, struct lbx_buf *body);
    int (*ready)(void *context, struct lbx_buf *body);
    void (*metrics)(void *context, struct lbx_buf *body);
    void *context;
};

struct lbx_http;

/* listen: host:port with a numeric host ("127.0.0.1:9100", "[::1]:9100", "0.0.0.0:9100").
 * LBX_ERR_INVALID: not of that form. LBX_ERR_UNAVAILABLE: the port cannot be bound. */
enum lbx_err lbx_http_start(const char *listen, const struct lbx_http_pages *pages,
                            struct lbx_http **ret_http) LBX_MUST_CHECK;
void lbx_http_stop(struct lbx_http *http);

#endif
