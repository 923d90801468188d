/* A JSON value as nodes in an arena, to change, compare and write as canonical JSON.
 *
 * The members of an object are in the order of canonical JSON (RFC 8785, 3.2.3), each name once.
 * Text borrows from the parsed text, unless it needed decoding. */
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

/* Texts are decoded UTF-8 without NUL, not NUL-terminated. plain: canonical JSON writes the text without escapes. */
struct lbx_node {
    enum lbx_node_type type;
    struct lbx_scan_text name; /* of an object's member */
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

/* Parses text, which is borrowed as long as the node. NULL, with *ret_reason set: not one JSON
 * value, or a member twice, as in lbx_dom_parse. */
struct lbx_node *lbx_node_parse(const char *text, size_t len, struct lbx_arena *arena,
                                struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* The same without jansson. False: jansson would be needed. For the tests that compare the two parsers. */
bool lbx_node_parse_text(const char *text, size_t len, struct lbx_arena *arena,
                         struct lbx_node *ret_node) LBX_MUST_CHECK;

/* A deep copy of jansson's value. */
struct lbx_node *lbx_node_of(const struct json_t *value, struct lbx_arena *arena);

/* The member or element. NULL: none, or node is NULL or of another type. */
struct lbx_node *lbx_node_member(const struct lbx_node *node, const char *name);
struct lbx_node *lbx_node_element(const struct lbx_node *node, size_t index);

/* Removes a member of an object; later ones move up. Does nothing where node is NULL or no object. */
void lbx_node_drop(struct lbx_node *node, const char *name);

/* Sets a static text that canonical JSON writes without escapes. */
void lbx_node_set_text(struct lbx_node *node, const char *text);

/* Whether the node is a string equal to wanted. node may be NULL. */
bool lbx_node_is_text(const struct lbx_node *node, const char *wanted);

/* Whether both are strings and equal. NULL and other values are equal to nothing. */
bool lbx_node_is_same_text(const struct lbx_node *a, const struct lbx_node *b);

/* A NUL-terminated copy; NULL: not a string. */
const char *lbx_node_text(const struct lbx_node *node, struct lbx_arena *arena);

/* Compares as strcmp(3), by UTF-16 code units (RFC 8785, 3.2.3). Both are UTF-8. */
int lbx_utf16_compare(const struct lbx_scan_text *a, const struct lbx_scan_text *b);

#endif
