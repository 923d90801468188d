#include "io/smtp.h"

#include "base/clock.h"
#include "base/email.h"
#include "io/dial.h"
#include "io/smtp_reply.h"
#include "io/smtp_url.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* libesmtp.h declares smtp_starttls_set_ctx only after openssl/ssl.h, smtp_auth_set_context only
 * after auth-client.h. */
#include <auth-client.h>
#include <libesmtp.h>

#include <arpa/inet.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_TIMEOUT_MS = 10 * 1000,
    TIMEOUT_MS = 60 * 1000,
    CREDENTIAL_MAX = 255, /* libesmtp's PLAIN copies them into a buffer of that size, unchecked */
    LINE_MAX_SMTP = 998,  /* RFC 5321 4.5.3.1.6 */
    SESSION_MAILS = 500,  /* Exim's limit is 1,000 */
    FINAL_PATIENCE = 5,   /* see timeout_ms */
};

struct lbx_smtp {
    struct lbx_smtp_url url;
    char password[CREDENTIAL_MAX + 1];
    char hostname[HOST_NAME_MAX + 1];                        /* what EHLO says we are */
    char name[sizeof(((struct lbx_smtp_url *)0)->host) + 8]; /* host:port */
    int connect_timeout_ms, timeout_ms;
    SSL_CTX *tls; /* NULL: no TLS */
};

/* ---- addresses ---- */

const char *lbx_smtp_address_check(const char *address) {
    return lbx_email_check(address ? address : "", address ? strlen(address) : 0);
}

/* ---- a relay ---- */

static enum lbx_err bad(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static enum lbx_err bad(char *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, LBX_SMTP_WHY_SIZE, format, args);
    va_end(args);
    return LBX_ERR_INVALID;
}

/* What the chain's check found wrong, for the result's words. */
static _Thread_local long certificate_error;

static int on_certificate(int ok, X509_STORE_CTX *store) {
    if (!ok)
        certificate_error = X509_STORE_CTX_get_error(store);
    return ok;
}

/* One context for all sessions: libesmtp's own is freed by its first session and used by the
 * second. TLS 1.2 because its polling loop can wait for ever under 1.3. */
static SSL_CTX *tls_new(const char *host, const char *ca_file) {
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        return NULL;
    X509_VERIFY_PARAM *verify = SSL_CTX_get0_param(tls);
    struct in_addr ip;
    bool is_ip = inet_pton(AF_INET, host, &ip) == 1;
    bool made = SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
                SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION) == 1 &&
                (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(verify, host)
                       : X509_VERIFY_PARAM_set1_host(verify, host, 0)) == 1 &&
                (ca_file ? SSL_CTX_load_verify_file(tls, ca_file)
                         : SSL_CTX_set_default_verify_paths(tls)) == 1;
    if (!made) {
        SSL_CTX_free(tls);
        return NULL;
    }
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, on_certificate);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return tls;
}

/* libesmtp looks for a client certificate below $XDG_CONFIG_DIR, else $HOME/.config, refuses TLS where
 * it may not look, and frees one it finds once too often. There is none here. Before main, because
 * setenv and threads do not go together. */
__attribute__((constructor)) static void no_client_certificate(void) {
    if (setenv("XDG_CONFIG_DIR", "/nonexistent", 1) != 0)
        abort();
}

