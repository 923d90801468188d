/* lockboxctl: Lockbox in an operator's hands. Every command is a row of this table; usage.c reads the
 * command line by it and prints help from it.
 */
#include "ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const struct ctl_command commands[] = {
    {"db migrate", "", CTL_OPT(DRY_RUN) | CTL_OPT(ONLY), 0,
     "Bring both databases' schemas up to date",
     "Each script runs in one transaction, under a lock: two at once are harmless. LOCKBOX_DATABASE_URL\n"
     "and LOCKBOX_AUDIT_DATABASE_URL must name roles that may create roles and schemas.",
     "lockboxctl db migrate --dry-run", ctl_db_migrate},
    {"db status", "", CTL_OPT(OUTPUT) | CTL_OPT(ONLY), 0,
     "Compare both databases' schemas with what this program knows",
     "Exit code 1 where a script is pending, has changed since, or is unknown here.",
     "lockboxctl db status -o json", ctl_db_status},
    {"topics create", "", CTL_OPT(PARTITIONS) | CTL_OPT(REPLICATION) | CTL_OPT(OUTPUT), 0,
     "Create the Kafka topics that are missing",
     "Topics that exist are left as they are. Records are kept for ever (retention.ms -1): an auditor\n"
     "can start again at offset 0. deadletter.v1 takes records up to 2 MiB.",
     "lockboxctl topics create --partitions 16 --replication 3", ctl_topics_create},
    {"topics check", "", CTL_OPT(PARTITIONS) | CTL_OPT(OUTPUT), 0,
     "Look whether the Kafka topics are as they must be",
     "Exit code 1 where one is missing or would not take what Lockbox writes to it.",
     "lockboxctl topics check", ctl_topics_check},
    {NULL},
};

enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("lockboxctl: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
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

int main(int argc, char **argv) {
    struct ctl ctl = {0};
    enum ctl_exit code;
    lbx_log_init("lockboxctl", LBX_LOG_WARN);
    lbx_log_for_people();
    if (!ctl_parse(&ctl, commands, argc, argv, &code))
        return code;
    lbx_arena_init(&ctl.arena);
    code = run(&ctl);
    lbx_arena_done(&ctl.arena);
    if (fflush(stdout) != 0)
        return ctl_fail(CTL_NO, "standard output cannot be written");
    return code;
}
