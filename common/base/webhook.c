/* Checks a webhook's URL by the part of RFC 3986 that webhook.h allows. Fails with a reason. Does not resolve the host. */
#include "base/webhook.h"

#include "base/email.h"

#include <stdbool.h>
#include <string.h>

static const char scheme[] = "https://";
enum { SCHEME = sizeof scheme - 1, PORT_DIGITS = 5 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool may_follow(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           (c && strchr("._~!$&'()*+,;=:@%/?-", c));
}

/* The bytes of a port such as ":443" at the start of text; 0: none. */
static size_t port_len(const char *text, size_t len) {
    size_t digits = 0;
    if (len < 2 || text[0] != ':' || text[1] == '0')
        return 0;
    while (1 + digits < len && is_digit(text[1 + digits]))
        digits++;
    return digits >= 1 && digits <= PORT_DIGITS ? 1 + digits : 0;
}

static size_t host_len(const char *host, size_t len) {
    size_t end = 0;
    while (end < len && host[end] != ':' && host[end] != '/' && host[end] != '?')
        end++;
    return end;
}

const char *lbx_webhook_check(const char *url, size_t len) {
    if (len > LBX_WEBHOOK_MAX)
        return "longer than 1000 characters";
    if (len < SCHEME || memcmp(url, scheme, SCHEME) != 0)
        return "it does not begin with https://";
    const char *host = url + SCHEME;
    const size_t end = host_len(host, len - SCHEME);
    if (end > LBX_WEBHOOK_HOST_MAX || !lbx_email_domain_valid(host, end))
        return "its host is no name";
    size_t at = SCHEME + end + port_len(host + end, len - SCHEME - end);
    if (at < len && url[at] != '/' && url[at] != '?')
        return "something else stands behind its host";
    while (at < len && may_follow(url[at]))
        at++;
    return at == len ? NULL : "it has a character that no URL has, or a fragment";
}

size_t lbx_webhook_host_len(const char *url) {
    return host_len(url + SCHEME, strlen(url + SCHEME));
}
