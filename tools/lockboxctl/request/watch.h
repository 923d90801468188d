#ifndef LOCKBOXCTL_WATCH_H
#define LOCKBOXCTL_WATCH_H

#include "command.h"

/* The command's answer, once; with --watch whenever it changes, each whole, until the process is
 * interrupted or a dependency is gone. Nothing found (CTL_NO) is waited out. */
enum ctl_exit ctl_watch(struct ctl *ctl, enum ctl_exit (*answer)(struct ctl *ctl));

#endif
