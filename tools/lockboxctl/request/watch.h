#ifndef LOCKBOXCTL_WATCH_H
#define LOCKBOXCTL_WATCH_H

#include "command.h"

/* Prints the command's answer once; with --watch, whenever it changed, until the process is
 * interrupted or a dependency is down. "Nothing found" (CTL_NO) is tried again. */
enum ctl_exit ctl_watch(struct ctl *ctl, enum ctl_exit (*answer)(struct ctl *ctl));

#endif
