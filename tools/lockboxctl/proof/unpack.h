/* audit verify PATH: an export, and nothing else. */
#ifndef LOCKBOXCTL_PROOF_UNPACK_H
#define LOCKBOXCTL_PROOF_UNPACK_H

#include "ctl.h"

enum ctl_exit verify_export(struct ctl *ctl);

#endif
