/* A minimal HTTPS server for baselines of benchmarks: libmicrohttpd, a thread for each client. */
#ifndef LBX_TESTS_BENCH_BARE_SERVER_H
#define LBX_TESTS_BENCH_BARE_SERVER_H

#include "base/buf.h"

#include <stdbool.h>

/* Ends the program with these words, unless good. */
void bare_check(bool good, const char *what);

struct bare_server {
    const char *port, *certificate, *key; /* certificate, key: paths of PEM files */
    const char *answer;                   /* body of each response, JSON, with status 200 */
    bool keeps_body;                      /* work gets the request's body, else an empty one */
    void (*work)(const struct lbx_buf *body);
};

/* Prints "ready", and serves until standard input has a line. */
void bare_serve(const struct bare_server *server);

#endif
