/* The command line. */
#ifndef LOCKBOXCTL_PARSE_H
#define LOCKBOXCTL_PARSE_H

#include "command.h"

/* Fills ctl from the command line. Where there is help to print or something is wrong it does so
 * and returns false with the exit code. */
bool ctl_parse(struct ctl *ctl, const struct ctl_command *commands, int argc, char **argv,
               enum ctl_exit *ret_exit);

#endif
