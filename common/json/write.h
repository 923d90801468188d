/* Writes structs as compact JSON, by the tables of json/table.h. */
#ifndef LBX_JSON_WRITE_H
#define LBX_JSON_WRITE_H

#include "base/buf.h"
#include "json/table.h"

/* Appends the struct as a JSON object, members in the table's order. Required members are always
 * written, as null where the struct lacks them (a bug of the caller, which readers report as
 * "missing"); others if present. */
void lbx_json_write(const struct lbx_table *table, const void *of_struct, struct lbx_buf *out);

/* The same without braces; nothing where there is no member. */
void lbx_json_write_members(const struct lbx_table *table, const void *of_struct,
                            struct lbx_buf *out);

#endif
