/* Commands about lockboxctl itself: settings, shell completion, manual page, version. */
#ifndef LOCKBOXCTL_SELF_COMMANDS_H
#define LOCKBOXCTL_SELF_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_self_commands[]; /* ended by one without a name */

enum ctl_exit ctl_config(struct ctl *ctl);
enum ctl_exit ctl_completion(struct ctl *ctl);
enum ctl_exit ctl_man(struct ctl *ctl);
enum ctl_exit ctl_version(struct ctl *ctl);

#endif
