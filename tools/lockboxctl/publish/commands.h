/* Commands that publish events like a portal, a ticketing system or an enforcement point. */
#ifndef LOCKBOXCTL_PUBLISH_COMMANDS_H
#define LOCKBOXCTL_PUBLISH_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_publish_commands[]; /* ended by one without a name */

enum ctl_exit ctl_approve(struct ctl *ctl);
enum ctl_exit ctl_deny(struct ctl *ctl);
enum ctl_exit ctl_revoke(struct ctl *ctl);
enum ctl_exit ctl_acknowledge(struct ctl *ctl);
enum ctl_exit ctl_publish_event(struct ctl *ctl);

#endif
