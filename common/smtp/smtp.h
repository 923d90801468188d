/* Mail transfer to one relay (RFC 5321): the only place that knows libesmtp.
 *
 * A relay is made once from its settings and may then be used by several threads at a time; each
 * session carries any number of messages, which it takes one by one. A session blocks, within the
 * bounds of struct lbx_smtp_config; another thread may cut it. The process ignores SIGPIPE. Three
 * outcomes per message, and in doubt temporary.
 */
#ifndef LBX_SMTP_SMTP_H
#define LBX_SMTP_SMTP_H

#include "base/cleanup.h"
#include "base/email.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LBX_SMTP_ADDRESS_MAX = LBX_EMAIL_MAX,
    LBX_SMTP_REPLY_SIZE = 513,
    LBX_SMTP_WHY_SIZE = 256,
    LBX_SMTP_ENHANCED_SIZE = 36, /* "5.999.999", with room for any three ints */
};

struct lbx_smtp_config {
    /* smtp://[user@]host[:port][?tls=required|off]. Port 587 unless given; user is percent-decoded.
     *
     * tls=required: STARTTLS (RFC 3207) with a certificate valid for host, or nothing is sent. This
     * is the default, save for a loopback host. tls=off: no TLS even if offered, and no user. Any host but a loopback one
     * needs plaintext_too for it. */
    const char *url;
    bool plaintext_too;
    const char *password; /* with a user, who authenticates by SASL and only under TLS; else NULL */
    const char *ca_file;  /* PEM; NULL: the system's */
    int connect_timeout_ms; /* for finding the host's addresses, and for each of them; 0: 10 s */
    /* For each reply, and for the peer to take what is sent; 0: 60 s. The reply that ends a message
     * may take five times as long: giving up there makes a duplicate (RFC 5321 4.5.3.2.6). */
    int timeout_ms;
};

struct lbx_smtp;

/* LBX_ERR_INVALID: a bad URL, a password without a user or the reverse, an unreadable CA file;
 * LBX_ERR_INTERNAL: the program was linked without exporting connect() (see dial.h). Both write
 * why into ret_why, one line without the password. */
enum lbx_err lbx_smtp_new(const struct lbx_smtp_config *config, struct lbx_smtp **ret_smtp,
                          char ret_why[LBX_SMTP_WHY_SIZE]) LBX_MUST_CHECK;
void lbx_smtp_free(struct lbx_smtp *smtp);

LBX_DEFINE_CLEANUP(struct lbx_smtp *, smtp, lbx_smtp_free)

enum lbx_smtp_outcome {
    LBX_SMTP_TEMPORARY, /* may be tried again: a 4xx, no connection, no TLS, or an unclear end */
    LBX_SMTP_DELIVERED, /* the server took responsibility: 250 after the data, and 2xx to RCPT */
    LBX_SMTP_PERMANENT, /* 5xx to this sender, recipient or message, or an address refused here */
};

struct lbx_smtp_result {
    enum lbx_smtp_outcome outcome;
    int code;                              /* RFC 5321 reply code, 0 where there was no reply */
    char enhanced[LBX_SMTP_ENHANCED_SIZE]; /* RFC 3463 status, "" where there was none */
    char reply[LBX_SMTP_REPLY_SIZE]; /* one harmless line of UTF-8: the server's reply with its
                                        codes, or our own words where it gave none */
    const char *relay;               /* host:port, owned by the relay; NULL: none was asked */
};

struct lbx_smtp_message {
    const char *from, *to; /* envelope addresses, bare */
    const char *bytes;     /* headers and body, lines end in CRLF, none longer than 998 bytes */
    size_t len;
    struct lbx_smtp_result result; /* set before done */
};

/* Where a session's messages come from. Both are called on the session's thread. */
struct lbx_smtp_source {
    /* The next message, NULL to end the session. It may block: the server meanwhile waits. */
    struct lbx_smtp_message *(*next)(void *context);
    /* The message's result is set, and the message is the caller's again. */
    void (*done)(void *context, struct lbx_smtp_message *message);
    void *context;
};

/* A session with a relay, or one after the other, as other threads see it. */
struct lbx_smtp_session;

struct lbx_smtp_session *lbx_smtp_session_new(void);
void lbx_smtp_session_free(struct lbx_smtp_session *session);

/* Ends the session, and any later one until lbx_smtp_session_reset; why is static words. While a
 * message's body is under way, whose result would then be unclear, only where even_in_body. Returns
 * whether it did. */
bool lbx_smtp_session_cut(struct lbx_smtp_session *session, const char *why, bool even_in_body);
bool lbx_smtp_session_is_cut(struct lbx_smtp_session *session);
bool lbx_smtp_session_in_body(struct lbx_smtp_session *session);
bool lbx_smtp_session_is_open(struct lbx_smtp_session *session); /* it has a connection */
void lbx_smtp_session_reset(struct lbx_smtp_session *session);

/* How a session ended. */
struct lbx_smtp_end {
    /* Taken, and none of its body sent: it may go elsewhere. Its result says why. NULL: none. */
    struct lbx_smtp_message *left;
    /* The session worked before, and broke off before the server had said anything to left. */
    bool left_unheard;
    bool failed; /* the relay, rather than any message, was at fault; why then says what was */
    struct lbx_smtp_result why;
};

/* Sends first and then what the source has, in this order. Every message but left is done. Messages
 * with an address that lbx_smtp_address_check refuses never reach the server. */
struct lbx_smtp_end lbx_smtp_session_run(const struct lbx_smtp *smtp,
                                         struct lbx_smtp_session *session,
                                         struct lbx_smtp_message *first,
                                         const struct lbx_smtp_source *source);

/* Why an address cannot be used in an envelope or header: lbx_email_check, of a text that may be
 * NULL. */
const char *lbx_smtp_address_check(const char *address);

#endif
