/* Checks one log leaf by leaf: rows, tiles, head and checkpoints. */
#ifndef LOCKBOXCTL_AUDIT_CHECK_H
#define LOCKBOXCTL_AUDIT_CHECK_H

#include "verifier.h"

/* Checks the whole log. Findings do not count as a failure. */
void check_log(struct verifier *verifier, const struct log *log);

#endif
