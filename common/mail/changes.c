/* Writes canonical JSON as lines of bounded width. Invisible characters, and those that reorder text, are
 * written as \u escapes and remarked on, as are non-ASCII letters, long runs of spaces, and long texts.
 * Promises that each line begins with its sign, so that no value looks like another line. Cannot fail. */
#include "mail/changes.h"

#include "core/changes_form.h"
#include "mail/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 72, NAMED_MAX = 8, MANY_SPACES = 16, LONG_TEXT = 1000 };

#define GOES_ON "\xE2\x80\xA6"

/* The first few special characters in a value, each once. */
struct named {
    uint32_t list[NAMED_MAX];
    size_t count;
    bool more;
};

struct writer {
    struct lbx_buf *out;
    char sign;
    size_t column;            /* characters on the line so far */
    struct named hidden, odd; /* in the current value; odd: shown, but not ASCII */
    size_t spaces, most_spaces, length;
};

/* ---- remarks ---- */

static void name(struct named *named, uint32_t c) {
    for (size_t i = 0; i < named->count; i++)
        if (named->list[i] == c)
            return;
    if (named->count == NAMED_MAX)
        named->more = true;
    else
        named->list[named->count++] = c;
}

static void start_line(struct writer *w, char sign, const char *behind) {
    if (w->out->len)
        lbx_buf_char(w->out, '\n');
    lbx_buf_char(w->out, sign);
    lbx_buf_str(w->out, behind);
    w->column = 0;
}

static void remark_names(struct writer *w, const char *what, const struct named *named) {
    if (!named->count)
        return;
    start_line(w, '!', " ");
    lbx_buf_str(w->out, what);
    for (size_t i = 0; i < named->count; i++)
        lbx_buf_printf(w->out, "%s U+%04X", i ? "," : ":", (unsigned int)named->list[i]);
    lbx_buf_str(w->out, named->more ? " and more" : "");
}

static void remark_number(struct writer *w, const char *words, size_t number, size_t least) {
    if (number < least)
        return;
    start_line(w, '!', " ");
    lbx_buf_printf(w->out, words, number);
}

/* Ends a line, and adds a remark on what is easily overlooked in it. */
static void remark(struct writer *w) {
    remark_names(w, "characters that are not seen, or turn text around", &w->hidden);
    remark_names(w, "characters that are not ASCII, and may look like others", &w->odd);
    remark_number(w, "%zu spaces in a row", w->most_spaces, MANY_SPACES);
    remark_number(w, "a text of %zu characters", w->length, LONG_TEXT);
    *w = (struct writer){.out = w->out, .sign = w->sign};
}

/* ---- pieces of a line ---- */

static void put(struct writer *w, const char *text, size_t len) {
    if (w->column >= WIDTH)
        start_line(w, w->sign, GOES_ON);
    lbx_buf_add(w->out, text, len);
    w->column++;
}

static void put_text(struct writer *w, const char *text) {
    for (; *text; text++)
        put(w, text, 1);
}

static void next_line(struct writer *w, unsigned depth) {
    remark(w);
    start_line(w, w->sign, " ");
    for (unsigned i = 0; i < depth; i++)
        lbx_buf_str(w->out, "  ");
}

/* ---- texts ---- */

static void put_hidden(struct writer *w, uint32_t c) {
    char escape[16];
    int len = c < 0x10000 ? snprintf(escape, sizeof escape, "\\u%04x", (unsigned int)c)
                          : snprintf(escape, sizeof escape, "\\u%04x\\u%04x",
                                     (unsigned int)(0xD7C0 + (c >> 10)),
                                     (unsigned int)(0xDC00 + (c & 0x3FF)));
    name(&w->hidden, c);
    put(w, escape, (size_t)len);
    w->column += (size_t)len - 1;
}

/* Writes a JSON escape; canonical JSON has the short ones and \u00xx. After a line break of the
 * value the text continues on a line of its own. */
static size_t put_escape(struct writer *w, const char *at) {
    size_t len = at[1] == 'u' ? 6 : 2;
    for (size_t i = 1; i < len; i++)
        if (!at[i])
            len = i;
    put(w, at, len);
    w->column += len - 1;
    if (len == 6) {
        const char digits[] = {at[2], at[3], at[4], at[5], '\0'};
        name(&w->hidden, (uint32_t)strtoul(digits, NULL, 16));
    }
    if (at[1] == 'n' && at[2] != '"')
        start_line(w, w->sign, GOES_ON);
    return len;
}

