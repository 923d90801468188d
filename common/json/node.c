/* Parses JSON into a tree of nodes, in an arena: in one pass over the text, or by jansson where scan.h refuses the
 * text. Promises the same tree by both, with members in the order of RFC 8785. Fails with a reason. */
#include "json/node.h"

#include "json/dom.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the order of members ---- */

/* Reads the code point at *at, and moves behind it; text is UTF-8. */
static unsigned long next_point(const unsigned char **at) {
    const unsigned char *c = *at;
    size_t more = *c < 0x80 ? 0 : *c < 0xE0 ? 1 : *c < 0xF0 ? 2 : 3;
    unsigned long point = more == 0 ? *c : *c & (0x3Fu >> more);
    for (size_t i = 1; i <= more; i++)
        point = point << 6 | (c[i] & 0x3Fu);
    *at += more + 1;
    return point;
}

/* The first UTF-16 code unit of a code point. Surrogate pairs sort below U+E000. */
static unsigned long first_unit(unsigned long point) {
    return point < 0x10000 ? point : 0xD800 + ((point - 0x10000) >> 10);
}

static int order(unsigned long a, unsigned long b) {
    return (a > b) - (a < b);
}

/* Skips the common prefix bytewise, then compares the first code points that differ. */
int lbx_utf16_compare(const struct lbx_scan_text *a, const struct lbx_scan_text *b) {
    const unsigned char *x = (const unsigned char *)a->at, *y = (const unsigned char *)b->at;
    size_t shorter = a->len < b->len ? a->len : b->len, same = 0;
    while (same < shorter && x[same] == y[same])
        same++;
    if (same == shorter)
        return order(a->len, b->len);
    if (x[same] < 0x80 && y[same] < 0x80)
        return order(x[same], y[same]);
    while (same > 0 && ((x[same] & 0xC0) == 0x80 || (y[same] & 0xC0) == 0x80))
        same--;
    x += same, y += same;
    unsigned long p = next_point(&x), q = next_point(&y);
    unsigned long u = first_unit(p), v = first_unit(q);
    return u != v ? order(u, v) : order(p, q);
}

static int by_name(const void *a, const void *b) {
    return lbx_utf16_compare(&((const struct lbx_node *)a)->name,
                             &((const struct lbx_node *)b)->name);
}

static bool is_in_order(const struct lbx_node *members, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (by_name(&members[i - 1], &members[i]) >= 0)
            return false;
    return true;
}

/* Sorts the members. False: a name occurs twice. */
static bool put_in_order(struct lbx_node *members, size_t count) {
    if (is_in_order(members, count)) /* most programs write sorted members */
        return true;
    qsort(members, count, sizeof *members, by_name);
    return is_in_order(members, count);
}

/* ---- from text ---- */

struct parser {
    struct lbx_scan scan;
    struct lbx_arena *arena;
    struct lbx_node *open; /* items so far of each value around the position */
    size_t count, room;
};

static void release(struct parser *p) {
    free(p->open);
}

static void append(struct parser *p, const struct lbx_node *item) {
    if (p->count == p->room) {
        p->room = p->room ? p->room * 2 : 256;
        p->open = lbx_realloc(p->open, p->room * sizeof *p->open);
    }
    p->open[p->count++] = *item;
}

/* Moves the items from `first` on into the node. */
static void close_items(struct parser *p, size_t first, struct lbx_node *ret_node) {
    ret_node->count = p->count - first;
    ret_node->items = LBX_ARENA_ARRAY(p->arena, struct lbx_node, ret_node->count);
    if (ret_node->count)
        memcpy(ret_node->items, p->open + first, ret_node->count * sizeof *ret_node->items);
    p->count = first;
}

static bool parse_text(struct parser *p, struct lbx_scan_text *ret_text) {
    if (!lbx_scan_string(&p->scan, ret_text))
        return false;
    if (!ret_text->plain) {
        char *decoded = lbx_arena_alloc(p->arena, ret_text->len + 1);
        ret_text->len = lbx_scan_decode(ret_text, decoded);
        ret_text->at = decoded;
    }
    return true;
}

static bool parse(struct parser *p, struct lbx_node *ret_node);

