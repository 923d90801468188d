/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_outbox_commands[] = {
    {"outbox list", "", CTL_OPTIONS_OF_LISTS, 0,
     "List the events that Kafka refuses for good, the newest first",
     "Each holds up the later events of its key, and the relay is not ready while there is one.",
     "lockboxctl outbox list", ctl_outbox_list},
    {"outbox drop", "ID", CTL_OPT(BY) | CTL_OPT(REASON), CTL_OPT(BY) | CTL_OPT(REASON),
     "Give up an event that Kafka refuses for good",
     "It is never published; the later events of its key are. The row, who dropped it and why stay in\n"
     "lockbox.outbox_dropped. If a change, such as of the topic's limit, lets Kafka accept it, make that change instead.",
     "lockboxctl outbox drop 71 --by 2c1f,jonas@lockbox.example --reason 'larger than the topic takes'",
     ctl_outbox_drop},
    {NULL},
};
