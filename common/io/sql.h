/* A statement from a .sql file, embedded by CMake (lbx_embed_sql) and prepared under its name. */
#ifndef LBX_IO_SQL_H
#define LBX_IO_SQL_H

enum { LBX_PARAMS_MAX = 40 };

struct lbx_sql {
    const char *name; /* <folder>_<file> */
    const char *text;
    /* Of the parameters that are arrays ($1::text[]), what PostgreSQL is told to take (an oid of its catalogue
     * pg_type): int8[], timestamptz[] and bytea[] as they are, all others as text[], whose elements it casts. 0 is
     * its own choice, and that of all parameters behind the last that is listed. */
    int type_count;
    unsigned types[LBX_PARAMS_MAX];
};

#endif
