/* Due requests that are skipped: their rows cannot be read, or the database refuses to write them. Both sessions use the list. */
#ifndef LBX_EXPIRER_LEFT_OUT_H
#define LBX_EXPIRER_LEFT_OUT_H

#include "io/pg.h"

/* Skips a request for a minute. why: the reason on /readyz, which lives as long as the process. */
void left_out_add(const char *request_id, const char *why);

/* Whether the list is full: then the rows are hardly at fault. */
bool left_out_is_full(void);

/* The ids, as a statement's parameter. */
void left_out_array(struct lbx_pg_arrays *ret_array);

/* Empties the list once the minute is over. Returns the microseconds until then; LBX_NEVER_US:
 * the list is empty. */
int64_t left_out_look_again(void);

#endif
