/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_offsets_commands[] = {
    {"offsets accept", "", CTL_OPT(ONLY) | CTL_OPT(BY) | CTL_OPT(REASON) | CTL_OPT(OUTPUT),
     CTL_OPT(BY) | CTL_OPT(REASON),
     "Accept databases that are older than what Kafka says was committed",
     "For whoever emptied a database on purpose: the workers that wait read on from where the database says. In one\n"
     "that was set back by accident they would decide again, and otherwise, what was decided: docs/recovery.md.",
     "lockboxctl offsets accept --by 2c1f,jonas@lockbox.example --reason 'a new environment on old topics'",
     ctl_offsets_accept},
    {NULL},
};
