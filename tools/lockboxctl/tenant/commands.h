/* Commands for a tenant's subscriptions. */
#ifndef LOCKBOXCTL_TENANT_COMMANDS_H
#define LOCKBOXCTL_TENANT_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_tenant_commands[]; /* ended by one without a name */

enum ctl_exit ctl_tenant_release(struct ctl *ctl);

#endif
