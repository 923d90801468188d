/* Mail transfer to one relay (RFC 5321): the only place that knows libesmtp.
 *
 * A relay is made once from its settings and may then be used by several threads at a time; each
 * call of lbx_smtp_send is one SMTP session and carries any number of messages. It blocks: name
 * lookup has no bound but the resolver's own, everything after it those of struct lbx_smtp_config.
 * The process ignores SIGPIPE. Three outcomes per message, and in doubt temporary.
 */
#ifndef LBX_IO_SMTP_H
#define LBX_IO_SMTP_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stddef.h>

enum {
    LBX_SMTP_ADDRESS_MAX = 254, /* RFC 5321 4.5.3.1, a path without its angle brackets */
    LBX_SMTP_REPLY_SIZE = 513,
    LBX_SMTP_WHY_SIZE = 256,
    LBX_SMTP_ENHANCED_SIZE = 36, /* "5.999.999", with room for any three ints */
};

struct lbx_smtp_config {
    /* smtp://[user@]host[:port][?tls=required|off]. Port 587 unless given; user is percent-decoded.
     *
     * tls=required: STARTTLS (RFC 3207) with a certificate valid for host, or nothing is sent. This
     * is the default, save for a loopback host. tls=off: no TLS even if offered, and no user. */
    const char *url;
    const char *password; /* with a user, who authenticates by SASL and only under TLS; else NULL */
    const char *ca_file;  /* PEM; NULL: the system's */
    int connect_timeout_ms; /* for each address of the host; 0: 10 s */
    int timeout_ms;         /* for each reply, and for the peer to take what is sent; 0: 60 s */
};

struct lbx_smtp;

/* LBX_ERR_INVALID: a bad URL, a password without a user or the reverse, an unreadable CA file;
 * LBX_ERR_INTERNAL: the program was linked without exporting connect() (see nodelay.h). Both write
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
};

struct lbx_smtp_message {
    const char *from, *to; /* envelope addresses, bare */
    const char *bytes;     /* headers and body, lines end in CRLF, none longer than 998 bytes */
    size_t len;
    struct lbx_smtp_result result; /* filled by lbx_smtp_send */
};

/* Sends the messages in their order, in one session, and fills every result. Messages with an
 * address that lbx_smtp_address_check refuses never reach the server. */
void lbx_smtp_send(const struct lbx_smtp *smtp, struct lbx_smtp_message *messages, size_t count);

/* Why an address cannot be used in an envelope or header, in a few static words, or NULL where it
 * can: local part a dot-atom of at most 64 ASCII characters, domain of LDH labels, at most 254 in
 * all. */
const char *lbx_smtp_address_check(const char *address);

#endif
