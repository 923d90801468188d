/* One log, leaf by leaf: rows, tiles, head and checkpoints against each other. */
#ifndef LOCKBOXCTL_AUDIT_CHECK_H
#define LOCKBOXCTL_AUDIT_CHECK_H

#include "verifier.h"

/* The whole log. Findings are no failure of this. */
void check_log(struct verifier *verifier, const struct log *log);

#endif
