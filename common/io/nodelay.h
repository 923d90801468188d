/* This program's own connect(2), for what libesmtp leaves out: TCP_NODELAY, and bounds on
 * connecting and on a peer that no longer takes what is sent.
 *
 * libesmtp exposes no socket, so the executable defines connect() and libesmtp's call binds to it.
 * That needs the symbol in the executable's dynamic table; ld puts it there by itself when a shared
 * library of the link refers to it. Every other connect() of the process passes through untouched.
 */
#ifndef LBX_IO_NODELAY_H
#define LBX_IO_NODELAY_H

#include <stdbool.h>

struct lbx_dial {
    int connect_timeout_ms; /* for each address tried */
    int stall_timeout_ms;   /* unacknowledged for so long, the connection is dead (TCP_USER_TIMEOUT)
                             */
    int fd;                 /* the last socket connected, else -1 */
};

/* While not NULL, TCP connections of this thread are made by these terms. */
extern _Thread_local struct lbx_dial *lbx_dial;

/* Whether shared libraries of this process call the connect() defined here. */
bool lbx_dial_exported(void);

#endif
