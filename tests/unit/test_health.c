/* What a process says of itself: healthy as long as its loop turns, ready while it goes on. */
#include "worker/lane.h"

#include "base/clock.h"
#include "base/log.h"

#include "check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct lbx_settings settings;
static struct sockaddr_in address = {.sin_family = AF_INET};
static struct lbx_lane *const lane = &lbx_process.lanes[0];

static int begin(void **unused) {
    (void)unused;
    static char listen[32], nowhere[1];
    socklen_t len = sizeof address;
    const int free_port = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(free_port, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(free_port, (struct sockaddr *)&address, &len), 0);
    close(free_port);
    snprintf(listen, sizeof listen, "127.0.0.1:%d", ntohs(address.sin_port));
    settings = (struct lbx_settings){.http_listen = listen, .probes_listen = nowhere};
    lbx_process.lane_count = 1;
    lane->worker.name = "test";
    return lbx_health_open(&settings) == LBX_OK ? 0 : -1;
}

static int end(void **unused) {
    (void)unused;
    lbx_health_close();
    return 0;
}

/* Into ret_body, with its NUL; the status. */
static int ask(const char *path, char *ret_body, size_t size) {
    char request[64], answer[2048];
    size_t len = 0;
    ssize_t got;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n\r\n", path);
    assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    while ((got = read(fd, answer + len, sizeof answer - 1 - len)) > 0)
        len += (size_t)got;
    close(fd);
    answer[len] = '\0';
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    snprintf(ret_body, size, "%s", body + 4);
    return atoi(answer + sizeof "HTTP/1.1");
}

struct row {
    const char *name;
    int64_t turned_s; /* so long ago its loop began this step; 0: it sleeps */
    const char *waiting_for;
    int healthy, ready;
    const char *says; /* /readyz, at its beginning */
};

static void says_how_it_is(void **unused) {
    (void)unused;
    static const struct row rows[] = {
        {"asleep", 0, NULL, 200, 200, "ready"},
        {"at work", 1, NULL, 200, 200, "ready"},
        {"waits, however long", 0, "waiting for the database", 200, 503,
         "waiting for the database"},
        {"a long step", 20, NULL, 200, 503, "waiting for an answer"},
        {"a step that does not end", 200, NULL, 503, 503, "waiting for an answer"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[512];
        lane->waiting_for = rows[i].waiting_for;
        lane->worker.turned_us =
            rows[i].turned_s ? lbx_monotonic_us() - rows[i].turned_s * LBX_SECOND_US : 0;
        const int healthy = ask("/healthz", body, sizeof body);
        const int ready = ask("/readyz", body, sizeof body);
        CHECK_ROW(&bad, rows[i].name,
                  healthy == rows[i].healthy && ready == rows[i].ready &&
                      strncmp(body, rows[i].says, strlen(rows[i].says)) == 0,
                  "%d, %d: %s", healthy, ready, body);
    }
    assert_int_equal(bad, 0);
}

/* One lane that stands still is enough, whichever it is. */
static void each_lane_counts(void **unused) {
    (void)unused;
    char body[512];
    struct lbx_lane *const other = &lbx_process.lanes[1];
    lane->waiting_for = NULL;
    lane->worker.turned_us = 0;
    lbx_process.lane_count = 2;
    assert_int_equal(ask("/readyz", body, sizeof body), 200);
    other->worker.turned_us = lbx_monotonic_us() - 200 * LBX_SECOND_US;
    assert_int_equal(ask("/healthz", body, sizeof body), 503);
    assert_int_equal(ask("/readyz", body, sizeof body), 503);
    other->worker.turned_us = 0;
    other->waiting_for = "waiting for the database";
    assert_int_equal(ask("/healthz", body, sizeof body), 200);
    assert_int_equal(ask("/readyz", body, sizeof body), 503);
    assert_non_null(strstr(body, "waiting for the database"));
    other->waiting_for = NULL;
    lbx_process.lane_count = 1;
}

/* Since when is told, too. */
static void an_incident_makes_it_not_ready(void **unused) {
    (void)unused;
    char body[512];
    lane->waiting_for = NULL;
    lane->worker.turned_us = 0;
    lbx_worker_incident("a row cannot be read");
    assert_int_equal(ask("/readyz", body, sizeof body), 503);
    assert_non_null(strstr(body, "a row cannot be read (since 20"));
    assert_int_equal(ask("/healthz", body, sizeof body), 200);
    lbx_worker_incident(NULL);
    assert_int_equal(ask("/readyz", body, sizeof body), 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_how_it_is),
        cmocka_unit_test(each_lane_counts),
        cmocka_unit_test(an_incident_makes_it_not_ready),
    };
    return cmocka_run_group_tests_name("health", tests, begin, end);
}
