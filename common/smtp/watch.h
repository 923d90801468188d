/* Watches a session's bytes through libesmtp's monitor, and ends the connection where libesmtp
 * would overlook an error. HAZARDS.md has the list. */
#ifndef LBX_SMTP_WATCH_H
#define LBX_SMTP_WATCH_H

#include "smtp/dial.h"
#include "smtp/smtp.h"

#include <stdint.h>

struct lbx_smtp_watch {
    /* Set by the caller: */
    const struct lbx_dial *dial;
    int timeout_ms;  /* longest time of a reply, from its first byte to its last */
    bool wants_user; /* no mail before a successful login */
    bool in_clear;   /* a login without TLS counts */

    bool tls_on;         /* set by the caller after the handshake */
    const char *problem; /* the first error, in static words; NULL: none */

    bool authenticated, starttls_sent, quit_sent;
    char last[LBX_SMTP_REPLY_SIZE]; /* the last complete reply line before QUIT */

    bool ehlo_sent;                      /* EHLO was sent, its reply is not read yet */
    char line_read[LBX_SMTP_REPLY_SIZE]; /* the reply line being read */
    size_t line_len;
    int64_t line_since_us; /* since when the current reply has been read; 0: none */
};

/* libesmtp's monitor callback (smtp_set_monitorcb); arg is the watch. */
void lbx_smtp_watch_bytes(const char *bytes, int len, int writing, void *arg);

/* Ends the connection: libesmtp's next call fails. */
void lbx_smtp_watch_cut(struct lbx_smtp_watch *watch, const char *problem);

#endif
