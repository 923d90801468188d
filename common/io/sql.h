/* A statement from a .sql file, embedded by CMake (lbx_embed_sql) and prepared under its name.
 *
 * Its file says by name and type what it takes and what it answers; cmake/embed_sql.cmake makes structs of that, and
 * these descriptions of the structs, by which io/pg.h writes parameters and reads rows.
 */
#ifndef LBX_IO_SQL_H
#define LBX_IO_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LBX_PARAMS_MAX = 40 };

/* bytea. data NULL: SQL NULL. */
struct lbx_bytes {
    const void *data;
    size_t len;
};

/* How a struct's member has a value. */
enum lbx_sql_kind {
    LBX_SQL_TEXT,  /* const char *: NULL is SQL NULL. text, uuid, json, jsonb, interval */
    LBX_SQL_INT,   /* int64_t: smallint, integer, bigint */
    LBX_SQL_TIME,  /* int64_t: timestamptz, microseconds since 1970; 0 is SQL NULL */
    LBX_SQL_BOOL,  /* bool */
    LBX_SQL_BYTES, /* struct lbx_bytes: bytea */
    LBX_SQL_ROWS, /* struct lbx_pg_arrays *: a set, each column an array. Without rows there is no call */
    LBX_SQL_ARRAY, /* struct lbx_pg_arrays *: one array, which may be empty */
};

struct lbx_sql_layout {
    size_t count;
    const struct lbx_sql_column {
        const char *name;
        enum lbx_sql_kind kind;
        size_t offset;                     /* in the struct */
        const struct lbx_sql_layout *rows; /* of a set's or an array's rows */
        bool optional;                     /* of an integer: 0 is SQL NULL */
        unsigned char bytes;               /* of an integer: its width in a row of COPY */
    } * columns;
};

/* Of arrays. */
extern const struct lbx_sql_layout lbx_sql_array_TEXT, lbx_sql_array_INT;

struct lbx_sql {
    const char *name; /* <folder>_<file> */
    const char *text;
    /* What PostgreSQL is told to take for each parameter (an oid of its catalogue pg_type), 0: its own choice. Of
     * arrays: int8[], timestamptz[] and bytea[] as they are, all others as text[], whose elements it casts. */
    int type_count;
    unsigned types[LBX_PARAMS_MAX];
    struct lbx_sql_layout takes, answers;
};

#endif
