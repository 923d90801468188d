/* Writes RFC 8785 (JSON Canonicalization Scheme): members as the node has them, the fewest escapes, numbers as ECMAScript
 * prints doubles. Promises one text for each value. Fails on an integer beyond 2^53 - 1, which other readers would round. */
#include "json/canonical.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER_MAX INT64_C(9007199254740991)
enum { DEPTH_MAX = 512, DIGITS_MAX = 17 };

/* ---- scalars ---- */

static bool is_plain(char c) {
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void add_escape(char c, struct lbx_buf *out) {
    static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *found = strchr(shorts, c);
    if (found)
        lbx_buf_printf(out, "\\%c", letters[found - shorts]);
    else
        lbx_buf_printf(out, "\\u%04x", (unsigned)c);
}

static void add_text(const struct lbx_scan_text *text, struct lbx_buf *out) {
    const char *at = text->at, *last = at + text->len;
    lbx_buf_char(out, '"');
    while (at < last) {
        const char *end = text->plain ? last : at;
        while (end < last && is_plain(*end))
            end++;
        lbx_buf_add(out, at, (size_t)(end - at));
        if (end < last)
            add_escape(*end++, out);
        at = end;
    }
    lbx_buf_char(out, '"');
}

/* The fewest digits that parse to this double, without the point; its value is 0.DIGITS * 10^*ret_point. */
static size_t shortest(double number, char digits[DIGITS_MAX + 1], int *ret_point) {
    char text[40];
    int precision = 0;
    do
        (void)snprintf(text, sizeof text, "%.*e", precision, number);
    while (strtod(text, NULL) != number && ++precision < DIGITS_MAX);
    char *e = strchr(text, 'e');
    size_t count = 0;
    for (const char *c = text; c < e; c++)
        if (*c >= '0' && *c <= '9')
            digits[count++] = *c;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    *ret_point = (int)strtol(e + 1, NULL, 10) + 1;
    return count;
}

static void add_zeros(struct lbx_buf *out, int count) {
    for (int i = 0; i < count; i++)
        lbx_buf_char(out, '0');
}

/* Writes a double as ECMAScript's Number::toString does. */
static void add_real(double number, struct lbx_buf *out) {
    char digits[DIGITS_MAX + 1];
    int point;
    if (number == 0) {
        lbx_buf_char(out, '0');
        return;
    }
    if (number < 0)
        lbx_buf_char(out, '-');
    int count = (int)shortest(fabs(number), digits, &point);
    if (point > 21 || point < -5) {
        lbx_buf_char(out, *digits);
        if (count > 1)
            lbx_buf_printf(out, ".%s", digits + 1);
        lbx_buf_printf(out, "e%+d", point - 1);
    } else if (point <= 0) {
        lbx_buf_str(out, "0.");
        add_zeros(out, -point);
        lbx_buf_str(out, digits);
    } else if (count <= point) {
        lbx_buf_str(out, digits);
        add_zeros(out, point - count);
    } else {
        lbx_buf_printf(out, "%.*s.%s", point, digits, digits + point);
    }
}

/* ---- values ---- */

static bool add(const struct lbx_node *value, int depth, struct lbx_buf *out, const char **ret_why);

static bool add_object(const struct lbx_node *object, int depth, struct lbx_buf *out,
                       const char **ret_why) {
    lbx_buf_char(out, '{');
    for (size_t i = 0; i < object->count; i++) {
        if (i > 0)
            lbx_buf_char(out, ',');
        add_text(&object->items[i].name, out);
        lbx_buf_char(out, ':');
        if (!add(&object->items[i], depth + 1, out, ret_why))
            return false;
    }
    lbx_buf_char(out, '}');
    return true;
}

static bool add_array(const struct lbx_node *array, int depth, struct lbx_buf *out,
                      const char **ret_why) {
    lbx_buf_char(out, '[');
    for (size_t i = 0; i < array->count; i++) {
        if (i > 0)
            lbx_buf_char(out, ',');
        if (!add(&array->items[i], depth + 1, out, ret_why))
            return false;
    }
    lbx_buf_char(out, ']');
    return true;
}

static bool has_none(const char **ret_why, const char *why) {
    *ret_why = why;
    return false;
}

static bool add_integer(int64_t number, struct lbx_buf *out, const char **ret_why) {
    if (number > INTEGER_MAX || number < -INTEGER_MAX)
        return has_none(ret_why, "an integer beyond 2^53 - 1");
    lbx_buf_printf(out, "%" PRId64, number);
    return true;
}

static bool add_word(const char *word, struct lbx_buf *out) {
    lbx_buf_str(out, word);
    return true;
}

static bool add(const struct lbx_node *value, int depth, struct lbx_buf *out,
                const char **ret_why) {
    if (depth > DEPTH_MAX)
        return has_none(ret_why, "nested too deeply");
    switch (value->type) {
    case LBX_NODE_OBJECT:
        return add_object(value, depth, out, ret_why);
    case LBX_NODE_ARRAY:
        return add_array(value, depth, out, ret_why);
    case LBX_NODE_TEXT:
        add_text(&value->text, out);
        return true;
    case LBX_NODE_INTEGER:
        return add_integer(value->integer, out, ret_why);
    case LBX_NODE_REAL:
        add_real(value->real, out);
        return true;
    case LBX_NODE_TRUE:
        return add_word("true", out);
    case LBX_NODE_FALSE:
        return add_word("false", out);
    case LBX_NODE_NULL:
        return add_word("null", out);
    }
    return has_none(ret_why, "no JSON value");
}

bool lbx_canonical_add(const struct lbx_node *value, struct lbx_buf *out, const char **ret_why) {
    return add(value, 0, out, ret_why);
}
