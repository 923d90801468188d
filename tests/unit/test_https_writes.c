/* What a TLS session sends over a socket whose other end is read here: an answer's head waits for its body, and nothing is lost or
 * changes places where the client reads slowly. */
#include "check.h"
#include "io/https_writes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH"
enum {
    BODY = 200000,
    PIECE = 1000,
    RECORD = 9000,
    SEND_BUFFER = 4096
}; /* a record is sent in parts */

struct ends {
    int fds[2];
    gnutls_session_t server, client;
    gnutls_anon_server_credentials_t shown;
    gnutls_anon_client_credentials_t asked;
    struct lbx_https_writes writes;
};

static gnutls_session_t session_of(unsigned flags, void *credentials) {
    gnutls_session_t session;
    gnutls_init(&session, flags | GNUTLS_NONBLOCK);
    assert_int_equal(gnutls_priority_set_direct(session, PRIORITIES, NULL), 0);
    gnutls_credentials_set(session, GNUTLS_CRD_ANON, credentials);
    return session;
}

static int set_up(void **state) {
    struct ends *it = calloc(1, sizeof *it);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, it->fds), 0);
    setsockopt(it->fds[0], SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int));
    gnutls_anon_allocate_server_credentials(&it->shown);
    gnutls_anon_allocate_client_credentials(&it->asked);
    it->server = session_of(GNUTLS_SERVER, it->shown);
    it->client = session_of(GNUTLS_CLIENT, it->asked);
    gnutls_transport_set_int(it->server, it->fds[0]);
    lbx_https_writes_begin(&it->writes, it->server);
    gnutls_transport_set_int(it->client, it->fds[1]);
    int server = -1, client = -1;
    while (server != 0 || client != 0) {
        client = client == 0 ? 0 : gnutls_handshake(it->client);
        server = server == 0 ? 0 : gnutls_handshake(it->server);
        assert_false(gnutls_error_is_fatal(client) || gnutls_error_is_fatal(server));
    }
    *state = it;
    return 0;
}

static int tear_down(void **state) {
    struct ends *it = *state;
    gnutls_deinit(it->server);
    gnutls_deinit(it->client);
    gnutls_anon_free_server_credentials(it->shown);
    gnutls_anon_free_client_credentials(it->asked);
    lbx_https_writes_done(&it->writes);
    close(it->fds[0]);
    close(it->fds[1]);
    free(it);
    return 0;
}

static int arrived(const struct ends *it) {
    int bytes = 0;
    assert_int_equal(ioctl(it->fds[1], FIONREAD, &bytes), 0);
    return bytes;
}

static void head_waits_for_body(void **state) {
    struct ends *it = *state;
    char text[64] = "";
    it->writes.keep = 1;
    assert_int_equal(gnutls_record_send(it->server, "head", 4), 4);
    assert_int_equal(arrived(it), 0);
    assert_int_equal(gnutls_record_send(it->server, "body", 4), 4);
    assert_true(arrived(it) > 0);
    assert_int_equal(gnutls_record_recv(it->client, text, sizeof text), 4);
    assert_int_equal(gnutls_record_recv(it->client, text + 4, sizeof text - 4), 4);
    assert_string_equal(text, "headbody");
}

/* As much as has come. */
static size_t read_some(struct ends *it, char *text, size_t room) {
    ssize_t got = gnutls_record_recv(it->client, text, room < PIECE ? room : PIECE);
    assert_true(got > 0 || got == GNUTLS_E_AGAIN);
    return got > 0 ? (size_t)got : 0;
}

static void nothing_is_lost_where_the_client_is_slow(void **state) {
    struct ends *it = *state;
    char *sent = malloc(BODY), *got = malloc(BODY);
    size_t at = 0, read = 0;
    unsigned again = 0;
    for (size_t i = 0; i < BODY; i++)
        sent[i] = (char)(i * 7919 >> 3);
    for (size_t turn = 0; read < BODY; turn++) {
        size_t more = at + RECORD < BODY ? RECORD : BODY - at;
        if (again == 0 && turn % 2 == 0 && more < BODY - at)
            it->writes.keep = 1;
        ssize_t now = at < BODY ? gnutls_record_send(it->server, sent + at, more) : 0;
        assert_true(now >= 0 || now == GNUTLS_E_AGAIN);
        again = now < 0 ? again + 1 : 0;
        at += now > 0 ? (size_t)now : 0;
        if (again > 0 || at == BODY)
            read += read_some(it, got + read, BODY - read);
    }
    assert_memory_equal(sent, got, BODY);
    free(sent);
    free(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(head_waits_for_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_lost_where_the_client_is_slow, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
