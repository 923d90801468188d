/* What jansson parses, and the numbers that no column holds: what is taken has none, by a second count. */
#include "json/canonical.h"

#include "fuzz.h"

#include <ctype.h>
#include <stdlib.h>

enum { SCALE_MAX = 16383 };

/* Whether a number's text has more digits behind the point than jsonb takes. */
static bool is_too_fine(const char *number, size_t len) {
    char *text LBX_FREE = strndup(number, len);
    char *e = strpbrk(text, "eE"), *point = strchr(text, '.');
    double scale = point ? (double)((e ? e : text + len) - point - 1) : 0;
    return scale - (e ? strtod(e + 1, NULL) : 0) > SCALE_MAX;
}

/* Calls for each number outside of strings. */
static bool any_too_fine(const char *text, size_t len) {
    bool quoted = false, found = false;
    for (size_t i = 0; i < len; i++) {
        size_t n = 0;
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted)
            i += text[i] == '\\';
        else if (isdigit((unsigned char)text[i]))
            for (n = 1; i + n < len && strchr("0123456789.eE+-", text[i + n]) && text[i + n];)
                n++;
        found |= n > 0 && is_too_fine(text + i, n);
        i += n ? n - 1 : 0;
    }
    return found;
}

/* Canonical JSON is parsed as the same, and is its own canonical form, but for a real such as 1e20, which is written as an
 * integer that is too large to be read. */
static void has_one_form(const json_t *value) {
    struct lbx_buf first LBX_BUF = {0}, second LBX_BUF = {0};
    struct lbx_reason reason;
    const char *why;
    if (!lbx_canonical_add(value, &first, &why))
        return;
    json_t *again LBX_JSON = lbx_dom_parse(first.data, first.len, &reason);
    if (!again || !lbx_canonical_add(again, &second, &why))
        return;
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct lbx_reason reason = {0};
    size_t len;
    char *text LBX_FREE = fuzz_rest(&in, &len);
    json_t *value LBX_JSON = lbx_dom_parse(text, len, &reason);
    assert(value || reason.text[0]);
    assert(!value || !any_too_fine(text, len));
    if (value)
        has_one_form(value);
    return 0;
}
