/* The commands about Kubernetes clusters. */
#ifndef LOCKBOXCTL_CLUSTER_COMMANDS_H
#define LOCKBOXCTL_CLUSTER_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_cluster_commands[];

enum ctl_exit ctl_cluster_config(struct ctl *ctl);
enum ctl_exit ctl_cluster_check(struct ctl *ctl);
enum ctl_exit ctl_cluster_propose(struct ctl *ctl);
enum ctl_exit ctl_cluster_report(struct ctl *ctl);

#endif
