/* Commands for events that Kafka refuses for good. */
#ifndef LOCKBOXCTL_OUTBOX_COMMANDS_H
#define LOCKBOXCTL_OUTBOX_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_outbox_commands[]; /* ended by one without a name */

enum ctl_exit ctl_outbox_list(struct ctl *ctl);
enum ctl_exit ctl_outbox_drop(struct ctl *ctl);

#endif
