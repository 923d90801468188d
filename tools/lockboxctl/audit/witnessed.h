/* Checks, if there is a policy, every cosignature of its witnesses, and that a checkpoint has
 * enough. */
#ifndef LOCKBOXCTL_AUDIT_WITNESSED_H
#define LOCKBOXCTL_AUDIT_WITNESSED_H

#include "verifier.h"

void check_witnesses(struct verifier *verifier, const struct log *log);

#endif