enum lbx_err lbx_smtp_new(const struct lbx_smtp_config *config, struct lbx_smtp **ret_smtp,
                          char ret_why[LBX_SMTP_WHY_SIZE]) {
    struct lbx_smtp_url url;
    enum lbx_err err = lbx_smtp_url_parse(config->url, &url, ret_why);
    if (err)
        return err;
    const char *password = config->password ? config->password : "";
    if (url.user[0] && !password[0])
        return bad(ret_why, "a user without a password");
    if (!url.user[0] && password[0])
        return bad(ret_why, "a password without a user in the URL");
    if (strlen(password) > CREDENTIAL_MAX)
        return bad(ret_why, "a password longer than %d bytes", CREDENTIAL_MAX);
    if (!lbx_dial_exported()) {
        (void)bad(ret_why,
                  "this program does not export its connect() and getaddrinfo() to libraries");
        return LBX_ERR_INTERNAL;
    }

    struct lbx_smtp *smtp = calloc(1, sizeof *smtp);
    if (!smtp)
        abort();
    smtp->url = url;
    (void)snprintf(smtp->name, sizeof smtp->name, "%s:%u", url.host, url.port);
    strcpy(smtp->password, password);
    smtp->connect_timeout_ms =
        config->connect_timeout_ms ? config->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    smtp->timeout_ms = config->timeout_ms ? config->timeout_ms : TIMEOUT_MS;
    if (gethostname(smtp->hostname, sizeof smtp->hostname - 1) != 0 ||
        !lbx_email_domain_valid(smtp->hostname, strlen(smtp->hostname)))
        strcpy(smtp->hostname, "localhost");
    if (url.tls) {
        smtp->tls = tls_new(url.host, config->ca_file);
        if (!smtp->tls) {
            lbx_smtp_free(smtp);
            return bad(ret_why, "cannot read the CA certificates of %s",
                       config->ca_file ? config->ca_file : "this system");
        }
    }
    *ret_smtp = smtp;
    return LBX_OK;
}

void lbx_smtp_free(struct lbx_smtp *smtp) {
    if (!smtp)
        return;
    SSL_CTX_free(smtp->tls);
    OPENSSL_cleanse(smtp->password, sizeof smtp->password);
    free(smtp);
}

/* ---- a line ---- */

struct lbx_smtp_line {
    pthread_mutex_t lock;
    int fd;        /* the connection, by a descriptor that libesmtp does not close; -1: none */
    int cancel_fd; /* readable once cut */
    const char *cut;
    bool in_body;
};

struct lbx_smtp_line *lbx_smtp_line_new(void) {
    struct lbx_smtp_line *line = calloc(1, sizeof *line);
    if (!line || pthread_mutex_init(&line->lock, NULL) != 0)
        abort();
    line->fd = -1;
    line->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return line;
}

void lbx_smtp_line_free(struct lbx_smtp_line *line) {
    if (!line)
        return;
    if (line->cancel_fd >= 0)
        (void)close(line->cancel_fd);
    (void)pthread_mutex_destroy(&line->lock);
    free(line);
}

