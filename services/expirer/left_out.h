/* The due requests whose rows cannot be read. Both sessions of the expirer use it at once. */
#ifndef LBX_EXPIRER_LEFT_OUT_H
#define LBX_EXPIRER_LEFT_OUT_H

#include "io/pg.h"

/* Leaves a request out, for a minute. */
void left_out_add(const char *request_id);

/* The ids, for a statement. */
void left_out_array(struct lbx_pg_arrays *ret_array);

/* Forgets them once the minute is over, so that a row that was mended is read. Returns how long that is, in
 * microseconds; LBX_NEVER_US: none is left out. */
int64_t left_out_look_again(void);

#endif
