/* A statement from a .sql file, embedded by CMake (lbx_embed_sql) and prepared under its name. */
#ifndef LBX_IO_SQL_H
#define LBX_IO_SQL_H

struct lbx_sql {
    const char *name; /* <folder>_<file> */
    const char *text;
};

#endif
