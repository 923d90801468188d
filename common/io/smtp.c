#include "io/smtp.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "io/nodelay.h"
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
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_TIMEOUT_MS = 10 * 1000,
    TIMEOUT_MS = 60 * 1000,
    CREDENTIAL_MAX = 255, /* libesmtp's PLAIN copies them into a buffer of that size, unchecked */
    LINE_MAX_SMTP = 998,  /* RFC 5321 4.5.3.1.6 */
};

struct lbx_smtp {
    struct lbx_smtp_url url;
    char password[CREDENTIAL_MAX + 1];
    char hostname[HOST_NAME_MAX + 1]; /* what EHLO says we are */
    int connect_timeout_ms, timeout_ms;
    SSL_CTX *tls; /* NULL: no TLS */
};

/* ---- addresses ---- */

static bool ascii_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* RFC 5322 3.2.3. */
static bool atext(char c) {
    return ascii_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool dot_atom(const char *text, size_t len) {
    bool dot = true;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' ? dot : !atext(text[i]))
            return false;
        dot = text[i] == '.';
    }
    return !dot;
}

/* RFC 5321 4.1.2 with the lengths of RFC 1035 2.3.4. */
static bool domain_valid(const char *text) {
    for (;;) {
        size_t label = strcspn(text, ".");
        if (label < 1 || label > 63 || text[0] == '-' || text[label - 1] == '-')
            return false;
        for (size_t i = 0; i < label; i++)
            if (!ascii_alnum(text[i]) && text[i] != '-')
                return false;
        if (!text[label])
            return true;
        text += label + 1;
    }
}

const char *lbx_smtp_address_check(const char *address) {
    if (!address || !*address)
        return "empty";
    if (strnlen(address, LBX_SMTP_ADDRESS_MAX + 1) > LBX_SMTP_ADDRESS_MAX)
        return "longer than 254 characters";
    for (const char *c = address; *c; c++)
        if (*c <= ' ' || *c >= 0x7F)
            return (signed char)*c < 0 ? "not ASCII" : "a space or control character";
    const char *at = strrchr(address, '@');
    if (!at)
        return "no @";
    if (at - address > 64)
        return "longer than 64 characters before the @";
    if (!dot_atom(address, (size_t)(at - address)))
        return "not a plain name before the @";
    if (!domain_valid(at + 1))
        return "not a domain after the @";
    return NULL;
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
        (void)bad(ret_why, "this program does not export its connect() to libraries");
        return LBX_ERR_INTERNAL;
    }

    struct lbx_smtp *smtp = calloc(1, sizeof *smtp);
    if (!smtp)
        abort();
    smtp->url = url;
    strcpy(smtp->password, password);
    smtp->connect_timeout_ms =
        config->connect_timeout_ms ? config->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    smtp->timeout_ms = config->timeout_ms ? config->timeout_ms : TIMEOUT_MS;
    if (gethostname(smtp->hostname, sizeof smtp->hostname - 1) != 0 ||
        !domain_valid(smtp->hostname))
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

/* ---- results ---- */

/* Appends one line: runs of blanks, controls and what is not UTF-8 become a single space. */
static void one_line(struct lbx_buf *out, const char *text, size_t len) {
    bool gap = false, begun = false;
    for (size_t i = 0; i < len;) {
        size_t n = lbx_utf8_len(text + i, len - i);
        /* C1 controls are C2 80 to C2 9F. */
        bool c1 = n == 2 && (unsigned char)text[i] == 0xC2 && (unsigned char)text[i + 1] < 0xA0;
        if (n == 0 || c1 || (n == 1 && ((unsigned char)text[i] <= ' ' || text[i] == 0x7F))) {
            gap = true;
        } else {
            if (gap && begun)
                lbx_buf_char(out, ' ');
            gap = false;
            begun = true;
            lbx_buf_add(out, text + i, n);
        }
        i += n ? n : 1;
    }
}

/* Takes the line over as the result's reply, cut at a character's end. */
static void set_reply(struct lbx_smtp_result *result, const struct lbx_buf *line) {
    size_t cut = 0, n;
    while (cut < line->len && (n = lbx_utf8_len(line->data + cut, line->len - cut)) > 0 &&
           cut + n < sizeof result->reply)
        cut += n;
    if (cut)
        memcpy(result->reply, line->data, cut);
    result->reply[cut] = '\0';
}

static void set_words(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome, int code,
                      const char *words, const char *more) {
    struct lbx_buf line LBX_BUF = {0};
    lbx_buf_str(&line, words);
    if (more && *more) {
        lbx_buf_str(&line, ": ");
        one_line(&line, more, strlen(more));
    }
    *result = (struct lbx_smtp_result){.outcome = outcome, .code = code};
    set_reply(result, &line);
}

