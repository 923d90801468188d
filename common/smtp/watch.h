/* Watches a session's connection through libesmtp's monitor: what libesmtp overlooks ends the
 * connection. HAZARDS.md has the list. */
#ifndef LBX_SMTP_WATCH_H
#define LBX_SMTP_WATCH_H

#include "smtp/dial.h"
#include "smtp/smtp.h"

#include <stdint.h>

struct lbx_smtp_watch {
    /* Given. */
    const struct lbx_dial *dial;
    int timeout_ms;  /* for a reply, from its first byte to its last */
    bool wants_user; /* no mail before the server took user and password */

    bool tls_on;         /* set by the caller at the handshake's end */
    const char *problem; /* static words of what went wrong first; NULL: nothing */

    bool authenticated, starttls_sent, quit_sent;
    char last[LBX_SMTP_REPLY_SIZE]; /* the last whole reply line before QUIT */

    bool ehlo_sent;                      /* and its reply not yet read */
    char line_read[LBX_SMTP_REPLY_SIZE]; /* the reply line being read */
    size_t line_len;
    int64_t line_since_us; /* when the reply being read began to come; 0: none is */
};

/* A monitor of libesmtp's (smtp_set_monitorcb); arg is the watch. */
void lbx_smtp_watch_bytes(const char *bytes, int len, int writing, void *arg);

/* Ends the connection under libesmtp's hands: whatever it does next fails. */
void lbx_smtp_watch_cut(struct lbx_smtp_watch *watch, const char *problem);

#endif
