/* What --help prints, on standard output, and wrong usage on standard error. */
#ifndef LOCKBOXCTL_USAGE_H
#define LOCKBOXCTL_USAGE_H

#include "command.h"

#include <stdio.h>

/* Every command whose name begins with group; "": all. */
void ctl_help_all(FILE *out, const struct ctl_command *commands, const char *group);

/* One command: arguments, options, fields, an example. */
void ctl_help_one(const struct ctl_command *command);

#endif
