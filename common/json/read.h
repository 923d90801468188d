/* The JSON reader: an object's text to a struct, by a table, in one pass.
 *
 * Three modes differ in the effect of a value that breaks its row. Text that is malformed,
 * breaks the table, or has a form that scan.h refuses is parsed by jansson, and read by the same
 * table or refused with a reason. So the result does not depend on which of the two read it. */
#ifndef LBX_JSON_READ_H
#define LBX_JSON_READ_H

#include "base/arena.h"
#include "base/err.h"
#include "json/table.h"

/* The effect of a value that breaks its row. Strict, for input from outside: an error. Stored,
 * for what Lockbox wrote: an error, but formats (enum lbx_format) are not checked, so that old
 * text stays readable when a format changes. Partial: that member is absent. */
enum lbx_json_mode { LBX_JSON_STRICT, LBX_JSON_STORED, LBX_JSON_PARTIAL };

/* Why input was rejected, for people: a JSON pointer (RFC 6901) and the error there, such as
 * "/data/actions/3/kind: longer than 256 bytes". Never contains the value. */
struct lbx_reason {
    char text[256];
};

/* Reads the JSON object in text. LBX_ERR_INVALID, with *ret_reason set: duplicate members, NUL,
 * ill-formed UTF-8, nesting beyond jansson's limit, or a value against the table; *ret_struct is
 * then unspecified. `at`: prefix of the JSON pointers in reasons ("" for the root). The result
 * lives in the arena. */
enum lbx_err lbx_json_read(const struct lbx_table *table, const char *text, size_t len,
                           const char *at, struct lbx_arena *arena, void *ret_struct,
                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Reads in mode LBX_JSON_STORED. */
enum lbx_err lbx_json_read_stored(const struct lbx_table *table, const char *text, size_t len,
                                  struct lbx_arena *arena, void *ret_struct,
                                  struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Reads in mode LBX_JSON_PARTIAL. False: text is no JSON object, and all members are absent. */
bool lbx_json_read_partial(const struct lbx_table *table, const char *text, size_t len,
                           struct lbx_arena *arena, void *ret_struct);

/* Whether each member of the JSON object in text, and of objects within that have a table, has a
 * row. For files that people write, where a misspelt member would be ignored. False sets
 * *ret_reason, also where text is not JSON. */
bool lbx_json_is_known(const struct lbx_table *table, const char *text, size_t len,
                       struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* ---- a value that is read more than once ---- */

struct json_t;

/* A value that may be read several times. text is borrowed. The first reading that needs jansson
 * keeps the parsed value for later ones. A member of type LBX_T_JSON borrows from the value that
 * has it. All zero: no value. */
struct lbx_json {
    const char *text;
    size_t len;
    const struct json_t *parsed; /* used instead of text, unless NULL */
    struct json_t *held;         /* released by lbx_json_done */
};

/* Reads the value by the table. Errors as lbx_json_read. In mode LBX_JSON_PARTIAL ret_reason is
 * NULL. After text was refused as malformed, later readings see no value. */
enum lbx_err lbx_json_read_value(const struct lbx_table *table, struct lbx_json *value,
                                 enum lbx_json_mode mode, const char *at, struct lbx_arena *arena,
                                 void *ret_struct, struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Whether the text is well-formed JSON without duplicate members; false sets *ret_reason. JSON
 * null becomes no value. */
bool lbx_json_check(struct lbx_json *value, struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Whether there is no value. */
static inline bool lbx_json_is_absent(const struct lbx_json *value) {
    return !value->text && !value->parsed;
}

void lbx_json_done(struct lbx_json *value);

#endif
