/* Commands for mails: their ledger, and the templates. */
#ifndef LOCKBOXCTL_NOTIFICATION_COMMANDS_H
#define LOCKBOXCTL_NOTIFICATION_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_notification_commands[]; /* ended by one without a name */

enum ctl_exit ctl_notification_list(struct ctl *ctl);
enum ctl_exit ctl_notification_retry(struct ctl *ctl);
enum ctl_exit ctl_notification_preview(struct ctl *ctl);
enum ctl_exit ctl_templates_check(struct ctl *ctl);

#endif
