/* Help on standard output, and usage errors on standard error. */
#ifndef LOCKBOXCTL_USAGE_H
#define LOCKBOXCTL_USAGE_H

#include "command.h"

#include <stdio.h>

/* Prints every command whose name begins with group; "": all. */
void ctl_help_all(FILE *out, const struct ctl_command *commands, const char *group);

/* Prints one command: arguments, options, fields, an example. */
void ctl_help_one(const struct ctl_command *command);

#endif
