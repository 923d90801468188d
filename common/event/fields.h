/* One engine over jansson that reads and writes JSON by tables: field, type, limit, place in a struct.
 *
 * Only this module sees a JSON value. Structs hold text as NUL-terminated pointers into an arena,
 * times and durations as microseconds, enums as int. Absent is NULL, 0, false or an empty list; an
 * embedded object is absent where its required members are. Members of JSON objects that no table
 * names are ignored; JSON null is the same as absent.
 */
#ifndef LBX_EVENT_FIELDS_H
#define LBX_EVENT_FIELDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lbx_type {
    LBX_T_TEXT,     /* const char * */
    LBX_T_INT,      /* int64_t, min..max */
    LBX_T_BOOL,     /* bool */
    LBX_T_TIME,     /* int64_t, RFC 3339 in JSON */
    LBX_T_DURATION, /* int64_t, ISO 8601 in JSON; min..max in microseconds */
    LBX_T_ENUM,     /* int: index into names, whose element 0 is NULL (absent) and whose end is NULL */
    LBX_T_OBJECT,   /* the struct of table `of`, embedded */
    LBX_T_LIST,     /* pointer to the items; their number, a size_t, at count_offset */
};

/* What a text must look like beyond its length. */
enum lbx_format {
    LBX_FMT_ANY,   /* well-formed UTF-8 without NUL */
    LBX_FMT_EMAIL, /* something@something, no space, no control character */
};

struct lbx_table;

struct lbx_field {
    const char *name; /* of the JSON member; a JSON Schema property of the same name exists */
    enum lbx_type type;
    enum lbx_type item; /* LIST: LBX_T_TEXT, LBX_T_INT or LBX_T_OBJECT */
    bool required;
    bool characters;   /* TEXT: max counts Unicode code points instead of bytes */
    bool emit_null;    /* writing: an absent value is written as null instead of left out */
    enum lbx_format format;
    int64_t min, max;           /* TEXT and its items: length; INT and its items, DURATION: value */
    int64_t min_items, max_items; /* LIST */
    const char *const *names;   /* ENUM */
    const struct lbx_table *of; /* OBJECT, LIST of OBJECT */
    size_t offset, count_offset;
};

struct lbx_table {
    const char *name; /* of the schema: schemas/events/<name>.json, or of its $defs */
    size_t size;      /* of the struct */
    const struct lbx_field *fields;
    size_t count;
};

/* Why input was rejected, for people: a JSON pointer (RFC 6901) and what is wrong there, for instance
 * "/data/actions/3/kind: longer than 256 bytes". Never contains the value. */
struct lbx_reason {
    char text[256];
};

/* Reads the JSON object in bytes. Duplicate members, NUL, ill-formed UTF-8, nesting beyond jansson's
 * limit, and whatever breaks the table are LBX_ERR_INVALID with *ret_reason set; *ret_struct is then
 * unspecified. `at` is the JSON pointer prefix for reasons ("" for the document's root). Everything
 * read lives in arena. */
enum lbx_err lbx_fields_read(const struct lbx_table *table, const char *bytes, size_t len,
                             const char *at, struct lbx_arena *arena, void *ret_struct,
                             struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Reads what fits and leaves the rest absent, for readers that must record anything. Returns whether
 * bytes were a JSON object at all. */
bool lbx_fields_glean(const struct lbx_table *table, const char *bytes, size_t len,
                      struct lbx_arena *arena, void *ret_struct);

/* Appends the struct as a compact JSON object, members in the table's order. Required members are
 * always written, the others where present. */
void lbx_fields_write(const struct lbx_table *table, const void *of_struct, struct lbx_buf *out);

/* Rows of a table. `owner` is the struct type, `member` its member. */
#define LBX_FIELD_AT(owner, member) .offset = offsetof(struct owner, member)
#define LBX_COUNT_AT(owner, member) .count_offset = offsetof(struct owner, member)
#define LBX_TABLE(schema_name, owner, rows)                                                        \
    { .name = (schema_name), .size = sizeof(struct owner), .fields = (rows),                      \
      .count = sizeof(rows) / sizeof((rows)[0]) }

#endif
