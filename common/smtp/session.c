/* Sessions with one relay. Promises that messages are taken one by one, and each has its result
 * before the next, or is returned for another relay where none of its body was sent.
 *
 * Fails, where a session breaks off, with a temporary result. HAZARDS.md lists libesmtp's
 * errors. */
#include "smtp/control.h"
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

/* A message. libesmtp keeps its messages until the session is destroyed, so envelopes live as
 * long; `ours` is valid until the message is done. */
struct envelope {
    smtp_message_t message;
    smtp_recipient_t recipient;
    struct lbx_smtp_message *ours;
    bool body_begun, read; /* libesmtp asked for the bytes; took them */
    struct envelope *before;
    struct connection *connection;
};

struct connection {
    const struct lbx_smtp *smtp;
    struct lbx_smtp_session *session;
    const struct lbx_smtp_source *source;
    smtp_session_t handle;
    struct envelope *newest, *open; /* open: the message that is not done */
    size_t count;
    bool heard;      /* the server replied to the open message's MAIL */
    bool over;       /* no further message is taken: the source is empty, or the relay failed */
    bool renew;      /* the source may have more, for another session */
    bool refused_us; /* the reply to the open message is about the session */
    struct lbx_dial dial;
    struct lbx_smtp_watch watch;
};

/* The result of a message for which the connection ended without a reply. */
static void why_undone(const struct connection *connection, struct lbx_smtp_result *ret_result) {
    int error = smtp_errno();
    int code = atoi(connection->watch.last);
    bool bad_code = code >= 400 && code <= 599;
    const char *words, *more = NULL;
    char text[128] = "";
    if (connection->watch.problem) {
        words = connection->watch.problem;
        more = bad_code ? connection->watch.last : NULL;
    } else if (lbx_smtp_certificate_error != X509_V_OK) {
        words = "the server's certificate is refused";
        more = X509_verify_cert_error_string(lbx_smtp_certificate_error);
    } else if (bad_code) {
        lbx_smtp_reply_line(ret_result, connection->watch.last);
        return;
    } else if (connection->dial.implicit.failed ||
               (connection->watch.starttls_sent && !connection->watch.tls_on)) {
        unsigned long tls_error = ERR_peek_last_error();
        words = "no TLS with the server";
        more = tls_error                          ? ERR_reason_error_string(tls_error)
               : connection->dial.implicit.failed ? smtp_strerror(error, text, sizeof text)
                                                  : "it ended the connection";
    } else if (connection->dial.lookup_timed_out) {
        words = "no connection to the server";
        more = "its address was not found in time";
    } else {
        words = connection->dial.fd < 0 ? "no connection to the server" : "the session broke off";
        more = smtp_strerror(error, text, sizeof text);
    }
    lbx_smtp_reply_words(ret_result, LBX_SMTP_TEMPORARY, words, more);
}

/* ---- messages ---- */

static void done(const struct lbx_smtp_source *source, struct lbx_smtp_message *message) {
    source->done(source->context, message);
}

/* Checks a message: libesmtp escapes leading dots only in lines that end in CRLF. */
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

/* Returns the message, or the first later one that can be sent; those before it are done, with a
 * failure. */
static struct lbx_smtp_message *first_sendable(const struct lbx_smtp_source *source,
                                               struct lbx_smtp_message *message) {
    for (; message && !sendable(message); message = source->next(source->context))
        done(source, message);
    return message;
}

/* Gives libesmtp the message's bytes in one piece. Without len, libesmtp asks to start over. */
static const char *on_message(void **context, int *len, void *arg) {
    struct envelope *envelope = arg;
    struct connection *connection = envelope->connection;
    (void)context;
    if (!len) {
        envelope->read = false;
        envelope->body_begun = true;
        lbx_smtp_session_set_in_body(connection->session, true);
        lbx_dial_gather(&connection->dial);
        return NULL;
    }
    *len = envelope->read ? 0 : (int)envelope->ours->len;
    envelope->read = true;
    return envelope->ours->bytes;
}

static bool add(struct connection *connection, struct lbx_smtp_message *message) {
    struct envelope *e = calloc(1, sizeof *e);
    if (!e)
        return false;
    *e = (struct envelope){.ours = message, .before = connection->newest, .connection = connection};
    connection->newest = connection->open = e;
    connection->heard = false;
    connection->count++;
    return (e->message = smtp_add_message(connection->handle)) &&
           smtp_set_reverse_path(e->message, message->from) &&
           (e->recipient = smtp_add_recipient(e->message, message->to)) &&
           smtp_set_messagecb(e->message, on_message, e) &&
           smtp_size_set_estimate(e->message, message->len);
}

