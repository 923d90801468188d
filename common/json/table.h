/* Tables of JSON objects: member, type, limit, place in a struct. read.h reads by them, write.h
 * writes by them.
 *
 * Structs hold text as NUL-terminated pointers into an arena, times and durations as microseconds,
 * enums as int. Absent is NULL, 0 or false; an embedded object is absent where all its members are.
 * A list that is present but empty is a pointer that is not NULL with the count 0. Members of JSON
 * objects that no table names are ignored; JSON null is the same as absent.
 */
#ifndef LBX_JSON_TABLE_H
#define LBX_JSON_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An enum's value is the index of its name: element 0 is NULL (absent), and the element after the
 * last name is NULL. A duration that is well-formed but beyond what lbx_duration_parse holds is
 * read as LBX_DURATION_BEYOND, so that the rules refuse the duration and the event is not rejected.
 */
enum lbx_type {
    LBX_T_TEXT,      /* const char * */
    LBX_T_INT,       /* int64_t, min..max */
    LBX_T_BOOL,      /* bool */
    LBX_T_TIME,      /* int64_t, RFC 3339 in JSON (with "T": not PostgreSQL's own form) */
    LBX_T_DURATION,  /* int64_t, ISO 8601 in JSON; min..max in microseconds, max 0: none */
    LBX_T_ENUM,      /* int: index into names */
    LBX_T_OBJECT,    /* the struct of table `of`, embedded */
    LBX_T_LIST,      /* pointer to the items; their number, a size_t, at count_offset */
    LBX_T_CANONICAL, /* const char *, any value as RFC 8785 canonical JSON; max bytes of it */
    LBX_T_JSON,      /* struct lbx_json: any value, to be read by another table; never written */
};

/* What a text must look like beyond its length. */
enum lbx_format {
    LBX_FMT_ANY,     /* well-formed UTF-8 without NUL */
    LBX_FMT_EMAIL,   /* what lbx_email_check takes (base/email.h) */
    LBX_FMT_CLUSTER, /* what lbx_cluster_id_check takes (base/resource.h) */
    LBX_FMT_WEBHOOK, /* what lbx_webhook_check takes (base/webhook.h) */
};

struct lbx_table;

struct lbx_field {
    const char *name; /* of the JSON member; a JSON Schema property of the same name exists */
    enum lbx_type type;
    enum lbx_type item; /* LIST: LBX_T_TEXT, LBX_T_INT or LBX_T_OBJECT */
    bool required;
    bool characters; /* TEXT: min and max count Unicode code points instead of bytes */
    bool lenient;    /* a value that breaks the row is absent, in every mode */
    bool nullable;   /* required, but null may stand there: read as absent, written as null */
    enum lbx_format format;
    int64_t min, max; /* TEXT and its items: length; INT and its items, DURATION: value */
    int64_t min_items, max_items; /* LIST */
    const char *const *names;     /* ENUM */
    const struct lbx_table
        *of; /* OBJECT, LIST of OBJECT; TEXT: an object may stand there instead */
    bool
        by_name; /* LIST of OBJECT: an object stands there, and the items are its members, whose names are not read */
    size_t offset, count_offset;
    size_t object_offset; /* TEXT with `of`: where the object goes */
};

struct lbx_table {
    const char *name; /* of the struct, without lbx_; shared parts as in the schemas' $defs */
    size_t size;      /* of the struct */
    const struct lbx_field *fields;
    size_t count;
};

/* Rows of a table: owner is the struct's tag, member the struct's member, named as in JSON; limits
 * follow as designated initialisers. A row on a member of another C type does not compile. */
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
/* Where the struct's member has another name than the JSON member, for instance a member of a
 * member. */
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
