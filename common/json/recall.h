/* Reads what we wrote ourselves, by its table and in one pass over the text. A parser, which makes a JSON value of each
 * member, takes ten times as long. Every worker reads requests so, for each event that changes one.
 *
 * It answers only where a parser would say the same (scan.h has what it takes for out of the ordinary), and gives no
 * reasons.
 */
#ifndef LBX_EVENT_RECALL_H
#define LBX_EVENT_RECALL_H

#include "json/fields.h"

/* As lbx_fields_recall. False: ask a parser; *ret_struct is unspecified. */
bool lbx_recall(const struct lbx_table *table, const char *text, size_t len,
                struct lbx_arena *arena, void *ret_struct);

#endif
