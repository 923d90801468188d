/* Checks e-mail addresses by the grammar of RFC 5321 and 5322, limited as email.h says. Fails with a reason. */
#include "base/email.h"

#include <string.h>

static bool alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* RFC 5322 3.2.3. */
static bool atext(char c) {
    return alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
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

/* RFC 5321 4.1.2, RFC 1035 2.3.4. */
static bool label(const char *text, size_t len) {
    if (len < 1 || len > LBX_EMAIL_LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!alnum(text[i]) && text[i] != '-')
            return false;
    return true;
}

bool lbx_email_domain_valid(const char *domain, size_t len) {
    for (size_t from = 0, to = 0; from <= len; from = to + 1) {
        for (to = from; to < len && domain[to] != '.';)
            to++;
        if (!label(domain + from, to - from))
            return false;
    }
    return true;
}

const char *lbx_email_check(const char *address, size_t len) {
    if (len == 0)
        return "empty";
    if (len > LBX_EMAIL_MAX)
        return "longer than 254 characters";
    for (size_t i = 0; i < len; i++)
        if (address[i] <= ' ' || address[i] >= 0x7F)
            return (signed char)address[i] < 0 ? "not ASCII" : "a space or control character";
    const char *at = memrchr(address, '@', len);
    if (!at)
        return "no @";
    size_t local = (size_t)(at - address);
    if (local > LBX_EMAIL_LOCAL_MAX)
        return "longer than 64 characters before the @";
    if (!dot_atom(address, local))
        return "not a plain name before the @";
    return lbx_email_domain_valid(at + 1, len - local - 1) ? NULL : "not a domain after the @";
}