bool lbx_smtp_line_cut(struct lbx_smtp_line *line, const char *why, bool even_in_body) {
    pthread_mutex_lock(&line->lock);
    bool may = !line->in_body || even_in_body;
    if (may && !line->cut) {
        const uint64_t one = 1;
        line->cut = why;
        (void)!write(line->cancel_fd, &one, sizeof one);
        if (line->fd >= 0)
            (void)shutdown(line->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&line->lock);
    return may;
}

static const char *cut_why(struct lbx_smtp_line *line) {
    pthread_mutex_lock(&line->lock);
    const char *why = line->cut;
    pthread_mutex_unlock(&line->lock);
    return why;
}

bool lbx_smtp_line_is_cut(struct lbx_smtp_line *line) {
    return cut_why(line) != NULL;
}

bool lbx_smtp_line_in_body(struct lbx_smtp_line *line) {
    pthread_mutex_lock(&line->lock);
    bool is = line->in_body;
    pthread_mutex_unlock(&line->lock);
    return is;
}

void lbx_smtp_line_mend(struct lbx_smtp_line *line) {
    uint64_t count;
    pthread_mutex_lock(&line->lock);
    line->cut = NULL;
    (void)!read(line->cancel_fd, &count, sizeof count);
    pthread_mutex_unlock(&line->lock);
}

static void line_open(struct lbx_smtp_line *line, int fd) {
    pthread_mutex_lock(&line->lock);
    if (line->fd >= 0)
        (void)close(line->fd);
    line->fd = dup(fd);
    if (line->cut)
        (void)shutdown(fd, SHUT_RDWR);
    pthread_mutex_unlock(&line->lock);
}

static void line_close(struct lbx_smtp_line *line) {
    pthread_mutex_lock(&line->lock);
    if (line->fd >= 0)
        (void)close(line->fd);
    line->fd = -1;
    line->in_body = false;
    pthread_mutex_unlock(&line->lock);
}

static void set_in_body(struct lbx_smtp_line *line, bool is) {
    pthread_mutex_lock(&line->lock);
    line->in_body = is;
    pthread_mutex_unlock(&line->lock);
}

/* ---- a session ---- */

/* libesmtp keeps all messages until the session is destroyed, so these stay as well; `ours` only until it
 * is done. */
struct envelope {
    smtp_message_t message;
    smtp_recipient_t recipient;
    struct lbx_smtp_message *ours;
    bool body_begun, read; /* libesmtp asked for the bytes; has taken them */
    struct envelope *before;
    struct session *session;
};

struct session {
    const struct lbx_smtp *smtp;
    struct lbx_smtp_line *line;
    const struct lbx_smtp_source *source;
    smtp_session_t handle;
    struct envelope *newest, *open; /* open: the one message that is not done */
    size_t count;
    bool heard;      /* the server answered MAIL of the open one */
    bool over;       /* nothing more is taken: the source is empty, or the relay at fault */
    bool renew;      /* the source may have more, for another session */
    bool refused_us; /* the relay, in its answer to the open one */
    struct lbx_dial dial;
    const char *problem; /* why we ended it, or a static word of what libesmtp told; NULL: none */
    bool tls_on, authenticated;
    bool ehlo_sent; /* and its reply not yet read */
    bool starttls_sent, quit_sent;
    char line_read[LBX_SMTP_REPLY_SIZE]; /* the reply line being read */
    size_t line_len;
    char last[LBX_SMTP_REPLY_SIZE]; /* the last whole one before QUIT */
    int64_t line_since_us;          /* when the reply being read began to come; 0: none is */
};

/* ---- watching the bytes ---- */

/* Ends the connection under libesmtp's hands: whatever it does next fails. */
static void cut(struct session *session, const char *problem) {
    if (!session->problem)
        session->problem = problem;
    if (session->dial.fd >= 0)
        (void)shutdown(session->dial.fd, SHUT_RDWR);
}

static bool ends_with(const char *bytes, size_t len, const char *end) {
    size_t n = strlen(end);
    return len >= n && memcmp(bytes + len - n, end, n) == 0;
}

static void on_written(struct session *session, const char *bytes, size_t len) {
    session->ehlo_sent = len >= 5 && memcmp(bytes, "EHLO ", 5) == 0;
    if (ends_with(bytes, len, "STARTTLS\r\n"))
        session->starttls_sent = true;
    if (ends_with(bytes, len, "QUIT\r\n"))
        session->quit_sent = true;
    /* Where no mechanism succeeds libesmtp goes on without: the server would then call every
     * recipient a relaying attempt, for good. */
    if (len >= 5 && memcmp(bytes, "MAIL ", 5) == 0 && session->smtp->url.user[0] &&
        !session->authenticated)
        cut(session, "the server did not accept user and password");
}

static void on_line(struct session *session, bool more_follows) {
    const char *line = session->line_read;
    session->line_len = 0;
    bool final = strlen(line) < 4 || line[3] != '-';
    if (!final || session->quit_sent)
        return;
    session->line_since_us = 0;
    memcpy(session->last, line, sizeof session->last);
    if (strncmp(line, "235", 3) == 0)
        session->authenticated = session->tls_on;
    /* What came in clear together with the answer to STARTTLS would be read as if it came under TLS
     * (CVE-2011-0411 seen from the client): forged replies, up to a forged 250. */
    if (session->starttls_sent && !session->tls_on && more_follows)
        cut(session, "clear text after the answer to STARTTLS: someone is in between");
}

/* Hides CHUNKING (RFC 3030) from libesmtp, which with PIPELINING would have three commands under way
 * and, the connection lost at the first of their replies, read the others in the state -1: it jumps to
 * whatever stands before its table. No other keyword that it knows begins with C. */
static char hide_chunking(const struct session *session, char c) {
    bool keyword =
        session->ehlo_sent && session->line_len == 4 && memcmp(session->line_read, "250", 3) == 0;
    return keyword && (c == 'C' || c == 'c') ? 'X' : c;
}

/* bytes is libesmtp's own buffer, before it reads it. */
static void on_read(struct session *session, char *bytes, size_t len) {
    const int64_t now_us = lbx_monotonic_us();
    if (!session->line_since_us)
        session->line_since_us = now_us;
    /* libesmtp's timeout begins anew with each byte. */
    if (now_us - session->line_since_us > session->smtp->timeout_ms * LBX_MS_US)
        cut(session, "the reply did not come to its end in time");
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n') {
            session->line_read[session->line_len] = '\0';
            on_line(session, i + 1 < len);
        } else if (session->line_len + 1 < sizeof session->line_read) {
            bytes[i] = hide_chunking(session, bytes[i]);
            session->line_read[session->line_len++] = bytes[i];
        }
    }
}

