/* A statement from a .sql file, embedded by CMake (lbx_embed_sql) and prepared under its name.
 *
 * The file names its parameters and answer columns, with types. cmake/embed_sql.cmake makes
 * structs of them, and these descriptions, by which io/pg.h writes parameters and reads rows. */
#ifndef LBX_IO_SQL_H
#define LBX_IO_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LBX_PARAMS_MAX = 40 };

/* A bytea. data NULL: SQL NULL. */
struct lbx_bytes {
    const void *data;
    size_t len;
};

/* The C type of a member, and the SQL types that it stands for. */
enum lbx_sql_kind {
    LBX_SQL_TEXT,  /* const char *: NULL is SQL NULL. text, uuid, json, jsonb, interval */
    LBX_SQL_INT,   /* int64_t: smallint, integer, bigint */
    LBX_SQL_TIME,  /* int64_t: timestamptz, microseconds since 1970; 0 is SQL NULL */
    LBX_SQL_BOOL,  /* bool */
    LBX_SQL_BYTES, /* struct lbx_bytes: bytea */
    LBX_SQL_ROWS,  /* struct lbx_pg_arrays *: a set, each column an array. An empty set: no call */
    LBX_SQL_ARRAY, /* struct lbx_pg_arrays *: one array, which may be empty */
};

struct lbx_sql_layout {
    size_t count;
    const struct lbx_sql_column {
        const char *name;
        enum lbx_sql_kind kind;
        size_t offset;                     /* of the member in the struct */
        const struct lbx_sql_layout *rows; /* layout of a set's or an array's rows */
        bool optional;                     /* an integer: 0 is SQL NULL */
        unsigned char bytes;               /* an integer: its width in a row of COPY */
    } * columns;
};

/* Layouts of array parameters. */
extern const struct lbx_sql_layout lbx_sql_array_TEXT, lbx_sql_array_INT;

struct lbx_sql {
    const char *name; /* <folder>_<file> */
    const char *text;
    /* The type of each parameter in Parse, an oid of pg_type; 0: the server infers it. Arrays: int8[],
     * timestamptz[] and bytea[] as they are; all others as text[], whose elements the server casts. */
    int type_count;
    unsigned types[LBX_PARAMS_MAX];
    struct lbx_sql_layout takes, answers;
};

#endif
