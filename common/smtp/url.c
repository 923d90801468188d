/* Parses LOCKBOX_SMTP_URL. Fails with a reason that does not repeat the URL. */
#include "smtp/url.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { SUBMISSION_PORT = 587, SUBMISSIONS_PORT = 465 }; /* RFC 8314 */

static bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static enum lbx_err bad(char *why, const char *text) {
    (void)snprintf(why, LBX_SMTP_WHY_SIZE, "%s", text);
    return LBX_ERR_INVALID;
}

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes (RFC 3986) to printable ASCII. */
static bool decode(const char *from, size_t len, char *to, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = from[i];
        if (c == '%') {
            if (len - i < 3 || hex(from[i + 1]) < 0 || hex(from[i + 2]) < 0)
                return false;
            c = (char)(hex(from[i + 1]) * 16 + hex(from[i + 2]));
            i += 2;
        }
        if (c <= ' ' || c >= 0x7F || n + 1 >= size)
            return false;
        to[n++] = c;
    }
    to[n] = '\0';
    return n > 0;
}

/* Whether a host name is valid. Underscores are allowed, as container networks use them. */
static bool host_valid(const char *host) {
    for (const char *c = host; *c; c++)
        if (!is_alnum(*c) && *c != '.' && *c != '-' && *c != '_')
            return false;
    return *host && *host != '-' && *host != '.';
}

static bool loopback(const char *host) {
    struct in_addr address;
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    return lbx_same_text(host, "localhost");
}

static bool port_parse(const char *text, unsigned int *ret_port) {
    unsigned int port = 0;
    if (!*text || strlen(text) > 5)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        port = port * 10 + (unsigned int)(*text - '0');
    }
    *ret_port = port;
    return port >= 1 && port <= 65535;
}

enum lbx_err lbx_smtp_url_parse(const char *url, struct lbx_smtp_url *ret_url,
                                char ret_why[LBX_SMTP_WHY_SIZE]) {
    static const char scheme[] = "smtp://", scheme_tls[] = "smtps://";
    const bool implicit = lbx_same_start(url, scheme_tls, sizeof scheme_tls - 1);
    struct lbx_smtp_url out = {.port = implicit ? SUBMISSIONS_PORT : SUBMISSION_PORT,
                               .implicit = implicit};
    char rest[1024];

    if (!implicit && !lbx_same_start(url, scheme, sizeof scheme - 1))
        return bad(ret_why, "not an smtp:// URL, nor an smtps:// one");
    if (strlen(url) >= sizeof rest)
        return bad(ret_why, "longer than 1,023 bytes");
    strcpy(rest, url + (implicit ? sizeof scheme_tls : sizeof scheme) - 1);

    bool tls_given = false;
    char *query = strchr(rest, '?');
    if (query) {
        *query++ = '\0';
        if (strcmp(query, "tls=required") == 0)
            out.tls = true;
        else if (strcmp(query, "tls=off") != 0)
            return bad(ret_why, "after the ? only tls=required or tls=off");
        else if (implicit)
            return bad(ret_why, "tls=off: smtps:// is TLS from the first byte");
        tls_given = true;
    }
    char *host = strrchr(rest, '@');
    if (host) {
        *host++ = '\0';
        if (strchr(rest, ':'))
            return bad(ret_why, "a password does not belong in the URL: LOCKBOX_SMTP_PASSWORD");
        if (!decode(rest, strlen(rest), out.user, sizeof out.user))
            return bad(ret_why, "the user is 1 to 255 printable ASCII characters, others as %XX");
    } else {
        host = rest;
    }
    size_t end = strlen(host);
    if (end && host[end - 1] == '/')
        host[end - 1] = '\0';
    if (*host == '[')
        return bad(ret_why, "an IPv6 address is beyond this mail library: use a host name");
    char *port = strchr(host, ':');
    if (port) {
        *port++ = '\0';
        if (!port_parse(port, &out.port))
            return bad(ret_why, "the port is a number from 1 to 65535");
    }
    if (!host_valid(host) || strlen(host) >= sizeof out.host)
        return bad(ret_why, "no valid host name");
    strcpy(out.host, host);

    if (!tls_given)
        out.tls = implicit || !loopback(out.host) || out.user[0];
    out.is_private = out.tls || loopback(out.host);
    if (out.user[0] && !out.is_private)
        return bad(ret_why,
                   "a user with tls=off: passwords are sent under TLS only, but to this machine");
    *ret_url = out;
    return LBX_OK;
}
