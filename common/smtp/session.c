/* One session after the other with a relay: messages are taken one by one, each has its verdict before the next. */
#include "smtp/line.h"
#include "smtp/relay.h"
#include "smtp/reply.h"
#include "smtp/tls.h"
#include "smtp/verdict.h"
#include "smtp/watch.h"

#include <openssl/err.h>

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_MAX_SMTP = 998, /* RFC 5321 4.5.3.1.6 */
    SESSION_MAILS = 500, /* Exim's limit is 1,000 */
    FINAL_PATIENCE = 5,  /* see timeout_ms */
};

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
    struct lbx_smtp_watch watch;
};

/* For the message the session left without a verdict. */
static void why_undone(const struct session *session, struct lbx_smtp_result *ret_result) {
    int error = smtp_errno();
    int code = atoi(session->watch.last);
    bool bad_code = code >= 400 && code <= 599;
    const char *words, *more = NULL;
    char text[128] = "";
    if (session->watch.problem) {
        words = session->watch.problem;
        more = bad_code ? session->watch.last : NULL;
    } else if (lbx_smtp_certificate_error != X509_V_OK) {
        words = "the server's certificate is refused";
        more = X509_verify_cert_error_string(lbx_smtp_certificate_error);
    } else if (bad_code) {
        lbx_smtp_reply_line(ret_result, session->watch.last);
        return;
    } else if (session->watch.starttls_sent && !session->watch.tls_on) {
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
    const char *end = bytes + len;
    if (len < 2 || len > INT_MAX || memcmp(end - 2, "\r\n", 2) != 0)
        return "it does not end in CRLF";
    for (const char *line = bytes, *next; line < end; line = next) {
        next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
        const size_t line_len = (size_t)(next - line);
        const char *cr = memchr(line, '\r', line_len);
        if (!cr || cr + 2 != next || memchr(line, '\0', line_len))
            return "a NUL, or a CR or LF alone";
        if (line_len > LINE_MAX_SMTP + 2)
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
    struct session *session = envelope->session;
    (void)context;
    if (!len) {
        envelope->read = false;
        envelope->body_begun = true;
        lbx_smtp_line_set_in_body(session->line, true);
        lbx_dial_gather(&session->dial);
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
    if (session->over || session->watch.problem)
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
    if (!lbx_smtp_verdict(e->message, e->recipient, &e->ours->result))
        return;
    if (e->ours->result.code == 421 || lbx_smtp_about_session(e->ours->result.code)) {
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
    lbx_smtp_line_set_in_body(session->line, false);
    if (!lbx_smtp_verdict(e->message, e->recipient, &e->ours->result))
        lbx_smtp_verdict_unclear(e->message, &e->ours->result);
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
        lbx_smtp_line_open(session->line, session->dial.fd);
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
        session->watch.tls_on = true;
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
    if (problem && !session->watch.problem)
        session->watch.problem = problem;
}

/* PLAIN and LOGIN ask for both in clear; NTLM for a domain; CRAM-MD5 for a password not sent. */
static int on_credentials(auth_client_request_t request, char **result, int fields, void *arg) {
    const struct session *session = arg;
    if (!session->watch.tls_on)
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
           smtp_set_monitorcb(handle, lbx_smtp_watch_bytes, &session->watch, 0) &&
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
    const char *why = lbx_smtp_line_cut_why(session->line);
    if (why)
        session->watch.problem = why;
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
                 .cancel_fd = lbx_smtp_line_cancel_fd(line),
                 .fd = -1},
        .watch = {.timeout_ms = smtp->timeout_ms, .wants_user = smtp->url.user[0]},
    };
    session.watch.dial = &session.dial;
    auth_context_t auth = smtp->url.user[0] ? auth_create_context() : NULL;
    if (!prepare(&session, auth) || !add(&session, first))
        abort(); /* out of memory, or our own mistake */

    lbx_smtp_certificate_error = X509_V_OK;
    ERR_clear_error(); /* a stale entry would be taken for this session's */
    lbx_dial = &session.dial;
    (void)smtp_start_session(
        session.handle); /* 1 says that there was a session, not what became of it */
    lbx_dial = NULL;

    conclude(&session, end);
    lbx_smtp_line_close(line);
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