/* Adds the next message to the running session: libesmtp looks for one after the callback about
 * the last one's end. */
static void take_next(struct connection *connection) {
    if (connection->over || connection->watch.problem)
        return;
    if (connection->count >= SESSION_MAILS) {
        connection->renew = true;
        return;
    }
    const struct lbx_smtp_source *source = connection->source;
    struct lbx_smtp_message *message = first_sendable(source, source->next(source->context));
    connection->over = !message;
    if (message && !add(connection, message))
        abort(); /* out of memory, or a bug of ours */
}

static void finish_open(struct connection *connection) {
    struct lbx_smtp_message *message = connection->open->ours;
    message->result.relay = connection->smtp->name;
    connection->open->ours = NULL;
    connection->open = NULL;
    done(connection->source, message);
}

/* Handles the reply to MAIL or RCPT. If the relay refuses the session instead of the mail,
 * another relay may take the mail. */
static void on_envelope_status(struct connection *connection) {
    struct envelope *e = connection->open;
    connection->heard = true;
    if (!lbx_smtp_verdict(e->message, e->recipient, &e->ours->result))
        return;
    if (e->ours->result.code == 421 || lbx_smtp_about_session(e->ours->result.code)) {
        connection->over = connection->refused_us = true;
        return;
    }
    finish_open(connection);
    take_next(connection);
}

/* Handles the reply to the final dot, or a refusal of DATA. By then libesmtp has looked for a
 * next message, so the next one needs another connection. */
static void on_message_status(struct connection *connection) {
    struct envelope *e = connection->open;
    const bool body_begun = e->body_begun;
    lbx_smtp_session_set_in_body(connection->session, false);
    if (!lbx_smtp_verdict(e->message, e->recipient, &e->ours->result))
        lbx_smtp_verdict_unclear(e->message, &e->ours->result);
    finish_open(connection);
    if (body_begun)
        take_next(connection);
    else
        connection->renew = !connection->over;
}

/* Events that must end the session, where libesmtp would continue, or end it without a reason. */
static const char *problem_of(int event) {
    switch (event) {
    case SMTP_EV_EXTNA_STARTTLS:
        return "the server does not offer STARTTLS, and tls=required";
    case SMTP_EV_INVALID_PEER_CERTIFICATE:
        return "the server's certificate is not valid";
    case SMTP_EV_NO_PEER_CERTIFICATE:
        return "the server has no certificate";
    case SMTP_EV_WEAK_CIPHER:
        return "the server wants a weak cipher";
    default: /* an int of the library's, not an enum of ours */
        return NULL;
    }
}

static void on_event(smtp_session_t handle, int event, void *arg, ...) {
    struct connection *connection = arg;
    const struct envelope *open = connection->open;
    va_list args;
    (void)handle;
    va_start(args, arg);
    switch (event) {
    case SMTP_EV_CONNECT:
        lbx_smtp_session_opened(connection->session, connection->dial.fd);
        connection->watch.tls_on = connection->dial.implicit.ssl != NULL;
        break;
    case SMTP_EV_MAILSTATUS:
        (void)va_arg(args, const char *);
        if (open && open->message == va_arg(args, smtp_message_t))
            on_envelope_status(connection);
        break;
    case SMTP_EV_RCPTSTATUS:
        (void)va_arg(args, const char *);
        if (open && open->recipient == va_arg(args, smtp_recipient_t))
            on_envelope_status(connection);
        break;
    case SMTP_EV_MESSAGESENT:
        if (open && open->message == va_arg(args, smtp_message_t) && !connection->refused_us)
            on_message_status(connection);
        break;
    case SMTP_EV_STARTTLS_OK:
        connection->watch.tls_on = true;
        break;
    case SMTP_EV_WRONG_PEER_CERTIFICATE:
        /* libesmtp compares with the DNS canonical name. The handshake has already compared with
         * the configured name. */
        *va_arg(args, int *) = 1;
        break;
    default:
        break;
    }
    va_end(args);
    if (!connection->watch.problem)
        connection->watch.problem = problem_of(event);
}

/* Gives user and password to PLAIN and LOGIN only, which send them as they are. NTLM would ask
 * for a domain, CRAM-MD5 for a password to hash. */
