/* Comparison without case, and lower case, for the letters A to Z only, whatever the locale: for
 * identifiers, header names and addresses. */
#ifndef LBX_BASE_TEXT_H
#define LBX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline char lbx_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Converts in place, and returns text; NULL stays NULL. */
static inline char *lbx_lower_all(char *text) {
    for (char *c = text; c && *c; c++)
        *c = lbx_lower(*c);
    return text;
}

/* Whether the first len bytes are equal, ignoring the case of A to Z. A text that ends before len is not equal. */
static inline bool lbx_same_start(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (lbx_lower(a[i]) != lbx_lower(b[i]) || !a[i])
            return false;
    return true;
}

/* Compares as strcmp(3), ignoring the case of A to Z. */
static inline int lbx_compare_text(const char *a, const char *b) {
    while (*a && lbx_lower(*a) == lbx_lower(*b)) {
        a++;
        b++;
    }
    return (unsigned char)lbx_lower(*a) - (unsigned char)lbx_lower(*b);
}

/* Whether both texts are equal, ignoring the case of A to Z. */
static inline bool lbx_same_text(const char *a, const char *b) {
    return lbx_compare_text(a, b) == 0;
}

/* Whether a host name or numeric address is a loopback one: traffic to it leaves no machine. */
static inline bool lbx_is_loopback(const char *host, size_t len) {
    size_t dots = 0;
    for (size_t i = 0; i < len; i++)
        dots += host[i] == '.';
    return (len == 9 && memcmp(host, "localhost", 9) == 0) ||
           (len >= 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len &&
            dots == 3) ||
           (len == 3 && memcmp(host, "::1", 3) == 0) || (len == 5 && memcmp(host, "[::1]", 5) == 0);
}

#endif
