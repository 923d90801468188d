/* Sees the bytes of a session before libesmtp parses them, on its thread. Promises to end the
 * connection, with static words, where libesmtp would overlook an error. Cannot fail otherwise. */
#include "smtp/watch.h"

#include "base/clock.h"

#include <string.h>
#include <sys/socket.h>

void lbx_smtp_watch_cut(struct lbx_smtp_watch *watch, const char *problem) {
    if (!watch->problem)
        watch->problem = problem;
    if (watch->dial->fd >= 0)
        (void)shutdown(watch->dial->fd, SHUT_RDWR);
}

static bool ends_with(const char *bytes, size_t len, const char *end) {
    size_t n = strlen(end);
    return len >= n && memcmp(bytes + len - n, end, n) == 0;
}

static void on_written(struct lbx_smtp_watch *watch, const char *bytes, size_t len) {
    watch->ehlo_sent = len >= 5 && memcmp(bytes, "EHLO ", 5) == 0;
    if (ends_with(bytes, len, "STARTTLS\r\n"))
        watch->starttls_sent = true;
    if (ends_with(bytes, len, "QUIT\r\n"))
        watch->quit_sent = true;
    /* After a failed login libesmtp continues without: the server would then refuse each
     * recipient permanently, as relaying. */
    if (len >= 5 && memcmp(bytes, "MAIL ", 5) == 0 && watch->wants_user && !watch->authenticated)
        lbx_smtp_watch_cut(watch, "the server did not accept user and password");
}

static void on_line(struct lbx_smtp_watch *watch, bool more_follows) {
    const char *line = watch->line_read;
    watch->line_len = 0;
    bool final = strlen(line) < 4 || line[3] != '-';
    if (!final || watch->quit_sent)
        return;
    watch->line_since_us = 0;
    memcpy(watch->last, line, sizeof watch->last);
    if (strncmp(line, "235", 3) == 0)
        watch->authenticated = watch->tls_on || watch->in_clear;
    /* Plaintext received together with the reply to STARTTLS would be read as if it came under
     * TLS (CVE-2011-0411, on the client's side): forged replies, even a 250. */
    if (watch->starttls_sent && !watch->tls_on && more_follows)
        lbx_smtp_watch_cut(watch, "clear text after the answer to STARTTLS: someone is in between");
}

/* Hides CHUNKING (RFC 3030) from libesmtp. With CHUNKING and PIPELINING it sends three commands
 * at once; if the connection is lost at the first reply, it uses state -1 as an index, before
 * its table. No other keyword that it knows begins with C. */
static char hide_chunking(const struct lbx_smtp_watch *watch, char c) {
    bool keyword =
        watch->ehlo_sent && watch->line_len == 4 && memcmp(watch->line_read, "250", 3) == 0;
    return keyword && (c == 'C' || c == 'c') ? 'X' : c;
}

/* bytes is libesmtp's buffer, before it is parsed. */
static void on_read(struct lbx_smtp_watch *watch, char *bytes, size_t len) {
    const int64_t now_us = lbx_monotonic_us();
    if (!watch->line_since_us)
        watch->line_since_us = now_us;
    /* libesmtp's time-out starts anew with each byte */
    if (now_us - watch->line_since_us > watch->timeout_ms * LBX_MS_US)
        lbx_smtp_watch_cut(watch, "the reply did not come to its end in time");
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n') {
            watch->line_read[watch->line_len] = '\0';
            on_line(watch, i + 1 < len);
        } else if (watch->line_len + 1 < sizeof watch->line_read) {
            bytes[i] = hide_chunking(watch, bytes[i]);
            watch->line_read[watch->line_len++] = bytes[i];
        }
    }
}

void lbx_smtp_watch_bytes(const char *bytes, int len, int writing, void *arg) {
    if (len <= 0)
        return;
    if (writing)
        on_written(arg, bytes, (size_t)len);
    else
        on_read(arg, (char *)bytes, (size_t)len);
}
