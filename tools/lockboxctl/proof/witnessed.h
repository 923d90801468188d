/* A policy asks for witnesses: every cosignature of theirs holds, and there is a checkpoint with enough. */
#ifndef LOCKBOXCTL_PROOF_WITNESSED_H
#define LOCKBOXCTL_PROOF_WITNESSED_H

#include "check.h"

void check_witnesses(struct lane *lane, const struct log *log);

#endif
