/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_tenant_commands[] = {
    {"tenant release", "SUBSCRIPTION_ID", CTL_OPT(BY) | CTL_OPT(REASON),
     CTL_OPT(BY) | CTL_OPT(REASON), "Let another tenant add the id of a removed subscription",
     "A removed subscription stays its tenant's: nobody else may add its id until it is released. Who released\n"
     "which id, and why, stays in lockbox.subscription_release.",
     "lockboxctl tenant release 5f3e1c7a-90b4-4f0e-8a51-6d2f4b9c3e10 --by 2c1f,jonas@lockbox.example "
     "--reason 'moved to fabrikam, ticket 4711'",
     ctl_tenant_release},
    {NULL},
};
