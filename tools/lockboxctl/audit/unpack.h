/* audit verify PATH: checks an export without the store. */
#ifndef LOCKBOXCTL_AUDIT_UNPACK_H
#define LOCKBOXCTL_AUDIT_UNPACK_H

#include "command.h"

enum ctl_exit verify_export(struct ctl *ctl);

#endif
