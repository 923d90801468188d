/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_offsets_commands[] = {
    {"offsets accept", "", CTL_OPT(ONLY) | CTL_OPT(BY) | CTL_OPT(REASON) | CTL_OPT(OUTPUT),
     CTL_OPT(BY) | CTL_OPT(REASON),
     "Accept databases that are older than what Kafka says was committed",
     "Only for a database that was emptied on purpose: the waiting workers then continue at the database's offsets. After an\n"
     "accidental loss they would decide the lost input again, with other results: docs/recovery.md.",
     "lockboxctl offsets accept --by 2c1f,jonas@lockbox.example --reason 'a new environment on old topics'",
     ctl_offsets_accept},
    {NULL},
};
