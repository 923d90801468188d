/* This program's own connect(2), read(2), write(2), poll(2) and getaddrinfo(3), for what libesmtp
 * lacks: TCP_NODELAY, full segments, TLS from the first byte, and time-outs for name lookup,
 * connect, and a peer that reads no more.
 *
 * libesmtp exposes no socket, so the executable defines these functions, and libesmtp's calls
 * bind to them. The executable must export the symbols, which ld does by itself where a shared
 * library refers to them. Calls by other code pass through unchanged. */
#ifndef LBX_SMTP_DIAL_H
#define LBX_SMTP_DIAL_H

#include "smtp/implicit.h"

#include <stdbool.h>
#include <stddef.h>

struct lbx_dial {
    int lookup_timeout_ms;
    int connect_timeout_ms; /* for each address, and for the handshake of TLS from the first byte */
    int stall_timeout_ms;   /* the connection ends after so long without an acknowledgement
                             * (TCP_USER_TIMEOUT) */
    int cancel_fd;          /* while readable, lookup and connect end; -1: none */
    int fd;                 /* the last connected socket; -1: none */
    bool lookup_timed_out;
    struct lbx_implicit implicit; /* the caller ends it after the session */
    bool gathering;
    size_t gathered; /* bytes in gather */
    char gather[16 * 1024];
};

/* While not NULL, this thread's TCP connections use these settings. */
extern _Thread_local struct lbx_dial *lbx_dial;

/* Gathers what this thread writes to the last connected socket, until it waits for the peer; then all
 * is sent at once. libesmtp writes a body in pieces of 2 KB, each of which would be a segment. */
void lbx_dial_gather(struct lbx_dial *terms);

/* Whether fd is `ready` within the time. Otherwise errno says why: ETIMEDOUT, ECANCELED. */
bool lbx_dial_await(const struct lbx_dial *terms, int fd, short ready, int timeout_ms);

/* Whether this process's shared libraries call the functions defined here. */
bool lbx_dial_exported(void);

#endif
