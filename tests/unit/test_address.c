/* Which addresses are public. */
#include "base/address.h"

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static bool is_public(const char *text) {
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
        return lbx_address_is_public((const struct sockaddr *)&ipv4);
    assert_int_equal(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
    return lbx_address_is_public((const struct sockaddr *)&ipv6);
}

static void test_public(void **state) {
    (void)state;
    static const char *const rows[] = {
        "1.1.1.1",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
        "100.128.0.0",     "172.15.255.255",  "172.32.0.0",     "192.167.0.1",
        "223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
        "2002:101:101::1",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!is_public(rows[i]))
            fail_msg("%s is taken for one that is not public", rows[i]);
}

static void test_not_public(void **state) {
    (void)state;
    static const char *const rows[] = {
        "0.0.0.0",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::169.254.169.254",
        "2002:7f00:1::1",
        "::7f00:1",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_public(rows[i]))
            fail_msg("%s is taken for a public one", rows[i]);
    const struct sockaddr unknown = {.sa_family = AF_UNIX};
    assert_false(lbx_address_is_public(&unknown));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_public),
                                       cmocka_unit_test(test_not_public)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
