/* An SMTP receiver that replies to every hundredth recipient's RCPT after 30 s: tests/bench/mail.py
 * measures the notifier with slow recipients by it. A waiting connection costs no CPU time, unlike
 * in smtp-sink, which scans all connections for each command.
 *
 * tarpit PORT SECONDS        listens on 127.0.0.1; SECONDS 0: no delay */
#define _GNU_SOURCE
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 2048, CHUNK = 16 * 1024, EVENTS = 64 };

struct connection {
    int fd;
    bool in_body;
    char line[LINE]; /* the command line read so far */
    size_t len;
    char tail[5]; /* last bytes of a body */
    int64_t until_us;
    char *held; /* bytes received behind the delayed command */
    size_t held_len;
    struct connection *next; /* in the order of their replies */
};

static int epoll;
static int64_t wait_us;
static struct connection *first, **end = &first;

static void check(bool good, const char *what) {
    if (good)
        return;
    perror(what);
    exit(1);
}

static void hang_up(struct connection *c) {
    (void)close(c->fd);
    free(c->held);
    free(c);
}

/* Whether it is a recipient r…00@. */
static bool is_slow(const char *line) {
    const char *at = strchr(line, '@');
    return wait_us && strncasecmp(line, "RCPT", 4) == 0 && at && at[-1] == '0' && at[-2] == '0';
}

static const char *answer(struct connection *c) {
    if (strncasecmp(c->line, "EHLO", 4) == 0)
        return "250-tarpit.example\r\n250 PIPELINING\r\n";
    if (strncasecmp(c->line, "DATA", 4) == 0) {
        c->in_body = true;
        memcpy(c->tail, "xxx\r\n", 5);
        return "354 go on\r\n";
    }
    return strncasecmp(c->line, "QUIT", 4) == 0 ? "221 bye\r\n" : "250 2.0.0 ok\r\n";
}

static bool say(struct connection *c, const char *text) {
    return send(c->fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Whether the body ends in these bytes; *used: how many of them belong to the body. */
static bool ends(struct connection *c, const char *bytes, size_t len, size_t *used) {
    char seam[10];
    const size_t more = len < 5 ? len : 5;
    memcpy(seam, c->tail, 5);
    memcpy(seam + 5, bytes, more);
    const char *at = memmem(seam, 5 + more, "\r\n.\r\n", 5);
    *used = at ? (size_t)(at + 5 - (seam + 5)) : len;
    if (at)
        return true;
    at = memmem(bytes, len, "\r\n.\r\n", 5);
    *used = at ? (size_t)(at + 5 - bytes) : len;
    memcpy(c->tail, len >= 5 ? bytes + len - 5 : seam + more, 5);
    return at;
}

static void put_to_sleep(struct connection *c, const char *rest, size_t len) {
    check(epoll_ctl(epoll, EPOLL_CTL_DEL, c->fd, NULL) == 0, "epoll");
    c->held = memcpy(malloc(len + 1), rest, len);
    c->held_len = len;
    c->until_us = lbx_monotonic_us() + wait_us;
    c->next = NULL;
    *end = c;
    end = &c->next;
}

enum verdict { GOES_ON, SLEEPS, ENDS };

static enum verdict take(struct connection *c, const char *bytes, size_t len) {
    while (len > 0) {
        size_t used;
        if (c->in_body) {
            if (ends(c, bytes, len, &used)) {
                c->in_body = false;
                if (!say(c, "250 2.0.0 ok\r\n"))
                    return ENDS;
            }
            bytes += used;
            len -= used;
            continue;
        }
        const char *lf = memchr(bytes, '\n', len);
        used = lf ? (size_t)(lf + 1 - bytes) : len;
        if (c->len + used >= LINE)
            return ENDS;
        memcpy(c->line + c->len, bytes, used);
        c->len += used;
        c->line[c->len] = '\0';
        bytes += used;
        len -= used;
        if (!lf)
            continue;
        c->len = 0;
        if (is_slow(c->line)) {
            put_to_sleep(c, bytes, len);
            return SLEEPS;
        }
        if (!say(c, answer(c)) || strncasecmp(c->line, "QUIT", 4) == 0)
            return ENDS;
    }
    return GOES_ON;
}

static void listen_to(struct connection *c) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll");
}

static void read_from(struct connection *c) {
    char bytes[CHUNK];
    ssize_t len = recv(c->fd, bytes, sizeof bytes, 0);
    if (len <= 0 || take(c, bytes, (size_t)len) == ENDS)
        hang_up(c);
}

/* Replies where the delay is over. A closed connection shows when it is written to. */
static void wake(void) {
    const int64_t now_us = lbx_monotonic_us();
    while (first && first->until_us <= now_us) {
        struct connection *c = first;
        char *held = c->held;
        first = c->next;
        if (!first)
            end = &first;
        c->held = NULL;
        listen_to(c);
        enum verdict verdict = say(c, "250 2.1.5 ok\r\n") ? take(c, held, c->held_len) : ENDS;
        free(held);
        if (verdict == ENDS)
            hang_up(c);
    }
}

static void welcome(int listener) {
    const int on = 1;
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    struct connection *c = calloc(1, sizeof *c);
    if (!c)
        exit(1);
    c->fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
    check(c->fd >= 0, "accept");
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    listen_to(c);
    if (!say(c, "220 tarpit.example\r\n"))
        hang_up(c);
}

static int listen_on(const char *port) {
    const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(port)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    check(bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1000) == 0,
          "listen");
    return fd;
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS], accepting = {.events = EPOLLIN};
    if (argc != 3)
        return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    wait_us = atoll(argv[2]) * LBX_SECOND_US;
    const int listener = listen_on(argv[1]);
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accepting) == 0, "epoll");
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, first ? 100 : -1);
        check(count >= 0 || errno == EINTR, "epoll");
        for (int i = 0; i < count; i++)
            if (events[i].data.ptr)
                read_from(events[i].data.ptr);
            else
                welcome(listener);
        wake();
    }
}
