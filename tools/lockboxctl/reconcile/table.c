/* The group's command. parse.c reads the command line by this row, usage.c, man.c and completion.c
 * print it.
 */
#include "commands.h"

const struct ctl_command ctl_reconcile_commands[] = {
    {"db reconcile", "", CTL_OPT(DRY_RUN) | CTL_OPT(OUTPUT), 0,
     "Derive again what an operational database that was set back has lost",
     "Reads the input topics from the database's offsets on, in the order of Kafka's timestamps, by the rules of requester\n"
     "and decider. Stop these two and the expirer first. events.v1 is only compared: the command lists published versions of\n"
     "requests that the database lacks, or has under another id, and then ends with exit code 1. With --dry-run nothing is\n"
     "read again. LOCKBOX_DATABASE_URL must name a role with the privileges of these workers, such as a superuser; the other\n"
     "settings must be theirs.",
     "lockboxctl db reconcile --dry-run", ctl_db_reconcile},
    {NULL},
};