static void on_bytes(const char *bytes, int len, int writing, void *arg) {
    if (len <= 0)
        return;
    if (writing)
        on_written(arg, bytes, (size_t)len);
    else
        on_read(arg, (char *)bytes, (size_t)len);
}

/* ---- what becomes of a message ---- */

/* 5xx that are about this session, not this mail: not now, not without TLS or password, not here. */
static bool about_session(int code) {
    static const int codes[] = {503, 521, 530, 534, 535, 538};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (code == codes[i])
            return true;
    return false;
}

/* Whether a reply was understood: libesmtp leaves the code without text where it was not. A reply that
 * the connection's end cut off behind its code counts: the server had decided. */
static bool understood(const smtp_status_t *status) {
    return status && status->text;
}

static void set_status(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome,
                       const smtp_status_t *status) {
    const struct lbx_smtp_reply reply = {
        .code = status->code,
        .enhanced = {status->enh_class, status->enh_subject, status->enh_detail},
        .text = status->text,
    };
    lbx_smtp_reply_set(result, outcome, &reply);
}

/* Whether a reply ends the message's story; if so, result says how. */
static bool refused(const smtp_status_t *status, bool to_rcpt, struct lbx_smtp_result *result) {
    if (!understood(status) || status->code < 400 || status->code > 599)
        return false;
    /* RFC 5321 4.5.3.1.10: 552 to RCPT is an old 452. */
    bool final =
        status->code >= 500 && !about_session(status->code) && !(to_rcpt && status->code == 552);
    set_status(result, final ? LBX_SMTP_PERMANENT : LBX_SMTP_TEMPORARY, status);
    return true;
}

static bool verdict(const struct envelope *envelope, struct lbx_smtp_result *result) {
    const smtp_status_t *data = smtp_message_transfer_status(envelope->message);
    if (refused(smtp_reverse_path_status(envelope->message), false, result) ||
        refused(smtp_recipient_status(envelope->recipient), true, result) ||
        refused(data, false, result))
        return true;
    /* "complete" is set by nothing but the reply to the message itself. */
    if (!understood(data) || data->code != 250 ||
        !smtp_recipient_check_complete(envelope->recipient))
        return false;
    set_status(result, LBX_SMTP_DELIVERED, data);
    return true;
}

