/* The command line. */
#ifndef LOCKBOXCTL_PARSE_H
#define LOCKBOXCTL_PARSE_H

#include "command.h"

/* Fills ctl from the command line. False, with the exit code: help or an error was printed. */
bool ctl_parse(struct ctl *ctl, const struct ctl_command *commands, int argc, char **argv,
               enum ctl_exit *ret_exit);

#endif