/* The enhanced status (RFC 3463) that a reply's text begins with, where the server did not announce
 * ENHANCEDSTATUSCODES; its length there, or 0. */
static size_t enhanced_in(int code, const char *text, char ret_status[LBX_SMTP_ENHANCED_SIZE]) {
    int class, subject, detail, end = 0;
    if (sscanf(text, "%1d.%3d.%3d%n", &class, &subject, &detail, &end) != 3 || end == 0)
        return 0;
    if (class != code / 100 || subject < 0 || detail < 0 || (text[end] && text[end] > ' '))
        return 0;
    (void)snprintf(ret_status, LBX_SMTP_ENHANCED_SIZE, "%d.%d.%d", class, subject, detail);
    return (size_t)end;
}

static void set_status(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome,
                       const smtp_status_t *status) {
    *result = (struct lbx_smtp_result){.outcome = outcome, .code = status->code};
    const char *text = status->text ? status->text : "";
    if (status->enh_class && status->enh_class == status->code / 100 && status->enh_subject >= 0 &&
        status->enh_subject <= 999 && status->enh_detail >= 0 && status->enh_detail <= 999)
        (void)snprintf(result->enhanced, sizeof result->enhanced, "%d.%d.%d", status->enh_class,
                       status->enh_subject, status->enh_detail);
    else
        text += enhanced_in(status->code, text, result->enhanced);
    struct lbx_buf line LBX_BUF = {0};
    lbx_buf_printf(&line, "%d%s%s", status->code, result->enhanced[0] ? " " : "", result->enhanced);
    if (*text) {
        lbx_buf_char(&line, ' ');
        one_line(&line, text, strlen(text));
    }
    set_reply(result, &line);
}

/* ---- a session ---- */

struct envelope {
    smtp_message_t message;
    smtp_recipient_t recipient;
    struct lbx_smtp_message *ours;
    bool read; /* libesmtp has taken the bytes */
};