/* For the message the session left without a verdict. */
static void why_undone(const struct session *session, struct lbx_smtp_result *ret_result) {
    int error = smtp_errno();
    int code = atoi(session->last);
    bool bad_code = code >= 400 && code <= 599;
    const char *words, *more = NULL;
    char text[128] = "";
    if (session->problem) {
        words = session->problem;
        more = bad_code ? session->last : NULL;
    } else if (certificate_error != X509_V_OK) {
        words = "the server's certificate is refused";
        more = X509_verify_cert_error_string(certificate_error);
    } else if (bad_code) {
        lbx_smtp_reply_line(ret_result, session->last);
        return;
    } else if (session->starttls_sent && !session->tls_on) {
        unsigned long tls_error = ERR_peek_last_error();
        words = "no TLS with the server";
        more = tls_error ? ERR_reason_error_string(tls_error) : "it ended the connection";
    } else if (session->dial.lookup_timed_out) {
        words = "no connection to the server";
        more = "its address was not found in time";
    } else {
        words = session->dial.fd < 0 ? "no connection to the server" : "the session broke off";
        more = smtp_strerror(error, text, sizeof text);
    }
    lbx_smtp_reply_words(ret_result, LBX_SMTP_TEMPORARY, words, more);
}

/* ---- taking and handing back ---- */

static void done(const struct lbx_smtp_source *source, struct lbx_smtp_message *message) {
    source->done(source->context, message);
}

/* libesmtp stuffs dots only in lines that end in CRLF. */
static const char *bytes_check(const char *bytes, size_t len) {
    size_t line = 0;
    if (len < 2 || len > INT_MAX || !ends_with(bytes, len, "\r\n"))
        return "it does not end in CRLF";
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\0' || (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) ||
            (bytes[i] == '\r' && bytes[i + 1] != '\n'))
            return "a NUL, or a CR or LF alone";
        if (bytes[i] == '\n')
            line = 0;
        else if (++line > LINE_MAX_SMTP + 1)
            return "a line of more than 998 bytes";
    }
    return NULL;
}

static bool sendable(struct lbx_smtp_message *message) {
    const char *why, *words = NULL;
    if ((why = lbx_smtp_address_check(message->to)))
        words = "address refused";
    else if ((why = lbx_smtp_address_check(message->from)))
        words = "sender's address refused";
    else if ((why = bytes_check(message->bytes, message->len)))
        words = "message refused";
    if (why)
        lbx_smtp_reply_words(&message->result, LBX_SMTP_PERMANENT, words, why);
    return !why;
}

/* The message itself, or the first behind it that can be sent; those that cannot are done. */
static struct lbx_smtp_message *first_sendable(const struct lbx_smtp_source *source,
                                               struct lbx_smtp_message *message) {
    for (; message && !sendable(message); message = source->next(source->context))
        done(source, message);
    return message;
}

/* The whole message in one piece; no length asked means from the beginning again. */
static const char *on_message(void **context, int *len, void *arg) {
    struct envelope *envelope = arg;
    (void)context;
    if (!len) {
        envelope->read = false;
        envelope->body_begun = true;
        set_in_body(envelope->session->line, true);
        return NULL;
    }
    *len = envelope->read ? 0 : (int)envelope->ours->len;
    envelope->read = true;
    return envelope->ours->bytes;
}

static bool add(struct session *session, struct lbx_smtp_message *message) {
    struct envelope *e = calloc(1, sizeof *e);
    if (!e)
        return false;
    *e = (struct envelope){.ours = message, .before = session->newest, .session = session};
    session->newest = session->open = e;
    session->heard = false;
    session->count++;
    return (e->message = smtp_add_message(session->handle)) &&
           smtp_set_reverse_path(e->message, message->from) &&
           (e->recipient = smtp_add_recipient(e->message, message->to)) &&
           smtp_set_messagecb(e->message, on_message, e) &&
           smtp_size_set_estimate(e->message, message->len);
}

/* Takes the next message into the running session. libesmtp looks for one behind the callback that says
 * how the one before ended. */
static void take_next(struct session *session) {
    if (session->over || session->problem)
        return;
    if (session->count >= SESSION_MAILS) {
        session->renew = true;
        return;
    }
    const struct lbx_smtp_source *source = session->source;
    struct lbx_smtp_message *message = first_sendable(source, source->next(source->context));
    session->over = !message;
    if (message && !add(session, message))
        abort(); /* out of memory, or our own mistake */
}