static int on_credentials(auth_client_request_t request, char **result, int fields, void *arg) {
    const struct connection *connection = arg;
    if (!connection->watch.tls_on && !connection->watch.in_clear)
        return 0;
    for (int i = 0; i < fields; i++) {
        if (request[i].flags == (AUTH_CLEARTEXT | AUTH_USER))
            result[i] = (char *)connection->smtp->url.user;
        else if (request[i].flags == (AUTH_CLEARTEXT | AUTH_PASS))
            result[i] = (char *)connection->smtp->password;
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

static bool prepare(struct connection *connection, auth_context_t auth) {
    const struct lbx_smtp *smtp = connection->smtp;
    smtp_session_t handle = connection->handle;
    const bool starttls = smtp->tls && !smtp->url.implicit;
    return handle && (auth || !smtp->url.user[0]) && smtp_set_server(handle, smtp->name) &&
           smtp_set_hostname(handle, smtp->hostname) &&
           smtp_set_eventcb(handle, on_event, connection) &&
           smtp_set_monitorcb(handle, lbx_smtp_watch_bytes, &connection->watch, 0) &&
           smtp_starttls_enable(handle, starttls ? Starttls_REQUIRED : Starttls_DISABLED) &&
           (!starttls || smtp_starttls_set_ctx(handle, smtp->tls)) &&
           set_timeouts(handle, smtp->timeout_ms) &&
           (!auth || (auth_set_mechanism_flags(auth, AUTH_PLUGIN_PLAIN, 0) &&
                      auth_set_interact_cb(auth, on_credentials, connection) &&
                      smtp_auth_set_context(handle, auth)));
}

static void conclude(struct connection *connection, struct lbx_smtp_end *end) {
    if (!connection->open)
        return;
    struct lbx_smtp_message *message = connection->open->ours;
    const char *why = lbx_smtp_session_cut_why(connection->session);
    if (why)
        connection->watch.problem = why;
    if (!connection->refused_us)
        why_undone(connection, &message->result);
    message->result.relay = connection->smtp->name;
    end->failed = true;
    end->why = message->result;
    if (connection->open->body_begun) {
        finish_open(connection);
        return;
    }
    end->left = message;
    end->left_unheard = !connection->heard && connection->count > 1;
}

/* Runs one connection. Returns whether the source may have more messages, for another connection. */
static bool run(const struct lbx_smtp *smtp, struct lbx_smtp_session *session,
                struct lbx_smtp_message *first, const struct lbx_smtp_source *source,
                struct lbx_smtp_end *end) {
    struct connection connection = {
        .smtp = smtp,
        .session = session,
        .source = source,
        .handle = smtp_create_session(),
        .dial = {.lookup_timeout_ms = smtp->connect_timeout_ms,
                 .connect_timeout_ms = smtp->connect_timeout_ms,
                 .stall_timeout_ms = smtp->timeout_ms,
                 .cancel_fd = lbx_smtp_session_cancel_fd(session),
                 .fd = -1,
                 .implicit = {.context = smtp->url.implicit ? smtp->tls : NULL,
                              .host = smtp->url.host}},
        .watch = {.timeout_ms = smtp->timeout_ms,
                  .wants_user = smtp->url.user[0],
                  .in_clear = !smtp->tls},
    };
    connection.watch.dial = &connection.dial;
    auth_context_t auth = smtp->url.user[0] ? auth_create_context() : NULL;
    if (!prepare(&connection, auth) || !add(&connection, first))
        abort(); /* out of memory, or a bug of ours */

    lbx_smtp_certificate_error = X509_V_OK;
    ERR_clear_error(); /* a stale error would be taken for this session's */
    lbx_dial = &connection.dial;
    (void)smtp_start_session(
        connection.handle); /* 1 means that there was a session, not that it succeeded */
    lbx_dial = NULL;

    conclude(&connection, end);
    lbx_implicit_end(&connection.dial.implicit);
    lbx_smtp_session_closed(session);
    smtp_destroy_session(connection.handle);
    if (auth)
        auth_destroy_context(auth); /* must follow the session's end */
    ERR_clear_error();
    for (struct envelope *e = connection.newest, *before; e; e = before) {
        before = e->before;
        free(e);
    }
    return connection.renew && !end->failed;
}

struct lbx_smtp_end lbx_smtp_session_run(const struct lbx_smtp *smtp,
                                         struct lbx_smtp_session *session,
                                         struct lbx_smtp_message *first,
                                         const struct lbx_smtp_source *source) {
    struct lbx_smtp_end end = {0};
    while ((first = first_sendable(source, first)) && run(smtp, session, first, source, &end))
        first = source->next(source->context);
    return end;
}
