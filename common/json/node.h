/* A JSON value as nodes in an arena: to be changed, compared and written as canonical JSON.
 *
 * The members of an object stand in the order of canonical JSON (RFC 8785, 3.2.3), each name once. Text borrows from what
 * was parsed where it needs no decoding.
 */
#ifndef LBX_JSON_NODE_H
#define LBX_JSON_NODE_H

#include "base/arena.h"
#include "base/err.h"
#include "json/scan.h"

struct json_t;
struct lbx_reason;

enum lbx_node_type {
    LBX_NODE_OBJECT,
    LBX_NODE_ARRAY,
    LBX_NODE_TEXT,
    LBX_NODE_INTEGER,
    LBX_NODE_REAL,
    LBX_NODE_TRUE,
    LBX_NODE_FALSE,
    LBX_NODE_NULL,
};

/* Texts are decoded UTF-8 without NUL, not NUL-terminated; plain: canonical JSON writes the text as it is. */
struct lbx_node {
    enum lbx_node_type type;
    struct lbx_scan_text name; /* of a member of an object */
    union {
        struct {
            struct lbx_node *items; /* members or elements */
            size_t count;
        };
        struct lbx_scan_text text;
        int64_t integer;
        double real;
    };
};

/* NULL, with *ret_reason set, where text is not one JSON value or has a member twice, as lbx_dom_parse has it. text is
 * borrowed as long as the node is used. */
struct lbx_node *lbx_node_parse(const char *text, size_t len, struct lbx_arena *arena,
                                struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* The same without jansson: false where it would be asked. Apart for the tests that compare the two. */
bool lbx_node_parse_text(const char *text, size_t len, struct lbx_arena *arena,
                         struct lbx_node *ret_node) LBX_MUST_CHECK;

/* A copy of jansson's value, whole. */
struct lbx_node *lbx_node_of(const struct json_t *value, struct lbx_arena *arena);

/* NULL: none, or node is NULL or no object, or no array. */
struct lbx_node *lbx_node_member(const struct lbx_node *node, const char *name);
struct lbx_node *lbx_node_element(const struct lbx_node *node, size_t index);

/* Takes a member out of an object; those behind it move. node may be NULL, or another value. */
void lbx_node_drop(struct lbx_node *node, const char *name);

/* Static text, without what canonical JSON escapes. */
void lbx_node_set_text(struct lbx_node *node, const char *text);

/* Whether it is this text. node may be NULL. */
bool lbx_node_is_text(const struct lbx_node *node, const char *wanted);

/* Whether two texts are the same; NULL, or another value, is the same as nothing. */
bool lbx_node_is_same_text(const struct lbx_node *a, const struct lbx_node *b);

/* A NUL-terminated copy; NULL: no text. */
const char *lbx_node_text(const struct lbx_node *node, struct lbx_arena *arena);

/* Below, at or above 0, by UTF-16 code units (RFC 8785, 3.2.3). Both are UTF-8. */
int lbx_utf16_compare(const struct lbx_scan_text *a, const struct lbx_scan_text *b);

#endif
