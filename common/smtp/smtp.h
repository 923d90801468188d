/* Sends mail to one relay (RFC 5321), by libesmtp, which no other folder uses.
 *
 * A relay is made once of its settings, and may be used by several threads at a time. A session
 * sends any number of messages, which it takes one by one. It blocks within the bounds of struct
 * lbx_smtp_config; another thread may cut it. The process must ignore SIGPIPE. A message has one
 * of three outcomes, in doubt temporary. */
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
    /* smtp://[user@]host[:port][?tls=required|off]. Default port 587; user is percent-decoded.
     * smtps://[user@]host[:port]: TLS from the first byte. Default port 465.
     *
     * tls=required: STARTTLS (RFC 3207) with a certificate valid for host, or nothing is sent.
     * It is the default for all but loopback hosts. tls=off: no TLS even if offered; for hosts
     * other than loopback it needs plaintext_too, and no user is allowed. */
    const char *url;
    bool plaintext_too;
    const char *password;   /* set with a user, for SASL; otherwise NULL */
    const char *ca_file;    /* PEM; NULL: the system's authorities */
    int connect_timeout_ms; /* for the name lookup, and for each address; 0: 10 s */
    /* For each reply, and for the peer to read what is sent; 0: 60 s. The reply to the final dot
     * may take five times as long, as a time-out there causes a duplicate (RFC 5321 4.5.3.2.6). */
    int timeout_ms;
};

struct lbx_smtp;

/* Makes a relay. LBX_ERR_INVALID: an invalid URL, a password without a user or the reverse, an
 * unreadable CA file. LBX_ERR_INTERNAL: the program was linked without exporting connect() (see
 * dial.h). Both write the reason into ret_why, one line without the password. */
enum lbx_err lbx_smtp_new(const struct lbx_smtp_config *config, struct lbx_smtp **ret_smtp,
                          char ret_why[LBX_SMTP_WHY_SIZE]) LBX_MUST_CHECK;
void lbx_smtp_free(struct lbx_smtp *smtp);

LBX_DEFINE_CLEANUP(struct lbx_smtp *, smtp, lbx_smtp_free)

enum lbx_smtp_outcome {
    LBX_SMTP_TEMPORARY, /* may be tried again: a 4xx, no connection, no TLS, or an unclear end */
    LBX_SMTP_DELIVERED, /* 250 to the data, and 2xx to RCPT: the server is responsible */
    LBX_SMTP_PERMANENT, /* 5xx to this sender, recipient or message, or an address refused here */
};

struct lbx_smtp_result {
    enum lbx_smtp_outcome outcome;
    int code;                              /* RFC 5321 reply code; 0: no reply */
    char enhanced[LBX_SMTP_ENHANCED_SIZE]; /* RFC 3463 status; "": none */
    char reply[LBX_SMTP_REPLY_SIZE]; /* one harmless line of UTF-8: the server's reply with its
                                        codes, or our own words where it gave none */
    const char *relay;               /* host:port, owned by the relay; NULL: no relay replied */
};

struct lbx_smtp_message {
    const char *from, *to; /* envelope addresses, without names */
    const char *bytes;     /* header and body, lines of at most 998 bytes that end in CRLF */
    size_t len;
    struct lbx_smtp_result result; /* set before done */
};

/* The source of a session's messages. Both functions are called on the session's thread. */
struct lbx_smtp_source {
    /* Returns the next message; NULL ends the session. It may block, while the server waits. */
    struct lbx_smtp_message *(*next)(void *context);
    /* Returns a message to the caller, with its result set. */
    void (*done)(void *context, struct lbx_smtp_message *message);
    void *context;
};

/* A session with a relay, or several one after the other, as other threads see it. */
struct lbx_smtp_session;

struct lbx_smtp_session *lbx_smtp_session_new(void);
void lbx_smtp_session_free(struct lbx_smtp_session *session);

/* Ends the session, and later ones until lbx_smtp_session_reset. why: static words. While a
 * message's body is being sent, which makes its result unclear, only if even_in_body. Returns
 * whether it ended the session. */
bool lbx_smtp_session_cut(struct lbx_smtp_session *session, const char *why, bool even_in_body);
bool lbx_smtp_session_is_cut(struct lbx_smtp_session *session);
bool lbx_smtp_session_in_body(struct lbx_smtp_session *session);
bool lbx_smtp_session_is_open(struct lbx_smtp_session *session); /* it has a connection */
void lbx_smtp_session_reset(struct lbx_smtp_session *session);

/* The end of a session. */
struct lbx_smtp_end {
    /* A message of which no body was sent, for another relay; its result says why. NULL: none. */
    struct lbx_smtp_message *left;
    /* The session worked before, and broke off before the server replied to `left`. */
    bool left_unheard;
    bool failed; /* the relay failed, rather than a message; why has the reason */
    struct lbx_smtp_result why;
};

/* Sends `first`, then the source's messages, in this order. Each message but `left` is done. A
 * message with an address that lbx_smtp_address_check refuses does not reach the server. */
struct lbx_smtp_end lbx_smtp_session_run(const struct lbx_smtp *smtp,
                                         struct lbx_smtp_session *session,
                                         struct lbx_smtp_message *first,
                                         const struct lbx_smtp_source *source);

/* Why an address cannot be used in an envelope or header: lbx_email_check, for a text that may
 * be NULL. */
const char *lbx_smtp_address_check(const char *address);

#endif
