/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_quarantine_commands[] = {
    {"quarantine list", "", CTL_OPTIONS_OF_LISTS | CTL_OPT(OPEN), 0,
     "List the records that were rejected, the newest first", NULL,
     "lockboxctl quarantine list --limit 10", ctl_quarantine_list},
    {"quarantine show", "ID", CTL_OPT(OUTPUT), 0, "Show a rejected record, whole",
     "Bytes that are no text are shown as hexadecimal.", "lockboxctl quarantine show 17 -o json",
     ctl_quarantine_show},
    {"quarantine replay", "ID…", CTL_OPT(BY) | CTL_OPT(REASON), CTL_OPT(BY),
     "Publish rejected records again, after a fix",
     "Each is published unchanged to its topic, with one more header: lockbox-replay-of, topic/partition/\n"
     "offset. Operator, time, reason and new offset are stored, and published as lockbox.quarantine.replayed.v1.\n"
     "An interrupted replay may be repeated after a minute. A record that is rejected again is a new one here.",
     "lockboxctl quarantine replay 17 18 --by 2c1f,jonas@lockbox.example --reason 'limit raised'",
     ctl_quarantine_replay},
    {"quarantine discard", "ID…", CTL_OPT(BY) | CTL_OPT(REASON), CTL_OPT(BY) | CTL_OPT(REASON),
     "Leave rejected records at that, for a reason",
     "They stay in the database, but quarantine list --open no longer shows them.\n"
     "lockbox.quarantine.discarded.v1 says who did it, and why.",
     "lockboxctl quarantine discard 19 --by 2c1f,jonas@lockbox.example --reason 'a test'",
     ctl_quarantine_discard},
    {NULL},
};