struct session {
    const struct lbx_smtp *smtp;
    struct lbx_dial dial;
    const char *problem; /* why we ended it, or a static word of what libesmtp told; NULL: none */
    bool tls_on, authenticated;
    bool ehlo_sent; /* and its reply not yet read */
    bool starttls_sent, quit_sent;
    char line[LBX_SMTP_REPLY_SIZE]; /* the reply line being read */
    size_t line_len;
    char last[LBX_SMTP_REPLY_SIZE]; /* the last whole one before QUIT */
    int64_t line_since_us;          /* when the reply being read began to come; 0: none is */
};

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
    const char *line = session->line;
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
        session->ehlo_sent && session->line_len == 4 && memcmp(session->line, "250", 3) == 0;
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
            session->line[session->line_len] = '\0';
            on_line(session, i + 1 < len);
        } else if (session->line_len + 1 < sizeof session->line) {
            bytes[i] = hide_chunking(session, bytes[i]);
            session->line[session->line_len++] = bytes[i];
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

static void on_event(smtp_session_t session, int event, void *arg, ...) {
    struct session *ours = arg;
    const char *problem = NULL;
    va_list args;
    (void)session;
    va_start(args, arg);
    switch (event) {
    case SMTP_EV_STARTTLS_OK:
        ours->tls_on = true;
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
    if (problem && !ours->problem)
        ours->problem = problem;
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

/* The whole message in one piece; no length asked means from the beginning again. */
static const char *on_message(void **context, int *len, void *arg) {
    struct envelope *envelope = arg;
    (void)context;
    if (!len) {
        envelope->read = false;
        return NULL;
    }
    *len = envelope->read ? 0 : (int)envelope->ours->len;
    envelope->read = true;
    return envelope->ours->bytes;
}

/* 5xx that are about this session, not this mail: not now, not without TLS or password, not here.
 */
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

/* For the messages the session left without a verdict. */
static void why_undone(const struct session *session, struct lbx_smtp_result *ret_result) {
    int error = smtp_errno();
    int code = atoi(session->last);
    if (session->problem) {
        set_words(ret_result, LBX_SMTP_TEMPORARY, 0, session->problem,
                  code >= 400 && code <= 599 ? session->last : NULL);
    } else if (certificate_error != X509_V_OK) {
        set_words(ret_result, LBX_SMTP_TEMPORARY, 0, "the server's certificate is refused",
                  X509_verify_cert_error_string(certificate_error));
    } else if (code >= 400 && code <= 599) {
        struct lbx_buf line LBX_BUF = {0};
        one_line(&line, session->last, strlen(session->last));
        *ret_result = (struct lbx_smtp_result){.outcome = LBX_SMTP_TEMPORARY, .code = code};
        if (line.len > 4)
            (void)enhanced_in(code, line.data + 4, ret_result->enhanced);
        set_reply(ret_result, &line);
    } else if (session->starttls_sent && !session->tls_on) {
        unsigned long tls_error = ERR_peek_last_error();
        set_words(ret_result, LBX_SMTP_TEMPORARY, 0, "no TLS with the server",
                  tls_error ? ERR_reason_error_string(tls_error) : "it ended the connection");
    } else {
        char text[128] = "";
        if (!smtp_strerror(error, text, sizeof text))
            text[0] = '\0';
        set_words(ret_result, LBX_SMTP_TEMPORARY, 0,
                  session->dial.fd < 0 ? "no connection to the server" : "the session broke off",
                  text);
    }
}

static void run(const struct lbx_smtp *smtp, struct envelope *envelopes, size_t count) {
    struct session ours = {
        .smtp = smtp,
        .dial = {smtp->connect_timeout_ms, smtp->timeout_ms, -1},
    };
    char server[sizeof smtp->url.host + 8];
    (void)snprintf(server, sizeof server, "%s:%u", smtp->url.host, smtp->url.port);

    smtp_session_t session = smtp_create_session();
    auth_context_t auth = smtp->url.user[0] ? auth_create_context() : NULL;
    bool made = session && (auth || !smtp->url.user[0]) && smtp_set_server(session, server) &&
                smtp_set_hostname(session, smtp->hostname) &&
                smtp_set_eventcb(session, on_event, &ours) &&
                smtp_set_monitorcb(session, on_bytes, &ours, 0) &&
                smtp_starttls_enable(session, smtp->tls ? Starttls_REQUIRED : Starttls_DISABLED) &&
                (!smtp->tls || smtp_starttls_set_ctx(session, smtp->tls));
    if (made && auth)
        made = auth_set_mechanism_flags(auth, AUTH_PLUGIN_PLAIN, 0) &&
               auth_set_interact_cb(auth, on_credentials, &ours) &&
               smtp_auth_set_context(session, auth);
    static const int timeouts[] = {Timeout_GREETING, Timeout_ENVELOPE, Timeout_DATA,
                                   Timeout_TRANSFER, Timeout_DATA2};
    for (size_t i = 0; made && i < sizeof timeouts / sizeof timeouts[0]; i++)
        made = smtp_set_timeout(session, timeouts[i] | Timeout_OVERRIDE_RFC2822_MINIMUM,
                                smtp->timeout_ms) > 0;
    for (size_t i = 0; made && i < count; i++) {
        struct envelope *e = &envelopes[i];
        made = (e->message = smtp_add_message(session)) &&
               smtp_set_reverse_path(e->message, e->ours->from) &&
               (e->recipient = smtp_add_recipient(e->message, e->ours->to)) &&
               smtp_set_messagecb(e->message, on_message, e) &&
               smtp_size_set_estimate(e->message, e->ours->len);
    }
    if (!made)
        abort(); /* out of memory, or our own mistake */

    certificate_error = X509_V_OK;
    ERR_clear_error(); /* a stale entry would be taken for this session's */
    lbx_dial = &ours.dial;
    (void)smtp_start_session(session); /* 1 says that there was a session, not what became of it */
    lbx_dial = NULL;

    struct lbx_smtp_result undone;
    why_undone(&ours, &undone);
    for (size_t i = 0; i < count; i++)
        if (!verdict(&envelopes[i], &envelopes[i].ours->result))
            envelopes[i].ours->result = undone;
    smtp_destroy_session(session);
    if (auth)
        auth_destroy_context(auth); /* only after its session */
    ERR_clear_error();
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
    const char *why;
    if ((why = lbx_smtp_address_check(message->to)))
        set_words(&message->result, LBX_SMTP_PERMANENT, 0, "address refused", why);
    else if ((why = lbx_smtp_address_check(message->from)))
        set_words(&message->result, LBX_SMTP_PERMANENT, 0, "sender's address refused", why);
    else if ((why = bytes_check(message->bytes, message->len)))
        set_words(&message->result, LBX_SMTP_PERMANENT, 0, "message refused", why);
    return !why;
}

void lbx_smtp_send(const struct lbx_smtp *smtp, struct lbx_smtp_message *messages, size_t count) {
    struct envelope *envelopes LBX_FREE = calloc(count ? count : 1, sizeof *envelopes);
    size_t n = 0;
    if (!envelopes)
        abort();
    for (size_t i = 0; i < count; i++)
        if (sendable(&messages[i]))
            envelopes[n++].ours = &messages[i];
    if (n)
        run(smtp, envelopes, n);
}
