/* Splits and decodes a request's URI as an API server does, so that reports do not depend on its spelling.
 * Promises to skip what the API server skips: parameters with a semicolon or a truncated escape. Fails with NULL. */
#include "uri.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

static int digit(char c) {
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return !at ? -1 : (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

/* Decodes a text. NULL: a truncated escape, or no valid text. space: the meaning of '+'. */
static const char *decode(const char *text, size_t len, char space, struct lbx_arena *arena) {
    char *out = lbx_arena_memdup(arena, text, len);
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && i + 2 < len ? digit(text[i + 1]) : -1;
        int low = high >= 0 ? digit(text[i + 2]) : -1;
        if (text[i] == '%' && (low < 0 || high + low == 0))
            return NULL;
        out[count++] = (char)(text[i] == '%' ? high << 4 | low : text[i] == '+' ? space : text[i]);
        i += text[i] == '%' ? 2 : 0;
    }
    out[count] = '\0';
    return lbx_utf8_valid(out, count) ? out : NULL;
}

const char *uri_path(const char *uri, struct lbx_arena *arena) {
    return uri ? decode(uri, strcspn(uri, "?"), '+', arena) : NULL;
}

static const char *value_of(const char *pair, size_t len, const char *name,
                            struct lbx_arena *arena) {
    const char *equals = memchr(pair, '=', len);
    size_t key = equals ? (size_t)(equals - pair) : len, behind = equals ? key + 1 : len;
    const char *found = memchr(pair, ';', len) ? NULL : decode(pair, key, ' ', arena);
    return found && strcmp(found, name) == 0 ? decode(pair + behind, len - behind, ' ', arena)
                                             : NULL;
}

const char *uri_parameter(const char *uri, const char *name, struct lbx_arena *arena) {
    const char *at = uri ? strchr(uri, '?') : NULL, *value = NULL;
    while (at && !value) {
        size_t len = strcspn(++at, "&");
        value = value_of(at, len, name, arena);
        at = at[len] ? at + len : NULL;
    }
    return value;
}
