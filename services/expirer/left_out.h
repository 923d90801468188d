/* The due requests whose rows cannot be read, or of which the database takes nothing. Both sessions of the expirer use it at once. */
#ifndef LBX_EXPIRER_LEFT_OUT_H
#define LBX_EXPIRER_LEFT_OUT_H

#include "io/pg.h"

/* Leaves a request out, for a minute. why: for /readyz, lives as long as the process. */
void left_out_add(const char *request_id, const char *why);

/* Whether there are so many that it is none of their faults. */
bool left_out_is_full(void);

/* The ids, for a statement. */
void left_out_array(struct lbx_pg_arrays *ret_array);

/* Forgets them once the minute is over, so that a row that was mended is read. Returns how long that is, in
 * microseconds; LBX_NEVER_US: none is left out. */
int64_t left_out_look_again(void);

#endif
