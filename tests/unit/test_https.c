/* Asks a real server over loopback, with a certificate made here that is its own authority, and counts what it writes: sendmsg is
 * counted in the server's code, not in GnuTLS's, by which the client sends. */
#include "check.h"
#include "io/https.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BODY_MAX = 1000, ANSWERS = 5 };
#define ANSWER "{\"answer\":42}"
#define ASK "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"

static _Atomic unsigned writes;
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags) {
    writes++;
    return __real_sendmsg(fd, message, flags);
}

/* ---- as whom both show themselves ---- */

struct pems {
    gnutls_datum_t certificate, key;
};

static struct pems make_pems(void) {
    struct pems made;
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_x509_privkey_init(&key);
    gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    gnutls_x509_crt_init(&certificate);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\1", 1);
    gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, "both", 4);
    gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 3600);
    gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 3600);
    gnutls_x509_crt_set_key(certificate, key);
    gnutls_x509_crt_set_basic_constraints(certificate, 1, -1);
    gnutls_x509_crt_set_key_usage(certificate,
                                  GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_DIGITAL_SIGNATURE);
    assert_int_equal(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
    gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &made.certificate);
    gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &made.key);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
    return made;
}

/* ---- the server ---- */

static size_t most(void *context, const struct lbx_https_request *request, unsigned *ret_status) {
    (void)context;
    *ret_status = 405;
    return strcmp(request->method, "POST") == 0 ? BODY_MAX : 0;
}

static unsigned answer(void *context, const struct lbx_https_request *request,
                       struct lbx_https_answer *ret_answer) {
    (void)context;
    assert_int_equal(request->body.len, 2);
    lbx_buf_str(&ret_answer->body, ANSWER);
    return 200;
}

/* A port of loopback that was free a moment ago. */
static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return ntohs(address.sin_port);
}

static struct lbx_https *serve(const struct pems *pems, int *ret_port) {
    char listen[32];
    struct lbx_https *https = NULL;
    *ret_port = free_port();
    snprintf(listen, sizeof listen, "127.0.0.1:%d", *ret_port);
    const char *certificate = (const char *)pems->certificate.data;
    const struct lbx_https_options options = {
        .listen = listen,
        .files = {certificate, (const char *)pems->key.data, certificate},
        .connections = 2,
        .pages = {most, answer, NULL, NULL},
    };
    assert_int_equal(lbx_https_start(&options, &https), LBX_OK);
    return https;
}

/* ---- the client ---- */

struct client {
    int fd;
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
};

static struct client reach(int port, const struct pems *pems) {
    struct client it = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(it.fd, (const struct sockaddr *)&address, sizeof address), 0);
    gnutls_certificate_allocate_credentials(&it.credentials);
    assert_int_equal(gnutls_certificate_set_x509_key_mem(it.credentials, &pems->certificate,
                                                         &pems->key, GNUTLS_X509_FMT_PEM),
                     0);
    gnutls_init(&it.session, GNUTLS_CLIENT);
    gnutls_set_default_priority(it.session);
    gnutls_credentials_set(it.session, GNUTLS_CRD_CERTIFICATE, it.credentials);
    gnutls_transport_set_int(it.session, it.fd);
    assert_int_equal(gnutls_handshake(it.session), 0);
    return it;
}

static void leave(struct client *it) {
    gnutls_deinit(it->session);
    gnutls_certificate_free_credentials(it->credentials);
    close(it->fd);
}

/* Until the whole body has come. */
static void ask(struct client *it) {
    char text[4096] = "";
    size_t len = 0;
    assert_int_equal(gnutls_record_send(it->session, ASK, strlen(ASK)), strlen(ASK));
    while (!strstr(text, ANSWER)) {
        ssize_t got = gnutls_record_recv(it->session, text + len, sizeof text - 1 - len);
        assert_true(got > 0 || got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
        len += got > 0 ? (size_t)got : 0;
    }
    assert_memory_equal(text, "HTTP/1.1 200 ", 13);
}

static void an_answer_is_one_write(void **state) {
    (void)state;
    int port;
    struct pems pems = make_pems();
    struct lbx_https *https = serve(&pems, &port);
    struct client client = reach(port, &pems);
    ask(&client);
    unsigned before = writes;
    for (int i = 0; i < ANSWERS; i++)
        ask(&client);
    assert_int_equal(writes - before, ANSWERS);
    leave(&client);
    lbx_https_stop(https);
    gnutls_free(pems.certificate.data);
    gnutls_free(pems.key.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_answer_is_one_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
