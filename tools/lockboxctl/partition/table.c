/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_partition_commands[] = {
    {"partition skip", "TOPIC PARTITION FIRST LAST", CTL_OPT(BY) | CTL_OPT(REASON),
     CTL_OPT(BY) | CTL_OPT(REASON), "Step over records that nobody can read",
     "Both offsets are stepped over, and all between. The workers that stand there go on within seconds. It is told by\n"
     "lockbox.operator.partition_skipped.v1; the quarantine has a row, and in the audit store, where the offsets stay\n"
     "without records, audit.skipped says who ordered it and why. TOPIC is its name on the broker. It is ordered of both\n"
     "databases, the audit store first: where one fails, order it again.",
     "lockboxctl partition skip lockbox.tickets.v1 3 40211 40211 --by 2c1f,jonas@lockbox.example --reason 'inflates to 300 MB'",
     ctl_partition_skip},
    {"partition accept", "TOPIC PARTITION", CTL_OPT(BY) | CTL_OPT(REASON),
     CTL_OPT(BY) | CTL_OPT(REASON), "Read a log that took another one's place",
     "For a partition that is stopped because its topic was made again, or its log was cut. The workers read the new log from\n"
     "its beginning, within seconds, as a log of its own: in the audit store its topic has a number and ~ before its name, its\n"
     "checkpoints an origin of their own. An event that had its effect has it no second time. Told by\n"
     "lockbox.operator.partition_accepted.v1. Where Kafka still has the record that was read last, nothing is accepted.",
     "lockboxctl partition accept lockbox.tickets.v1 3 --by 2c1f,jonas@lockbox.example --reason 'the topic was made again'",
     ctl_partition_accept},
    {NULL},
};
