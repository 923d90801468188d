/* The JSON reader: an object's text to a struct, by a table, in one pass and without building JSON
 * values.
 *
 * Three modes differ in what a value that breaks its row means. Where the text is ill-formed,
 * breaks the table or is out of the ordinary (scan.h says what that is), jansson parses it: the
 * parsed value is read by the same table, or tells the reason. So a text means the same whichever
 * of the two read it.
 */
#ifndef LBX_JSON_READ_H
#define LBX_JSON_READ_H

#include "base/arena.h"
#include "base/err.h"
#include "json/table.h"

/* What a broken row means. Strict: an error, for input from outside. Stored: the same, but formats
 * (enum lbx_format) are not checked: what Lockbox wrote stays readable after a format's rules
 * changed. Partial: that member is absent, and the others are read. */
enum lbx_json_mode { LBX_JSON_STRICT, LBX_JSON_STORED, LBX_JSON_PARTIAL };

/* Why input was rejected, for people: a JSON pointer (RFC 6901) and what is wrong there, for
 * instance "/data/actions/3/kind: longer than 256 bytes". Never contains the value. */
struct lbx_reason {
    char text[256];
};

/* Reads the JSON object in text. Duplicate members, NUL, ill-formed UTF-8, nesting beyond jansson's
 * limit, and whatever breaks the table are LBX_ERR_INVALID with *ret_reason set; *ret_struct is
 * then unspecified. `at` is the JSON pointer prefix for reasons ("" for the document's root).
 * Everything read lives in the arena. */
enum lbx_err lbx_json_read(const struct lbx_table *table, const char *text, size_t len,
                           const char *at, struct lbx_arena *arena, void *ret_struct,
                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* The same in mode LBX_JSON_STORED. */
enum lbx_err lbx_json_read_stored(const struct lbx_table *table, const char *text, size_t len,
                                  struct lbx_arena *arena, void *ret_struct,
                                  struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* The same in mode LBX_JSON_PARTIAL. Returns whether text was a JSON object at all; where it was
 * none, all members are absent. */
bool lbx_json_read_partial(const struct lbx_table *table, const char *text, size_t len,
                           struct lbx_arena *arena, void *ret_struct);

/* Whether every member of the JSON object in text, and of those that its table reads within it, is one that a table
 * names: for files that people write, where a misspelt member would be one that is not there. False sets *ret_reason,
 * as it does where text is no JSON. */
bool lbx_json_is_known(const struct lbx_table *table, const char *text, size_t len,
                       struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* ---- a value that is read more than once ---- */

struct json_t;

/* text is borrowed. The first reading that needs jansson's value keeps that value for the readings
 * after it. A member of type LBX_T_JSON borrows from the value that it is a member of. All zero: no
 * value. */
struct lbx_json {
    const char *text;
    size_t len;
    const struct json_t *parsed; /* instead of text where it is not NULL */
    struct json_t *held;         /* what lbx_json_done releases */
};

/* Reads the value by the table. Errors as lbx_json_read; in mode LBX_JSON_PARTIAL there is no
 * reason, and ret_reason is NULL. A text that jansson refused with a reason is no value for the
 * readings after it. */
enum lbx_err lbx_json_read_value(const struct lbx_table *table, struct lbx_json *value,
                                 enum lbx_json_mode mode, const char *at, struct lbx_arena *arena,
                                 void *ret_struct, struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Whether the text is well-formed JSON without a member twice, before anything is read from it;
 * false sets *ret_reason. JSON null becomes no value. */
bool lbx_json_check(struct lbx_json *value, struct lbx_reason *ret_reason) LBX_MUST_CHECK;

static inline bool lbx_json_is_absent(const struct lbx_json *value) {
    return !value->text && !value->parsed;
}

void lbx_json_done(struct lbx_json *value);

#endif