static void finish_open(struct session *session) {
    struct lbx_smtp_message *message = session->open->ours;
    message->result.relay = session->smtp->name;
    session->open->ours = NULL;
    session->open = NULL;
    done(session->source, message);
}

/* A refused MAIL or RCPT. Where the relay refuses us rather than the mail, the mail may go elsewhere. */
static void on_envelope_status(struct session *session) {
    struct envelope *e = session->open;
    session->heard = true;
    if (!verdict(e, &e->ours->result))
        return;
    if (e->ours->result.code == 421 || about_session(e->ours->result.code)) {
        session->over = session->refused_us = true;
        return;
    }
    finish_open(session);
    take_next(session);
}

/* After the final dot, or after DATA was refused: then libesmtp has already looked for a next message. */
static void on_message_status(struct session *session) {
    struct envelope *e = session->open;
    const bool body_begun = e->body_begun;
    set_in_body(session->line, false);
    if (!verdict(e, &e->ours->result))
        set_status(&e->ours->result, LBX_SMTP_TEMPORARY, smtp_message_transfer_status(e->message));
    finish_open(session);
    if (body_begun)
        take_next(session);
    else
        session->renew = !session->over;
}

static void on_event(smtp_session_t handle, int event, void *arg, ...) {
    struct session *session = arg;
    const char *problem = NULL;
    smtp_message_t message;
    smtp_recipient_t recipient;
    va_list args;
    (void)handle;
    va_start(args, arg);
    switch (event) {
    case SMTP_EV_CONNECT:
        line_open(session->line, session->dial.fd);
        break;
    case SMTP_EV_MAILSTATUS:
        (void)va_arg(args, const char *);
        message = va_arg(args, smtp_message_t);
        if (session->open && session->open->message == message)
            on_envelope_status(session);
        break;
    case SMTP_EV_RCPTSTATUS:
        (void)va_arg(args, const char *);
        recipient = va_arg(args, smtp_recipient_t);
        if (session->open && session->open->recipient == recipient)
            on_envelope_status(session);
        break;
    case SMTP_EV_MESSAGESENT:
        message = va_arg(args, smtp_message_t);
        if (session->open && session->open->message == message && !session->refused_us)
            on_message_status(session);
        break;
    case SMTP_EV_STARTTLS_OK:
        session->tls_on = true;
        break;
    case SMTP_EV_WRONG_PEER_CERTIFICATE:
        /* libesmtp compares with the DNS canonical name. The handshake has already compared with
         * the configured one, or it would have failed. */
        *va_arg(args, int *) = 1;
        break;
    case SMTP_EV_EXTNA_STARTTLS:
        problem = "the server does not offer STARTTLS, and tls=required";
        break;
    case SMTP_EV_INVALID_PEER_CERTIFICATE:
        problem = "the server's certificate is not valid";
        break;
    case SMTP_EV_NO_PEER_CERTIFICATE:
        problem = "the server has no certificate";
        break;
    case SMTP_EV_WEAK_CIPHER:
        problem = "the server wants a weak cipher";
        break;
    default: /* an int of the library's, not an enum of ours */
        break;
    }
    va_end(args);
    if (problem && !session->problem)
        session->problem = problem;
}

/* PLAIN and LOGIN ask for both in clear; NTLM for a domain; CRAM-MD5 for a password not sent. */
static int on_credentials(auth_client_request_t request, char **result, int fields, void *arg) {
    const struct session *session = arg;
    if (!session->tls_on)
        return 0;
    for (int i = 0; i < fields; i++) {
        if (request[i].flags == (AUTH_CLEARTEXT | AUTH_USER))
            result[i] = (char *)session->smtp->url.user;
        else if (request[i].flags == (AUTH_CLEARTEXT | AUTH_PASS))
            result[i] = (char *)session->smtp->password;
        else
            return 0;
    }
    return 1;
}

/* ---- running ---- */

