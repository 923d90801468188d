/* The group's command. parse.c reads the command line by this row, usage.c, man.c and completion.c
 * print it.
 */
#include "commands.h"

const struct ctl_command ctl_reconcile_commands[] = {
    {"db reconcile", "", CTL_OPT(DRY_RUN) | CTL_OPT(OUTPUT), 0,
     "Derive again what an operational database that was set back has lost",
     "Reads the input topics on from where the database says, in the order of Kafka's times, by the rules of requester and\n"
     "decider, which must be stopped, as the expirer must. events.v1 is only compared: listed are the versions of requests\n"
     "that were told and that the database does not have, or has under another id; exit code 1 then. With --dry-run\n"
     "nothing is read again. LOCKBOX_DATABASE_URL must name a role that may do what these workers may, such as a superuser;\n"
     "the other settings must be theirs.",
     "lockboxctl db reconcile --dry-run", ctl_db_reconcile},
    {NULL},
};
