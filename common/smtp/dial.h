/* This program's own connect(2), write(2), poll(2) and getaddrinfo(3), for what libesmtp leaves
 * out: TCP_NODELAY, full segments, and bounds on finding a name, on connecting, and on a peer that
 * no longer takes what is sent.
 *
 * libesmtp exposes no socket, so the executable defines them and libesmtp's calls bind to them.
 * That needs the symbols in the executable's dynamic table; ld puts them there by itself when a
 * shared library of the link refers to them. Every other call of the process passes through
 * untouched.
 */
#ifndef LBX_SMTP_DIAL_H
#define LBX_SMTP_DIAL_H

#include <stdbool.h>
#include <stddef.h>

struct lbx_dial {
    int lookup_timeout_ms;
    int connect_timeout_ms; /* for each address tried */
    int stall_timeout_ms;   /* unacknowledged for so long, the connection is dead (TCP_USER_TIMEOUT)
                             */
    int cancel_fd;          /* once readable, finding and connecting are given up; -1: none */
    int fd;                 /* the last socket connected, else -1 */
    bool lookup_timed_out;
    bool gathering;
    size_t gathered; /* bytes of gather */
    char gather[16 * 1024];
};

/* While not NULL, TCP connections of this thread are made by these terms. */
extern _Thread_local struct lbx_dial *lbx_dial;

/* Until this thread waits for the peer, what it writes on the last socket connected is gathered,
 * and goes out at once: libesmtp writes a body in pieces of 2 KB, each of them a segment. */
void lbx_dial_gather(struct lbx_dial *terms);

/* Whether shared libraries of this process call the functions defined here. */
bool lbx_dial_exported(void);

#endif
