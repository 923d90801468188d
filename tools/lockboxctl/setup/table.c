/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_setup_commands[] = {
    {"db migrate", "", CTL_OPT(DRY_RUN) | CTL_OPT(ONLY), 0,
     "Bring both databases' schemas up to date",
     "Each script runs in one transaction, under a lock: two at once are harmless. LOCKBOX_DATABASE_URL\n"
     "and LOCKBOX_AUDIT_DATABASE_URL must name roles that may create roles and schemas.",
     "lockboxctl db migrate --dry-run", ctl_db_migrate},
    {"db status", "", CTL_OPT(OUTPUT) | CTL_OPT(ONLY), 0,
     "Compare both databases' schemas with what this program knows",
     "Exit code 1 where a script is pending, has changed since, or is unknown here.",
     "lockboxctl db status -o json", ctl_db_status},
    {"topics create", "",
     CTL_OPT(PARTITIONS) | CTL_OPT(REPLICATION) | CTL_OPT(DEV) | CTL_OPT(OUTPUT), 0,
     "Create the Kafka topics that are missing",
     "Topics that exist are left as they are. Records are kept for ever (retention.ms -1): an auditor\n"
     "can start again at offset 0. Each partition has three replicas, of which two must have a record. Topics\n"
     "that other systems write accept uncompressed records of up to 1 MiB, with the broker's timestamps. With --dev one broker\n"
     "is enough.",
     "lockboxctl topics create --partitions 16", ctl_topics_create},
    {"topics check", "", CTL_OPT(PARTITIONS) | CTL_OPT(DEV) | CTL_OPT(OUTPUT), 0,
     "Look whether the Kafka topics are as they must be",
     "Exit code 1 if one is missing, does not accept Lockbox's records, could lose acknowledged records, accepts\n"
     "records too large for the workers, has other partitions than the workers read, or fewer than the audit store has\n"
     "records of (if LOCKBOX_AUDIT_DATABASE_URL is set). With --dev one broker is enough.",
     "lockboxctl topics check", ctl_topics_check},
    {"topics grant", "", 0, 0, "Grant the rules of its input in Kafka, all at once",
     "A rule is a line: principal, operation (Read, Write, Create, Describe, DescribeConfigs), kind (topic,\n"
     "group, cluster), pattern (literal, prefixed) and name. deploy/kafka/acls.sh --rules writes them. What is\n"
     "granted already stays; the principal needs Alter on the cluster.",
     "lockboxctl topics grant < rules", ctl_topics_grant},
    {NULL},
};
