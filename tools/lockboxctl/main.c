/* lockboxctl: the operator's command line. Each command is a row of its group's table: usage.c
 * prints help from the rows, parse.c parses the command line by them. Exit codes are in fail.h. */
#include "audit/commands.h"
#include "base/log.h"
#include "check_metrics.h"
#include "cluster/commands.h"
#include "io/secret.h"
#include "notification/commands.h"
#include "offsets/commands.h"
#include "outbox/commands.h"
#include "parse.h"
#include "partition/commands.h"
#include "publish/commands.h"
#include "quarantine/commands.h"
#include "reconcile/commands.h"
#include "request/commands.h"
#include "self/commands.h"
#include "setup/commands.h"
#include "tenant/commands.h"
#include "width.h"

#include <assert.h>
#include <stdio.h>

enum { COMMANDS_MAX = 80 };

/* All groups' commands, in the order of the help. */
static struct ctl_command commands[COMMANDS_MAX + 1];

static void collect(void) {
    static const struct ctl_command *const groups[] = {
        ctl_setup_commands,        ctl_reconcile_commands, ctl_request_commands,
        ctl_publish_commands,      ctl_tenant_commands,    ctl_quarantine_commands,
        ctl_outbox_commands,       ctl_offsets_commands,   ctl_partition_commands,
        ctl_notification_commands, ctl_audit_commands,     ctl_cluster_commands,
        ctl_self_commands,
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (const struct ctl_command *row = groups[i]; row->name; row++) {
            assert(count < COMMANDS_MAX);
            commands[count++] = *row;
        }
}

static enum ctl_exit run(struct ctl *ctl) {
    if (ctl->command->reads_settings_itself)
        return ctl->command->run(ctl);
    char *why LBX_FREE = NULL;
    if (lbx_settings_load(&ctl->settings, &why) != LBX_OK)
        return ctl_fail(CTL_USAGE, "%s", why);
    enum ctl_exit code = ctl->command->run(ctl);
    lbx_settings_done(&ctl->settings);
    return code;
}

/* Checks that standard output has all that was printed. An earlier error counts, too: stdio drops what it could not write. */
static enum ctl_exit end_output(enum ctl_exit code) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    ctl_fail(CTL_NO, "standard output cannot be written");
    return code == CTL_DONE ? CTL_NO : code;
}

int main(int argc, char **argv) {
    struct ctl ctl = {0};
    enum ctl_exit code;
    lbx_secret_keep_memory();
    lbx_log_init("lockboxctl", LBX_LOG_WARN);
    lbx_log_for_people();
    ctl_width_init();
    collect();
    if (!ctl_parse(&ctl, commands, argc, argv, &code))
        return (int)end_output(code);
    lbx_arena_init(&ctl.arena);
    code = check_metrics_write(&ctl, end_output(run(&ctl)));
    lbx_arena_done(&ctl.arena);
    return (int)code;
}