static bool set_timeouts(smtp_session_t handle, int timeout_ms) {
    static const struct {
        int which, patience;
    } timeouts[] = {
        {Timeout_GREETING, 1}, {Timeout_ENVELOPE, 1},           {Timeout_DATA, 1},
        {Timeout_TRANSFER, 1}, {Timeout_DATA2, FINAL_PATIENCE},
    };
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++)
        if (smtp_set_timeout(handle, timeouts[i].which | Timeout_OVERRIDE_RFC2822_MINIMUM,
                             (long)timeout_ms * timeouts[i].patience) <= 0)
            return false;
    return true;
}

static bool prepare(struct session *session, auth_context_t auth) {
    const struct lbx_smtp *smtp = session->smtp;
    smtp_session_t handle = session->handle;
    return handle && (auth || !smtp->url.user[0]) && smtp_set_server(handle, smtp->name) &&
           smtp_set_hostname(handle, smtp->hostname) &&
           smtp_set_eventcb(handle, on_event, session) &&
           smtp_set_monitorcb(handle, on_bytes, session, 0) &&
           smtp_starttls_enable(handle, smtp->tls ? Starttls_REQUIRED : Starttls_DISABLED) &&
           (!smtp->tls || smtp_starttls_set_ctx(handle, smtp->tls)) &&
           set_timeouts(handle, smtp->timeout_ms) &&
           (!auth || (auth_set_mechanism_flags(auth, AUTH_PLUGIN_PLAIN, 0) &&
                      auth_set_interact_cb(auth, on_credentials, session) &&
                      smtp_auth_set_context(handle, auth)));
}

static void conclude(struct session *session, struct lbx_smtp_end *end) {
    if (!session->open)
        return;
    struct lbx_smtp_message *message = session->open->ours;
    const char *why = cut_why(session->line);
    if (why)
        session->problem = why;
    if (!session->refused_us)
        why_undone(session, &message->result);
    message->result.relay = session->smtp->name;
    end->failed = true;
    end->why = message->result;
    if (session->open->body_begun) {
        finish_open(session);
        return;
    }
    end->left = message;
    end->left_unheard = !session->heard && session->count > 1;
}

/* One connection. Whether the source may have more, for another one. */
static bool run(const struct lbx_smtp *smtp, struct lbx_smtp_line *line,
                struct lbx_smtp_message *first, const struct lbx_smtp_source *source,
                struct lbx_smtp_end *end) {
    struct session session = {
        .smtp = smtp,
        .line = line,
        .source = source,
        .handle = smtp_create_session(),
        .dial = {.lookup_timeout_ms = smtp->connect_timeout_ms,
                 .connect_timeout_ms = smtp->connect_timeout_ms,
                 .stall_timeout_ms = smtp->timeout_ms,
                 .cancel_fd = line->cancel_fd,
                 .fd = -1},
    };
    auth_context_t auth = smtp->url.user[0] ? auth_create_context() : NULL;
    if (!prepare(&session, auth) || !add(&session, first))
        abort(); /* out of memory, or our own mistake */

    certificate_error = X509_V_OK;
    ERR_clear_error(); /* a stale entry would be taken for this session's */
    lbx_dial = &session.dial;
    (void)smtp_start_session(
        session.handle); /* 1 says that there was a session, not what became of it */
    lbx_dial = NULL;

    conclude(&session, end);
    line_close(line);
    smtp_destroy_session(session.handle);
    if (auth)
        auth_destroy_context(auth); /* only after its session */
    ERR_clear_error();
    for (struct envelope *e = session.newest, *before; e; e = before) {
        before = e->before;
        free(e);
    }
    return session.renew && !end->failed;
}

struct lbx_smtp_end lbx_smtp_session(const struct lbx_smtp *smtp, struct lbx_smtp_line *line,
                                     struct lbx_smtp_message *first,
                                     const struct lbx_smtp_source *source) {
    struct lbx_smtp_end end = {0};
    while ((first = first_sendable(source, first)) && run(smtp, line, first, source, &end))
        first = source->next(source->context);
    return end;
}
