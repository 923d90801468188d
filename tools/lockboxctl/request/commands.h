/* Commands for requests in the databases. */
#ifndef LOCKBOXCTL_REQUEST_COMMANDS_H
#define LOCKBOXCTL_REQUEST_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_request_commands[]; /* ended by one without a name */

enum ctl_exit ctl_request_list(struct ctl *ctl);
enum ctl_exit ctl_request_show(struct ctl *ctl);
enum ctl_exit ctl_request_timeline(struct ctl *ctl);
enum ctl_exit ctl_request_words(struct ctl *ctl);

#endif
