/* What jansson parses, and the numbers that no column holds: what is taken has none, by a second count. What is parsed
 * without jansson, jansson parses as the same. */
#include "json/canonical.h"
#include "json/dom.h"

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
static void has_one_form(const struct lbx_node *value, struct lbx_arena *arena) {
    struct lbx_buf first LBX_BUF = {0}, second LBX_BUF = {0};
    struct lbx_reason reason;
    const char *why;
    if (!lbx_canonical_add(value, &first, &why))
        return;
    const struct lbx_node *again = lbx_node_parse(first.data, first.len, arena, &reason);
    if (!again || !lbx_canonical_add(again, &second, &why))
        return;
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

static void is_same(const struct lbx_node *ours, const struct lbx_node *theirs) {
    struct lbx_buf a LBX_BUF = {0}, b LBX_BUF = {0};
    const char *why = "", *other = "";
    bool has_one = lbx_canonical_add(ours, &a, &why),
         has_other = lbx_canonical_add(theirs, &b, &other);
    assert(has_one == has_other && why == other);
    assert(!has_one || (a.len == b.len && memcmp(a.data, b.data, a.len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct lbx_reason reason = {0};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_node node;
    size_t len;
    lbx_arena_init(&arena);
    char *text LBX_FREE = fuzz_rest(&in, &len);
    json_t *value LBX_JSON = lbx_dom_parse(text, len, &reason);
    assert(value || reason.text[0]);
    assert(!value || !any_too_fine(text, len));
    if (value)
        has_one_form(lbx_node_of(value, &arena), &arena);
    if (lbx_node_parse_text(text, len, &arena, &node)) {
        assert(value);
        is_same(&node, lbx_node_of(value, &arena));
    }
    return 0;
}
