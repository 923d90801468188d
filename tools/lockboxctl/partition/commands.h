/* Commands for operators' orders about a partition. */
#ifndef LOCKBOXCTL_PARTITION_COMMANDS_H
#define LOCKBOXCTL_PARTITION_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_partition_commands[]; /* ended by one without a name */

enum ctl_exit ctl_partition_skip(struct ctl *ctl);
enum ctl_exit ctl_partition_accept(struct ctl *ctl);

#endif