static bool parse_object(struct parser *p, struct lbx_node *ret_node) {
    size_t first = p->count;
    ret_node->type = LBX_NODE_OBJECT;
    if (!lbx_scan_take(&p->scan, '}')) {
        do {
            struct lbx_node member;
            if (!lbx_scan_take(&p->scan, '"') || !lbx_scan_string(&p->scan, &member.name) ||
                !member.name.plain || !lbx_scan_take(&p->scan, ':') || !parse(p, &member))
                return false;
            append(p, &member);
        } while (lbx_scan_take(&p->scan, ','));
        if (!lbx_scan_take(&p->scan, '}'))
            return false;
    }
    close_items(p, first, ret_node);
    return put_in_order(ret_node->items, ret_node->count);
}

static bool parse_array(struct parser *p, struct lbx_node *ret_node) {
    size_t first = p->count;
    ret_node->type = LBX_NODE_ARRAY;
    if (!lbx_scan_take(&p->scan, ']')) {
        do {
            struct lbx_node element = {.name = {0}};
            if (!parse(p, &element))
                return false;
            append(p, &element);
        } while (lbx_scan_take(&p->scan, ','));
        if (!lbx_scan_take(&p->scan, ']'))
            return false;
    }
    close_items(p, first, ret_node);
    return true;
}

static bool parse_nested(struct parser *p, bool (*items)(struct parser *, struct lbx_node *),
                         struct lbx_node *ret_node) {
    p->scan.at++;
    bool good = lbx_scan_enter(&p->scan) && items(p, ret_node);
    lbx_scan_leave(&p->scan);
    return good;
}

static bool parse_word(struct parser *p, const char *word, enum lbx_node_type type,
                       struct lbx_node *ret_node) {
    ret_node->type = type;
    return lbx_scan_word(&p->scan, word);
}

/* Parses a value; the node's name is unchanged. */
static bool parse(struct parser *p, struct lbx_node *ret_node) {
    lbx_scan_space(&p->scan);
    switch (p->scan.at < p->scan.end ? *p->scan.at : '\0') {
    case '"':
        p->scan.at++;
        ret_node->type = LBX_NODE_TEXT;
        return parse_text(p, &ret_node->text);
    case '{':
        return parse_nested(p, parse_object, ret_node);
    case '[':
        return parse_nested(p, parse_array, ret_node);
    case 't':
        return parse_word(p, "true", LBX_NODE_TRUE, ret_node);
    case 'f':
        return parse_word(p, "false", LBX_NODE_FALSE, ret_node);
    case 'n':
        return parse_word(p, "null", LBX_NODE_NULL, ret_node);
    default:
        ret_node->type = LBX_NODE_INTEGER;
        return lbx_scan_integer(&p->scan, &ret_node->integer);
    }
}

bool lbx_node_parse_text(const char *text, size_t len, struct lbx_arena *arena,
                         struct lbx_node *ret_node) {
    struct parser p LBX_CLEANUP(release);
    lbx_scan_begin(&p.scan, text, len);
    p.arena = arena;
    p.open = NULL;
    p.count = p.room = 0;
    *ret_node = (struct lbx_node){.name = {0}};
    return parse(&p, ret_node) && lbx_scan_end(&p.scan);
}

struct lbx_node *lbx_node_parse(const char *text, size_t len, struct lbx_arena *arena,
                                struct lbx_reason *ret_reason) {
    struct lbx_node *node = LBX_ARENA_NEW(arena, struct lbx_node);
    if (lbx_node_parse_text(text, len, arena, node))
        return node;
    json_t *value LBX_JSON = lbx_dom_parse(text, len, ret_reason);
    return value ? lbx_node_of(value, arena) : NULL;
}

/* ---- from jansson's values ---- */

static struct lbx_scan_text copy_text(const char *text, size_t len, struct lbx_arena *arena) {
    return (struct lbx_scan_text){.at = lbx_arena_memdup(arena, text, len), .len = len};
}

static void copy(const json_t *value, struct lbx_arena *arena, struct lbx_node *ret_node);

