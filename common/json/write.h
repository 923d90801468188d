/* Writes structs as compact JSON, by the tables that read.h reads by. */
#ifndef LBX_JSON_WRITE_H
#define LBX_JSON_WRITE_H

#include "base/buf.h"
#include "json/table.h"

/* Appends the struct as a JSON object, members in the table's order. Required members are always
 * written (null where the struct has none: a bug of the caller, which a reader reports as
 * "missing"), the others where present. */
void lbx_json_write(const struct lbx_table *table, const void *of_struct, struct lbx_buf *out);

/* The same without the object's braces: "" where there is no member. */
void lbx_json_write_members(const struct lbx_table *table, const void *of_struct,
                            struct lbx_buf *out);

#endif
