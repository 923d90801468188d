/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_partition_commands[] = {
    {"partition skip", "TOPIC PARTITION FIRST LAST", CTL_OPT(BY) | CTL_OPT(REASON),
     CTL_OPT(BY) | CTL_OPT(REASON), "Step over records that nobody can read",
     "Both offsets are skipped, and all between them. The waiting workers continue within seconds.\n"
     "lockbox.operator.partition_skipped.v1 reports it; the quarantine has a row, and in the audit store, where the\n"
     "offsets stay without records, audit.skipped says who ordered it and why. TOPIC is its name on the broker. The order\n"
     "is written to both databases, the audit store first: if one fails, run the command again.",
     "lockboxctl partition skip lockbox.tickets.v1 3 40211 40211 --by 2c1f,jonas@lockbox.example --reason 'inflates to 300 MB'",
     ctl_partition_skip},
    {"partition accept", "TOPIC PARTITION", CTL_OPT(BY) | CTL_OPT(REASON),
     CTL_OPT(BY) | CTL_OPT(REASON), "Read a log that took another one's place",
     "For a partition that is stopped because its topic was made again, or its log was cut. The workers read the new log from\n"
     "its beginning, within seconds, as a separate log: in the audit store its topic has a number and ~ before its name, its\n"
     "checkpoints another origin. An event that is in both logs has its effect once.\n"
     "lockbox.operator.partition_accepted.v1 reports it. The command refuses while Kafka has the record that was read last.",
     "lockboxctl partition accept lockbox.tickets.v1 3 --by 2c1f,jonas@lockbox.example --reason 'the topic was made again'",
     ctl_partition_accept},
    {NULL},
};
