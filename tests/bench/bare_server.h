/* The least that an HTTPS server can be, for programs that others are measured by: libmicrohttpd, a thread for each client. */
#ifndef LBX_TESTS_BENCH_BARE_SERVER_H
#define LBX_TESTS_BENCH_BARE_SERVER_H

#include "base/buf.h"

#include <stdbool.h>

/* Ends the program with these words unless good. */
void bare_check(bool good, const char *what);

struct bare_server {
    const char *port, *certificate, *key; /* of these, paths of PEM files */
    const char *answer;                   /* to each request: 200 with this JSON */
    bool keeps_body;                      /* else work gets an empty one */
    void (*work)(const struct lbx_buf *body);
};

/* Says "ready", and serves until a line comes on standard input. */
void bare_serve(const struct bare_server *server);

#endif
