/* Tables of JSON objects: for each member its type, limits and offset in a struct. read.h and
 * write.h use them.
 *
 * In structs, text is a NUL-terminated pointer into an arena, times and durations are
 * microseconds, enums are int. Absent is NULL, 0 or false; an embedded object is absent where
 * all its members are. A list that is present but empty is a non-NULL pointer with the count 0.
 * JSON members without a row are ignored; JSON null is the same as absent. */
#ifndef LBX_JSON_TABLE_H
#define LBX_JSON_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An enum's value is the index of its name: element 0 is NULL (absent), and NULL ends the array.
 * A well-formed duration beyond lbx_duration_parse's maximum is read as LBX_DURATION_BEYOND, so
 * that the request is refused and the event not rejected. */
enum lbx_type {
    LBX_T_TEXT,      /* const char * */
    LBX_T_INT,       /* int64_t, min..max */
    LBX_T_BOOL,      /* bool */
    LBX_T_TIME,      /* int64_t, RFC 3339 in JSON (with "T", unlike PostgreSQL) */
    LBX_T_DURATION,  /* int64_t, ISO 8601 in JSON; min..max in microseconds, max 0: none */
    LBX_T_ENUM,      /* int: index into names */
    LBX_T_OBJECT,    /* the struct of table `of`, embedded */
    LBX_T_LIST,      /* pointer to the items; their number, a size_t, at count_offset */
    LBX_T_CANONICAL, /* const char *, any value as RFC 8785 canonical JSON; max bytes of it */
    LBX_T_JSON,      /* struct lbx_json: any value, for another table to read; never written */
};

/* The form of a text, besides its length. */
enum lbx_format {
    LBX_FMT_ANY,     /* well-formed UTF-8 without NUL */
    LBX_FMT_EMAIL,   /* what lbx_email_check takes (base/email.h) */
    LBX_FMT_CLUSTER, /* what lbx_cluster_id_check takes (base/resource.h) */
    LBX_FMT_WEBHOOK, /* what lbx_webhook_check takes (base/webhook.h) */
};

struct lbx_table;

struct lbx_field {
    const char *name; /* the JSON member, which JSON Schema has, too */
    enum lbx_type type;
    enum lbx_type item; /* LIST: LBX_T_TEXT, LBX_T_INT or LBX_T_OBJECT */
    bool required;
    bool characters; /* TEXT: min and max count Unicode code points instead of bytes */
    bool lenient;    /* a value that breaks the row is absent, in each mode */
    bool nullable;   /* required, but may be null: read as absent, written as null */
    enum lbx_format format;
    int64_t min, max; /* TEXT and its items: length; INT and its items, DURATION: value */
    int64_t min_items, max_items; /* LIST */
    const char *const *names;     /* ENUM */
    const struct lbx_table *of;   /* OBJECT, LIST of OBJECT; TEXT: may be an object instead */
    bool
        by_name; /* LIST of OBJECT: an object in JSON; its members are the items, without their names */
    size_t offset, count_offset;
    size_t object_offset; /* TEXT with `of`: offset of the object */
};

struct lbx_table {
    const char *name; /* the struct's, without lbx_; shared parts as in the schemas' $defs */
    size_t size;      /* of the struct */
    const struct lbx_field *fields;
    size_t count;
};

/* Rows of a table: owner is the struct's tag, member its member, with the same name in JSON;
 * limits follow as designated initialisers. A member of another C type does not compile. */
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
/* A row whose struct member has another name than the JSON member, such as a member of a member. */
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
