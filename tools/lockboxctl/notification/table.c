/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_notification_commands[] = {
    {"notification list", "", CTL_OPTIONS_OF_LISTS | CTL_OPT(REQUEST) | CTL_OPT(STATE), 0,
     "List mails and what became of them, the newest first",
     "States: queued, sending, sent, deferred (tried again later), failed (given up). smtp_reply says why.",
     "lockboxctl notification list --state failed", ctl_notification_list},
    {"notification retry", "[ID…]", CTL_OPT(OUTPUT) | CTL_OPT(REQUEST), 0,
     "Send mails again that were given up, or wait",
     "They are due at once, and are retried for as long as at first. A recipient gets a mail twice only if a\n"
     "server accepted it and answered that it did not.",
     "lockboxctl notification retry --request 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52",
     ctl_notification_retry},
    {"notification preview", "KIND", CTL_OPT(HTML) | CTL_OPT(READER) | CTL_OPT(STATE), 0,
     "Show what a mail says, by an example",
     "Kinds: approval_needed, reminder, outcome, emergency, emergency_reminder; --state picks which\n"
     "outcome. Sends nothing. Uses the templates of LOCKBOX_TEMPLATE_DIR, if it is set.",
     "lockboxctl notification preview outcome --state denied --reader engineer",
     ctl_notification_preview},
    {"templates check", "[DIR]", 0, 0, "Look whether a folder's mail templates fit",
     "Names file and line of all that is wrong, or missing in a mail, with exit code 1. Without DIR\n"
     "it looks at LOCKBOX_TEMPLATE_DIR.",
     "lockboxctl templates check ./our-mails", ctl_templates_check},
    {NULL},
};