static size_t put_character(struct writer *w, const char *at) {
    uint32_t c;
    size_t len = lbx_text_character(at, &c);
    if (lbx_character_misleads(c)) {
        put_hidden(w, c);
        return len;
    }
    if (c >= 0x80)
        name(&w->odd, c);
    put(w, at, len);
    return len;
}

static void count_space(struct writer *w, char c) {
    w->spaces = c == ' ' ? w->spaces + 1 : 0;
    if (w->spaces > w->most_spaces)
        w->most_spaces = w->spaces;
}

/* Writes the text of a string; returns the closing quote, or the end. */
static const char *put_body(struct writer *w, const char *at) {
    size_t length = 0;
    w->spaces = 0;
    for (; *at && *at != '"'; length++) {
        bool ends_line = at[0] == '\\' && at[1] == 'n';
        count_space(w, *at);
        at += *at == '\\' ? put_escape(w, at) : put_character(w, at);
        while (ends_line && *at == ' ') { /* indentation needs no remark */
            put(w, at++, 1);
            length++;
        }
    }
    if (length > w->length)
        w->length = length;
    return at;
}

static const char *put_string(struct writer *w, const char *at) {
    if (*at != '"')
        return at;
    put(w, "\"", 1);
    at = put_body(w, at + 1);
    put(w, "\"", 1);
    return *at ? at + 1 : at;
}

/* ---- values ---- */

static const char *put_value(struct writer *w, const char *at, unsigned depth);

/* Recursion is as deep as the reader of events allows (json/scan.h). */
static const char *put_members(struct writer *w, const char *at, unsigned depth) {
    const bool is_object = *at == '{';
    const char close[] = {is_object ? '}' : ']', '\0'};
    put(w, at, 1);
    if (at[1] == *close) {
        put(w, close, 1);
        return at + 2;
    }
    do {
        next_line(w, depth + 1);
        at++;
        if (is_object) {
            at = put_string(w, at);
            put_text(w, ": ");
            at += *at == ':';
        }
        at = put_value(w, at, depth + 1);
        if (*at == ',')
            put(w, ",", 1);
    } while (*at == ',');
    next_line(w, depth);
    put(w, close, 1);
    return *at ? at + 1 : at;
}

static const char *put_value(struct writer *w, const char *at, unsigned depth) {
    if (*at == '"')
        return put_string(w, at);
    if (*at == '{' || *at == '[')
        return put_members(w, at, depth);
    for (; *at && !strchr(",]}", *at); at++) /* a number, true, false or null */
        put(w, at, 1);
    return at;
}

static void put_lines(struct writer *w, char sign, const char *value) {
    if (!value)
        return;
    w->sign = sign;
    start_line(w, sign, " ");
    (void)put_value(w, value, 0);
    remark(w);
}

/* ---- the list ---- */

static const char *take(const char *at, const char *member, const char **ret_value) {
    size_t len = strlen(member);
    if (strncmp(at, member, len) != 0)
        return at;
    *ret_value = at + len;
    at = lbx_changes_value_end(at + len);
    return *at == ',' ? at + 1 : at;
}

static void put_path(struct writer *w, const char *path) {
    w->sign = '@';
    start_line(w, '@', " ");
    if (path[1] == '"')
        put_text(w, "the whole object");
    else
        (void)put_body(w, path + 1);
    remark(w);
}

/* Writes one change, whose members are in canonical order. */
static void put_change(struct writer *w, const char *change) {
    const char *after = NULL, *before = NULL, *path = NULL, *at = change + (*change == '{');
    at = take(at, "\"after\":", &after);
    at = take(at, "\"before\":", &before);
    at = take(at, "\"path\":", &path);
    if (*change == '{' && *at == '}' && path && *path == '"' && (before || after)) {
        put_path(w, path);
        put_lines(w, '-', before);
        put_lines(w, '+', after);
        return;
    }
    start_line(w, '!', " ");
    lbx_buf_str(w->out, "not a change as Lockbox makes them; as it is:");
    put_lines(w, '!', change);
}

void lbx_changes_words(const char *changes, struct lbx_buf *out) {
    struct writer w = {.out = out};
    if (!changes || !*changes)
        return;
    if (*changes != '[') {
        put_change(&w, changes);
        return;
    }
    for (const char *at = changes; *at == '[' || *at == ',';) {
        put_change(&w, at + 1);
        at = lbx_changes_value_end(at + 1);
    }
}
