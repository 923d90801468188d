/* Commands for databases that were restored from an older state. */
#ifndef LOCKBOXCTL_OFFSETS_COMMANDS_H
#define LOCKBOXCTL_OFFSETS_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_offsets_commands[]; /* ended by one without a name */

enum ctl_exit ctl_offsets_accept(struct ctl *ctl);

#endif
