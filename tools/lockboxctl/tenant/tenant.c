/* tenant release: one statement, by which the database stores tenant, operator and reason. Fails as ctl_ask. */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "sql_ctl.h"

#include <stdio.h>

enum ctl_exit ctl_tenant_release(struct ctl *ctl) {
    struct lbx_principal by;
    struct lbx_pg *pg CTL_PG = NULL;
    const char *id = ctl->args[0], *reason = ctl->options[CTL_REASON];
    if (!ctl_read_by(ctl, &by))
        return CTL_USAGE;
    if (!*reason)
        return ctl_fail(CTL_USAGE, "--reason takes text");
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_subscription_release, &pg,
                                 .subscription_id = id, .operator_id = by.id, .reason = reason);
    if (code != CTL_DONE)
        return code;
    const char *tenant_id = LBX_PG_READ(pg, 0, 0, ctl_subscription_release, NULL).tenant_id;
    if (!tenant_id)
        return ctl_fail(CTL_NO, "no removed subscription has the id %s", id);
    printf("%s released; it was of the tenant %s\n", id, tenant_id);
    return CTL_DONE;
}
