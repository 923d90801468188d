/* A policy asks for witnesses: every cosignature of theirs holds, and there is a checkpoint with
 * enough. */
#ifndef LOCKBOXCTL_AUDIT_WITNESSED_H
#define LOCKBOXCTL_AUDIT_WITNESSED_H

#include "verifier.h"

void check_witnesses(struct verifier *verifier, const struct log *log);

#endif
