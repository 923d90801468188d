/* Checks a part of one log. */
#ifndef LOCKBOXCTL_AUDIT_RANGE_H
#define LOCKBOXCTL_AUDIT_RANGE_H

#include "verifier.h"

/* Compares the rows of offsets [first, behind) with tiles, head and the checkpoint that covers
 * them. */
void check_range(struct verifier *verifier, const struct log *log, int64_t first, int64_t behind);

#endif
