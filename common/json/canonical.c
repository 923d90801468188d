/* RFC 8785 (JSON Canonicalization Scheme): members by UTF-16 code units, the fewest escapes, numbers as ECMAScript prints
 * doubles. Promises one text for each value. An integer beyond 2^53 - 1 has none: readers would take it for another. */
#include "json/canonical.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER_MAX INT64_C(9007199254740991)
enum { DEPTH_MAX = 512, DIGITS_MAX = 17 };

/* ---- order ---- */

/* The code point at *at, moving on; text is UTF-8. */
static unsigned long next_point(const unsigned char **at) {
    const unsigned char *c = *at;
    size_t more = *c < 0x80 ? 0 : *c < 0xE0 ? 1 : *c < 0xF0 ? 2 : 3;
    unsigned long point = more == 0 ? *c : *c & (0x3Fu >> more);
    for (size_t i = 1; i <= more; i++)
        point = point << 6 | (c[i] & 0x3Fu);
    *at += more + 1;
    return point;
}

/* A surrogate pair begins below U+E000. */
static unsigned long first_unit(unsigned long point) {
    return point < 0x10000 ? point : 0xD800 + ((point - 0x10000) >> 10);
}

static int order(unsigned long a, unsigned long b) {
    return (a > b) - (a < b);
}

/* What both begin with is passed over bytewise, then the first code points that differ are compared. */
int lbx_utf16_compare(const char *a, const char *b) {
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    while (*x && *x == *y)
        x++, y++;
    if (*x < 0x80 && *y < 0x80)
        return order(*x, *y);
    while (x > (const unsigned char *)a && ((*x & 0xC0) == 0x80 || (*y & 0xC0) == 0x80))
        x--, y--;
    unsigned long p = *x ? next_point(&x) : 0, q = *y ? next_point(&y) : 0;
    unsigned long u = first_unit(p), v = first_unit(q);
    return u != v ? order(u, v) : order(p, q);
}

struct member {
    const char *name;
    const json_t *value;
};

static int by_name(const void *a, const void *b) {
    return lbx_utf16_compare(((const struct member *)a)->name, ((const struct member *)b)->name);
}

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

static void add_text(const char *text, struct lbx_buf *out) {
    lbx_buf_char(out, '"');
    while (*text) {
        const char *end = text;
        while (is_plain(*end)) /* NUL is none */
            end++;
        lbx_buf_add(out, text, (size_t)(end - text));
        if (*end)
            add_escape(*end++, out);
        text = end;
    }
    lbx_buf_char(out, '"');
}

/* The fewest digits that are this double again, without their point; *ret_point is where it stands: 0.DIGITS * 10^point. */
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

/* ECMAScript, Number::toString. */
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

static bool add(const json_t *value, int depth, struct lbx_buf *out, const char **ret_why);

static bool add_object(const json_t *object, int depth, struct lbx_buf *out, const char **ret_why) {
    size_t count = json_object_size(object), at = 0;
    struct member *members LBX_FREE = lbx_malloc((count + 1) * sizeof *members);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        members[at++] = (struct member){name, value};
    }
    qsort(members, count, sizeof *members, by_name);
    lbx_buf_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            lbx_buf_char(out, ',');
        add_text(members[i].name, out);
        lbx_buf_char(out, ':');
        if (!add(members[i].value, depth + 1, out, ret_why))
            return false;
    }
    lbx_buf_char(out, '}');
    return true;
}

static bool add_array(const json_t *array, int depth, struct lbx_buf *out, const char **ret_why) {
    lbx_buf_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            lbx_buf_char(out, ',');
        if (!add(json_array_get(array, i), depth + 1, out, ret_why))
            return false;
    }
    lbx_buf_char(out, ']');
    return true;
}

static bool has_none(const char **ret_why, const char *why) {
    *ret_why = why;
    return false;
}

static bool add_integer(json_int_t number, struct lbx_buf *out, const char **ret_why) {
    if (number > INTEGER_MAX || number < -INTEGER_MAX)
        return has_none(ret_why, "an integer beyond 2^53 - 1");
    lbx_buf_printf(out, "%" JSON_INTEGER_FORMAT, number);
    return true;
}

static bool add(const json_t *value, int depth, struct lbx_buf *out, const char **ret_why) {
    if (depth > DEPTH_MAX)
        return has_none(ret_why, "nested too deeply");
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return add_object(value, depth, out, ret_why);
    case JSON_ARRAY:
        return add_array(value, depth, out, ret_why);
    case JSON_STRING:
        add_text(json_string_value(value), out);
        return true;
    case JSON_INTEGER:
        return add_integer(json_integer_value(value), out, ret_why);
    case JSON_REAL:
        add_real(json_real_value(value), out);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        lbx_buf_str(out, json_is_true(value) ? "true" : "false");
        return true;
    case JSON_NULL:
        lbx_buf_str(out, "null");
        return true;
    }
    return has_none(ret_why, "no JSON value");
}

bool lbx_canonical_add(const json_t *value, struct lbx_buf *out, const char **ret_why) {
    return add(value, 0, out, ret_why);
}
