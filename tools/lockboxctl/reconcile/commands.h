/* Commands for an operational database that was restored from an older state. */
#ifndef LOCKBOXCTL_RECONCILE_COMMANDS_H
#define LOCKBOXCTL_RECONCILE_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_reconcile_commands[]; /* ended by one without a name */

enum ctl_exit ctl_db_reconcile(struct ctl *ctl);

#endif
