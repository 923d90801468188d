/* One engine that reads (over jansson) and writes JSON by tables: field, type, limit, place in a struct.
 *
 * Only this module sees a JSON value. Structs hold text as NUL-terminated pointers into an arena,
 * times and durations as microseconds, enums as int. Absent is NULL, 0 or false; an embedded object
 * is absent where all its members are. A list that is present but empty is a pointer that is not
 * NULL with the count 0. Members of JSON objects that no table names are ignored; JSON null is the
 * same as absent.
 */
#ifndef LBX_EVENT_FIELDS_H
#define LBX_EVENT_FIELDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An enum's names are found by its value: element 0 is NULL (absent), and so is the end. A duration
 * beyond what lbx_duration_parse takes is read as LBX_DURATION_BEYOND: too long is judged, and not
 * malformed. */
enum lbx_type {
    LBX_T_TEXT,     /* const char * */
    LBX_T_INT,      /* int64_t, min..max */
    LBX_T_BOOL,     /* bool */
    LBX_T_TIME,     /* int64_t, RFC 3339 in JSON (with "T": not PostgreSQL's own form) */
    LBX_T_DURATION, /* int64_t, ISO 8601 in JSON; min..max in microseconds, max 0: none */
    LBX_T_ENUM,     /* int: index into names */
    LBX_T_OBJECT,   /* the struct of table `of`, embedded */
    LBX_T_LIST,     /* pointer to the items; their number, a size_t, at count_offset */
};

/* What a text must look like beyond its length. */
enum lbx_format {
    LBX_FMT_ANY,   /* well-formed UTF-8 without NUL */
    LBX_FMT_EMAIL, /* what lbx_email_check takes (base/email.h) */
};

struct lbx_table;

struct lbx_field {
    const char *name; /* of the JSON member; a JSON Schema property of the same name exists */
    enum lbx_type type;
    enum lbx_type item; /* LIST: LBX_T_TEXT, LBX_T_INT or LBX_T_OBJECT */
    bool required;
    bool characters; /* TEXT: min and max count Unicode code points instead of bytes */
    bool nullable;   /* required, but null may stand there: read as absent, written as null */
    enum lbx_format format;
    int64_t min, max; /* TEXT and its items: length; INT and its items, DURATION: value */
    int64_t min_items, max_items; /* LIST */
    const char *const *names;     /* ENUM */
    const struct lbx_table *of;   /* OBJECT, LIST of OBJECT */
    size_t offset, count_offset;
};

struct lbx_table {
    const char *name; /* of the struct, without lbx_; shared parts as in the schemas' $defs */
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

/* The same for what a program of ours wrote, by rules that may have been narrower or wider: formats are
 * taken as they are. A request must stay readable, or nobody could revoke it. */
enum lbx_err lbx_fields_recall(const struct lbx_table *table, const char *bytes, size_t len,
                               struct lbx_arena *arena, void *ret_struct,
                               struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Reads what fits and leaves the rest absent, for readers that must record anything. Returns whether
 * bytes were a JSON object at all. */
bool lbx_fields_glean(const struct lbx_table *table, const char *bytes, size_t len,
                      struct lbx_arena *arena, void *ret_struct);

/* Appends the struct as a compact JSON object, members in the table's order. Required members are
 * always written (null where the struct has none: our bug, which the reader then reports as
 * "missing"), the others where present. */
void lbx_fields_write(const struct lbx_table *table, const void *of_struct, struct lbx_buf *out);

/* The same without the object's braces: "" where there is no member. */
void lbx_fields_write_members(const struct lbx_table *table, const void *of_struct,
                              struct lbx_buf *out);

/* Rows of a table: owner is the struct's tag, member its member, named as in JSON; limits follow as
 * designated initialisers. A row on a member of another C type does not compile. */
#define LBX_ROW_TEXT(owner, member, ...)                                                           \
    LBX_ROW(owner, member, LBX_T_TEXT, const char *, __VA_ARGS__)
#define LBX_ROW_INT(owner, member, ...) LBX_ROW(owner, member, LBX_T_INT, int64_t, __VA_ARGS__)
#define LBX_ROW_BOOL(owner, member, ...) LBX_ROW(owner, member, LBX_T_BOOL, bool, __VA_ARGS__)
#define LBX_ROW_TIME(owner, member, ...) LBX_ROW(owner, member, LBX_T_TIME, int64_t, __VA_ARGS__)
#define LBX_ROW_DURATION(owner, member, ...)                                                       \
    LBX_ROW(owner, member, LBX_T_DURATION, int64_t, __VA_ARGS__)
#define LBX_ROW_ENUM(owner, member, ...) LBX_ROW(owner, member, LBX_T_ENUM, int, __VA_ARGS__)
#define LBX_ROW_OBJECT(owner, member, ctype, ...)                                                  \
    LBX_ROW(owner, member, LBX_T_OBJECT, ctype, __VA_ARGS__)
#define LBX_ROW_TEXTS(owner, member, counter, ...)                                                 \
    LBX_ROW_LIST(owner, member, counter, LBX_T_TEXT, const char **, __VA_ARGS__)
#define LBX_ROW_INTS(owner, member, counter, ...)                                                  \
    LBX_ROW_LIST(owner, member, counter, LBX_T_INT, int64_t *, __VA_ARGS__)
#define LBX_ROW_OBJECTS(owner, member, counter, ctype, ...)                                        \
    LBX_ROW_LIST(owner, member, counter, LBX_T_OBJECT, ctype *, __VA_ARGS__)

#define LBX_ROW_LIST(owner, member, counter, item_type, ctype, ...)                                \
    LBX_ROW(owner, member, LBX_T_LIST, ctype, .item = (item_type),                                 \
            .count_offset = LBX_PLACE(owner, counter, size_t), __VA_ARGS__)
#define LBX_ROW(owner, member, row_type, ctype, ...)                                               \
    LBX_ROW_AS(#member, owner, member, row_type, ctype, __VA_ARGS__)
/* For a member of a member, which JSON names otherwise. */
#define LBX_ROW_AS(row_name, owner, member, row_type, ctype, ...)                                  \
    {                                                                                              \
        .name = (row_name), .type = (row_type), .offset = LBX_PLACE(owner, member, ctype),         \
        __VA_ARGS__                                                                                \
    }
#define LBX_PLACE(owner, member, ctype)                                                            \
    (offsetof(struct owner, member) + 0 * sizeof(_Generic(((struct owner *)0)->member, ctype       \
                                                          : (char)0)))

#define LBX_TABLE(schema_name, owner, rows)                                                        \
    {                                                                                              \
        .name = (schema_name), .size = sizeof(struct owner), .fields = (rows),                     \
        .count = sizeof(rows) / sizeof((rows)[0])                                                  \
    }

#endif
