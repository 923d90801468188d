/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_request_commands[] = {
    {"request list", "", CTL_OPTIONS_OF_LISTS | CTL_OPT(STATE) | CTL_OPT(TICKET) | CTL_OPT(WATCH),
     0, "List requests, the newest first", NULL,
     "lockboxctl request list --state customer_notified", ctl_request_list},
    {"request show", "ID", CTL_OPT(OUTPUT), 0, "Show a request as it stands",
     "-o json prints it as request.* events publish it; in csv its objects and lists are JSON.",
     "lockboxctl request show 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", ctl_request_show},
    {"request timeline", "ID", CTL_OPT(OUTPUT) | CTL_OPT(WATCH), 0,
     "Tell a request's story from the audit store",
     "-o json and csv name each record by topic, partition and offset.",
     "lockboxctl request timeline 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", ctl_request_timeline},
    {"request words", "", 0, 0, "Say requests in the words of the mails, for a portal",
     "Reads data.request of request.* events from its input, one JSON object a line, and answers each with a\n"
     "line: items (the words of each), duration, cluster. Asks no database.",
     "lockboxctl request words < requests.jsonl", ctl_request_words},
    {NULL},
};
