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
     "Each as it was, to the topic it came from, with one header more: lockbox-replay-of, topic/partition/\n"
     "offset. Who, when, why and where it stands is kept, and told by lockbox.quarantine.replayed.v1. One\n"
     "that broke off may be begun again after a minute. What is rejected again is a new record here.",
     "lockboxctl quarantine replay 17 18 --by 2c1f,jonas@lockbox.example --reason 'limit raised'",
     ctl_quarantine_replay},
    {"quarantine discard", "ID…", CTL_OPT(BY) | CTL_OPT(REASON), CTL_OPT(BY) | CTL_OPT(REASON),
     "Leave rejected records at that, for a reason",
     "They stay in the database, and leave quarantine list --open. lockbox.quarantine.discarded.v1 tells\n"
     "who did it, and why.",
     "lockboxctl quarantine discard 19 --by 2c1f,jonas@lockbox.example --reason 'a test'",
     ctl_quarantine_discard},
    {NULL},
};