static void copy_object(const json_t *value, struct lbx_arena *arena, struct lbx_node *ret_node) {
    const char *name;
    json_t *member;
    size_t at = 0;
    ret_node->count = json_object_size(value);
    ret_node->items = LBX_ARENA_ARRAY(arena, struct lbx_node, ret_node->count);
    json_object_foreach((json_t *)value, name, member) {
        ret_node->items[at].name = copy_text(name, strlen(name), arena);
        copy(member, arena, &ret_node->items[at++]);
    }
    bool once = put_in_order(ret_node->items, ret_node->count);
    assert(once);
    (void)once;
}

static void copy_array(const json_t *value, struct lbx_arena *arena, struct lbx_node *ret_node) {
    ret_node->count = json_array_size(value);
    ret_node->items = LBX_ARENA_ARRAY(arena, struct lbx_node, ret_node->count);
    for (size_t i = 0; i < ret_node->count; i++)
        copy(json_array_get(value, i), arena, &ret_node->items[i]);
}

static void copy(const json_t *value, struct lbx_arena *arena, struct lbx_node *ret_node) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        ret_node->type = LBX_NODE_OBJECT;
        copy_object(value, arena, ret_node);
        return;
    case JSON_ARRAY:
        ret_node->type = LBX_NODE_ARRAY;
        copy_array(value, arena, ret_node);
        return;
    case JSON_STRING:
        ret_node->type = LBX_NODE_TEXT;
        ret_node->text = copy_text(json_string_value(value), json_string_length(value), arena);
        return;
    case JSON_INTEGER:
        ret_node->type = LBX_NODE_INTEGER;
        ret_node->integer = json_integer_value(value);
        return;
    case JSON_REAL:
        ret_node->type = LBX_NODE_REAL;
        ret_node->real = json_real_value(value);
        return;
    case JSON_TRUE:
        ret_node->type = LBX_NODE_TRUE;
        return;
    case JSON_FALSE:
        ret_node->type = LBX_NODE_FALSE;
        return;
    case JSON_NULL:
        ret_node->type = LBX_NODE_NULL;
        return;
    }
}

struct lbx_node *lbx_node_of(const json_t *value, struct lbx_arena *arena) {
    struct lbx_node *node = LBX_ARENA_NEW(arena, struct lbx_node);
    copy(value, arena, node);
    return node;
}

/* ---- access ---- */

/* The member's index; node->count: none. */
static size_t find(const struct lbx_node *node, const char *name) {
    size_t len = strlen(name), at = 0;
    while (at < node->count &&
           (node->items[at].name.len != len || memcmp(node->items[at].name.at, name, len) != 0))
        at++;
    return at;
}

struct lbx_node *lbx_node_member(const struct lbx_node *node, const char *name) {
    if (!node || node->type != LBX_NODE_OBJECT)
        return NULL;
    size_t at = find(node, name);
    return at < node->count ? &node->items[at] : NULL;
}

struct lbx_node *lbx_node_element(const struct lbx_node *node, size_t index) {
    return node && node->type == LBX_NODE_ARRAY && index < node->count ? &node->items[index] : NULL;
}

void lbx_node_drop(struct lbx_node *node, const char *name) {
    if (!node || node->type != LBX_NODE_OBJECT)
        return;
    size_t at = find(node, name);
    if (at == node->count)
        return;
    node->count--;
    memmove(&node->items[at], &node->items[at + 1], (node->count - at) * sizeof *node->items);
}

void lbx_node_set_text(struct lbx_node *node, const char *text) {
    node->type = LBX_NODE_TEXT;
    node->text = (struct lbx_scan_text){.at = text, .len = strlen(text), .plain = true};
}

bool lbx_node_is_text(const struct lbx_node *node, const char *wanted) {
    return node && node->type == LBX_NODE_TEXT && node->text.len == strlen(wanted) &&
           memcmp(node->text.at, wanted, node->text.len) == 0;
}

bool lbx_node_is_same_text(const struct lbx_node *a, const struct lbx_node *b) {
    return a && b && a->type == LBX_NODE_TEXT && b->type == LBX_NODE_TEXT &&
           a->text.len == b->text.len && memcmp(a->text.at, b->text.at, a->text.len) == 0;
}

const char *lbx_node_text(const struct lbx_node *node, struct lbx_arena *arena) {
    return node && node->type == LBX_NODE_TEXT
               ? lbx_arena_memdup(arena, node->text.at, node->text.len)
               : NULL;
}
