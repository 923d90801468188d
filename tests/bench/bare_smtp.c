/* A baseline for the notifier: sends one message COUNT times by libesmtp, in SESSIONS concurrent
 * sessions with TCP_NODELAY. tests/bench/mail.py compares the two.
 *
 * bare_smtp HOST:PORT SESSIONS COUNT MESSAGE-FILE      prints mails per second */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "base/clock.h"

#include <libesmtp.h>

#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { PER_SESSION = 500, SESSIONS_MAX = 64 };

static const char *server;
static char *bytes;
static int length;

struct share {
    size_t count, accepted;
    pthread_t thread;
};

struct message {
    bool read;
};

/* Sets TCP_NODELAY, which libesmtp does not. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len) {
    typedef int connect_fn(int fd, const struct sockaddr *to, socklen_t len);
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return ((connect_fn *)dlsym(RTLD_NEXT, "connect"))(fd, to.__sockaddr__, len);
}

static const char *on_message(void **context, int *len, void *argument) {
    struct message *message = argument;
    (void)context;
    if (!len) {
        message->read = false;
        return NULL;
    }
    *len = message->read ? 0 : length;
    message->read = true;
    return bytes;
}

static size_t session(size_t count) {
    struct message *messages = calloc(count, sizeof *messages);
    smtp_message_t *handles = calloc(count, sizeof *handles);
    smtp_session_t handle = smtp_create_session();
    size_t accepted = 0;
    smtp_set_server(handle, server);
    smtp_set_hostname(handle, "bench.example");
    for (size_t i = 0; i < count; i++) {
        char recipient[64];
        (void)snprintf(recipient, sizeof recipient, "r%zu@contoso.example", i);
        handles[i] = smtp_add_message(handle);
        smtp_set_reverse_path(handles[i], "lockbox@lockbox.example");
        smtp_add_recipient(handles[i], recipient);
        smtp_set_messagecb(handles[i], on_message, &messages[i]);
    }
    (void)smtp_start_session(handle);
    for (size_t i = 0; i < count; i++)
        accepted += smtp_message_transfer_status(handles[i])->code == 250;
    smtp_destroy_session(handle);
    free(messages);
    free(handles);
    return accepted;
}

static void *work(void *argument) {
    struct share *share = argument;
    for (size_t left = share->count, now; left > 0; left -= now) {
        now = left < PER_SESSION ? left : PER_SESSION;
        share->accepted += session(now);
    }
    return NULL;
}

static void read_message(const char *path) {
    FILE *file = fopen(path, "rb");
    bytes = malloc(1 << 20);
    if (!file || !bytes || (length = (int)fread(bytes, 1, 1 << 20, file)) <= 0) {
        (void)fprintf(stderr, "bare_smtp: cannot read %s\n", path);
        exit(2);
    }
    (void)fclose(file);
}

int main(int argc, char **argv) {
    static struct share shares[SESSIONS_MAX];
    if (argc != 5)
        return 2;
    server = argv[1];
    const size_t sessions = (size_t)atoi(argv[2]) % (SESSIONS_MAX + 1),
                 count = (size_t)atoi(argv[3]);
    size_t accepted = 0;
    read_message(argv[4]);
    (void)signal(SIGPIPE, SIG_IGN);
    const int64_t began_us = lbx_monotonic_us();
    for (size_t i = 0; i < sessions; i++) {
        shares[i].count = count * (i + 1) / sessions - count * i / sessions;
        if (pthread_create(&shares[i].thread, NULL, work, &shares[i]) != 0)
            return 1;
    }
    for (size_t i = 0; i < sessions; i++) {
        pthread_join(shares[i].thread, NULL);
        accepted += shares[i].accepted;
    }
    const double took_s = (double)(lbx_monotonic_us() - began_us) / LBX_SECOND_US;
    if (accepted != count) {
        (void)fprintf(stderr, "bare_smtp: %zu of %zu accepted\n", accepted, count);
        return 1;
    }
    printf("%.1f\n", (double)count / took_s);
    return 0;
}
