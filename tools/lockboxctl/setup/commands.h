/* Commands for database schemas and Kafka topics. */
#ifndef LOCKBOXCTL_SETUP_COMMANDS_H
#define LOCKBOXCTL_SETUP_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_setup_commands[]; /* ended by one without a name */

enum ctl_exit ctl_db_migrate(struct ctl *ctl);
enum ctl_exit ctl_db_status(struct ctl *ctl);
enum ctl_exit ctl_topics_create(struct ctl *ctl);
enum ctl_exit ctl_topics_check(struct ctl *ctl);
enum ctl_exit ctl_topics_grant(struct ctl *ctl);

#endif
