/* Commands for rejected records. */
#ifndef LOCKBOXCTL_QUARANTINE_COMMANDS_H
#define LOCKBOXCTL_QUARANTINE_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_quarantine_commands[]; /* ended by one without a name */

enum ctl_exit ctl_quarantine_list(struct ctl *ctl);
enum ctl_exit ctl_quarantine_show(struct ctl *ctl);
enum ctl_exit ctl_quarantine_replay(struct ctl *ctl);
enum ctl_exit ctl_quarantine_discard(struct ctl *ctl);

#endif
