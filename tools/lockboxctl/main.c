/* lockboxctl: Lockbox in an operator's hands. Every command is a row of this table; usage.c reads the
 * command line by it and prints help from it.
 */
#include "ctl.h"

#include "event/payload.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LISTED (CTL_OPT(OUTPUT) | CTL_OPT(LIMIT))
#define DECISION                                                                                   \
    (CTL_OPT(BY) | CTL_OPT(COMMENT) | CTL_OPT(SIGN_WITH) | CTL_OPT(WAIT) | CTL_OPT(DRY_RUN))
#define DECISION_MORE                                                                                \
    "Prints the event's id once Kafka has the record; with --wait the verdict, too: exit code 1\n"   \
    "where it is another than applied, recorded or duplicate. Nobody is asked whether --by is who\n" \
    "he says: let only portals and operators write to the decisions topic. --sign-with signs the\n"  \
    "request's digest, which it reads from LOCKBOX_DATABASE_URL; the policy may ask for that."

/* Publishes one event: fields by name, as its table has them. */
#define PUBLISHER(name, key, event, what, ...)                                                     \
    {                                                                                              \
        name, key " [FIELD=VALUE…]", CTL_OPT(DRY_RUN), 0, what, PUBLISHER_MORE,                    \
            "lockboxctl " name " " __VA_ARGS__, ctl_publish_event, false, LBX_EVENT_##event        \
    }
#define PUBLISHER_MORE                                                                                  \
    "For trying things, and for standing in: any producer of these events is as good. Prints the\n"     \
    "event's id once Kafka has the record; with --dry-run the event, and sends nothing. An object is\n" \
    "its parts in order with commas between them, or JSON; a list is its field given several times."
#define CLUSTER                                                                                    \
    "resource_id=/subscriptions/5c5c/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"       \
    "openShiftClusters/aro "

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
    {"request list", "", LISTED | CTL_OPT(STATE) | CTL_OPT(TICKET) | CTL_OPT(WATCH), 0,
     "List requests, the newest first", NULL, "lockboxctl request list --state customer_notified",
     ctl_request_list},
    {"request show", "ID", CTL_OPT(OUTPUT), 0, "Show a request as it stands",
     "-o json prints it as request.* events publish it. There is no csv of one request.",
     "lockboxctl request show 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", ctl_request_show},
    {"request timeline", "ID", CTL_OPT(OUTPUT) | CTL_OPT(WATCH), 0,
     "Tell a request's story from the audit store",
     "-o json and csv name each record by topic, partition and offset.",
     "lockboxctl request timeline 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", ctl_request_timeline},
    {"approve", "ID", DECISION | CTL_OPT(ITEMS) | CTL_OPT(DURATION), CTL_OPT(BY),
     "Publish an approval, as a portal would", DECISION_MORE,
     "lockboxctl approve 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example "
     "--items 1,3 --duration PT2H --wait",
     ctl_approve},
    {"deny", "ID", DECISION, CTL_OPT(BY), "Publish a denial, as a portal would", DECISION_MORE,
     "lockboxctl deny 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example "
     "--comment 'not in business hours'",
     ctl_deny},
    {"revoke", "ID", DECISION, CTL_OPT(BY), "Publish the end of a grant, as a portal would",
     DECISION_MORE,
     "lockboxctl revoke 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example",
     ctl_revoke},
    {"acknowledge", "ID", DECISION, CTL_OPT(BY),
     "Publish that the customer knows of an emergency, as a portal would", DECISION_MORE,
     "lockboxctl acknowledge 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example",
     ctl_acknowledge},
    PUBLISHER("ticket open", "TICKET", TICKET_OPENED, "Publish that a ticket was opened",
              "T-1 subscription_id=5c5c title='Ingress is down'"),
    PUBLISHER("ticket assign", "TICKET", TICKET_ASSIGNED, "Publish that an engineer got a ticket",
              "T-1 engineer=9f3e,eve@vendor.example,'Eve Adams',microsoft"),
    PUBLISHER("ticket escalate", "TICKET", TICKET_ESCALATED,
              "Publish that a second engineer works on a ticket",
              "T-1 engineer=77aa,otto@vendor.example,Otto,redhat"),
    PUBLISHER("ticket close", "TICKET", TICKET_CLOSED, "Publish that a ticket was closed",
              "T-1 comment=solved"),
    PUBLISHER("ticket reopen", "TICKET", TICKET_REOPENED, "Publish that a ticket was opened again",
              "T-1"),
    PUBLISHER("ticket request", "TICKET", ACCESS_REQUESTED,
              "Publish that an engineer asks for access",
              "T-1 engineer_id=9f3e " CLUSTER
              "actions=get_pod_logs,openshift-ingress actions=delete_object,shop,Pod,cart-0 "
              "justification='routes answer 503' duration=PT2H"),
    PUBLISHER("ticket withdraw", "TICKET", ACCESS_WITHDRAWN,
              "Publish that an engineer takes his request back",
              "T-1 request_id=019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 engineer_id=9f3e"),
    PUBLISHER("ticket emergency", "TICKET", ACCESS_EMERGENCY_DECLARED,
              "Publish that an engineer takes access at once, in an emergency",
              "T-1 engineer_id=9f3e " CLUSTER
              "actions=get_pod_logs,openshift-ingress justification='all routes are down' "
              "authorized_by=11bb,kim@vendor.example,Kim incident_id=INC-7"),
    PUBLISHER("tenant subscription-add", "TENANT", TENANT_SUBSCRIPTION_ADDED,
              "Publish that a tenant has a subscription", "contoso subscription_id=5c5c name=prod"),
    PUBLISHER("tenant subscription-remove", "TENANT", TENANT_SUBSCRIPTION_REMOVED,
              "Publish that a tenant has a subscription no more", "contoso subscription_id=5c5c"),
    PUBLISHER("tenant role-assign", "TENANT", TENANT_ROLE_ASSIGNED,
              "Publish that somebody got a role",
              "contoso subscription_id=5c5c principal=5b21,lena@contoso.example,'Lena Fischer' "
              "role=owner"),
    PUBLISHER("tenant role-remove", "TENANT", TENANT_ROLE_REMOVED,
              "Publish that somebody lost a role",
              "contoso subscription_id=5c5c principal=5b21,lena@contoso.example,'Lena Fischer' "
              "role=owner"),
    PUBLISHER("tenant enable", "TENANT", TENANT_LOCKBOX_ENABLED,
              "Publish that a subscription's owner is to be asked",
              "contoso subscription_id=5c5c by=0a0a,ada@contoso.example,Ada"),
    PUBLISHER("tenant disable", "TENANT", TENANT_LOCKBOX_DISABLED,
              "Publish that nobody is to be asked",
              "contoso subscription_id=5c5c by=0a0a,ada@contoso.example,Ada"),
    PUBLISHER("tenant contacts", "TENANT", TENANT_CONTACTS_SET, "Publish whom else to tell by mail",
              "contoso subscription_id=5c5c alternate_emails=soc@contoso.example "
              "alternate_emails=ops@contoso.example"),
    PUBLISHER(
        "tenant policy", "TENANT", TENANT_POLICY_SET, "Publish a subscription's policy",
        "contoso subscription_id=5c5c by=0a0a,ada@contoso.example,Ada approvals_needed=2 "
        "max_duration=PT4H auto_approve=get_pod_logs,openshift-ingress signed_decisions=true"),
    PUBLISHER("tenant key", "TENANT", TENANT_APPROVER_KEY_SET, "Publish an approver's public key",
              "contoso principal_id=5b21 public_key=lena.pem"),
    PUBLISHER("access report", "ENGINEER", ACCESS_PERFORMED,
              "Publish what was done on a cluster, or kept from being done",
              "9f3e " CLUSTER "action=get_pod_logs namespace=openshift-ingress "
              "performed_at=2026-11-25T23:00:00Z outcome=allowed"),
    {"quarantine list", "", LISTED | CTL_OPT(OPEN), 0,
     "List the records that were rejected, the newest first", NULL,
     "lockboxctl quarantine list --limit 10", ctl_quarantine_list},
    {"quarantine show", "ID", CTL_OPT(OUTPUT), 0, "Show a rejected record, whole",
     "Bytes that are no text are shown as hexadecimal.", "lockboxctl quarantine show 17 -o json",
     ctl_quarantine_show},
    {"quarantine replay", "ID…", CTL_OPT(BY) | CTL_OPT(REASON), CTL_OPT(BY),
     "Publish rejected records again, after a fix",
     "Each as it was, to the topic it came from, with one header more: lockbox-replay-of, topic/partition/\n"
     "offset. Who, when, why and where it stands is kept, and told by lockbox.quarantine.replayed.v1. One\n"
     "that broke off may be begun again after a minute. What is rejected again is a new record here.",
     "lockboxctl quarantine replay 17 18 --by 2c1f,jonas@lockbox.example --reason 'limit raised'",
     ctl_quarantine_replay},
    {"quarantine discard", "ID…", CTL_OPT(BY) | CTL_OPT(REASON), CTL_OPT(BY) | CTL_OPT(REASON),
     "Leave rejected records at that, for a reason",
     "They stay in the database, and leave quarantine list --open. lockbox.quarantine.discarded.v1 tells\n"
     "who did it, and why.",
     "lockboxctl quarantine discard 19 --by 2c1f,jonas@lockbox.example --reason 'a test'",
     ctl_quarantine_discard},
    {"notification list", "", LISTED | CTL_OPT(REQUEST), 0,
     "List mails and what became of them, the newest first", NULL,
     "lockboxctl notification list --request 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52",
     ctl_notification_list},
    {"notification retry", "[ID…]", CTL_OPT(OUTPUT) | CTL_OPT(REQUEST), 0,
     "Send mails again that were given up, or wait",
     "They are due at once, and for as long as at first. The recipient gets a mail twice only where a\n"
     "server took it and said that it did not.",
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
    {"audit verify", "[PATH]",
     CTL_OPT(KAFKA) | CTL_OPT(DETACHED) | CTL_OPT(LEAVES) | CTL_OPT(TOPIC) | CTL_OPT(PARTITION) |
         CTL_OPT(OFFSETS) | CTL_OPT(OUTPUT),
     0, "Check that no record of the audit store is changed, missing or added",
     "Recomputes every leaf, tile, head and checkpoint from the records, and checks signatures by the\n"
     "keys in LOCKBOX_CHECKPOINT_VKEYS_FILE or of LOCKBOX_CHECKPOINT_KEY_FILE. Names, for each log that\n"
     "is wrong, the first offset, and how: exit code 1. With PATH: an export, and nothing else.",
     "lockboxctl audit verify --kafka", ctl_audit_verify},
    {"audit export", "",
     CTL_OPT(OUT) | CTL_OPT(REQUEST) | CTL_OPT(TENANT) | CTL_OPT(FROM) | CTL_OPT(TO), CTL_OPT(OUT),
     "Write records with all that proves them into a folder or a .tar archive",
     "One of --request, --tenant, or --from with --to. What it writes is verified without the store, by\n"
     "lockboxctl audit verify PATH or any other verifier; it waits up to 10 s for the latest to be signed.",
     "lockboxctl audit export --out evidence.tar --request 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52",
     ctl_audit_export},
    {"audit proof", "TOPIC PARTITION OFFSET", 0, 0,
     "Print the proof that a record stands in its log (C2SP tlog-proof)",
     "Exit code 1 where no checkpoint covers the offset yet.",
     "lockboxctl audit proof lockbox.events.v1 0 17 > 17.tlog-proof", ctl_audit_proof},
    {"audit report", "ID", CTL_OPT(HTML), CTL_OPT(HTML),
     "Tell a request's story as a page: who, what and when, mails, accesses, and what proves it",
     "Prints the page. Each record in it is proved while it is made; exit code 1 where one is not the one\n"
     "in the log. The page convinces nobody who does not trust its maker: audit export does.",
     "lockboxctl audit report 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --html > report.html",
     ctl_audit_report},
    {"audit vkey", "", 0, 0, "Print each log's verifier key (C2SP signed note), one a line",
     "Of the keys in LOCKBOX_CHECKPOINT_VKEYS_FILE and of LOCKBOX_CHECKPOINT_KEY_FILE. What it prints is\n"
     "what LOCKBOX_CHECKPOINT_VKEYS_FILE takes.",
     "lockboxctl audit vkey > vkeys.txt", ctl_audit_vkey},
    {"audit witness", "", CTL_OPT(OUTPUT), 0,
     "Ask the witnesses to cosign each log's newest checkpoint (C2SP tlog-witness)",
     "LOCKBOX_WITNESS_POLICY_FILE names them, with their URLs, and how many must sign; their signatures are\n"
     "stored, and audit verify then asks for them. Exit code 1 where one refuses: it may have seen another\n"
     "log under this name. LOCKBOX_AUDIT_DATABASE_URL: a role that may insert, such as lockbox_audit_writer.",
     "lockboxctl audit witness", ctl_audit_witness},
    {"keygen", "PATH", 0, 0, "Make a key that signs checkpoints, and print its verifier key",
     "Writes the private key (PEM, Ed25519) to PATH, which must not exist, for LOCKBOX_CHECKPOINT_KEY_FILE.\n"
     "The verifier key that it prints goes to whoever verifies; its name is LOCKBOX_LOG_ORIGIN.",
     "lockboxctl keygen /etc/lockbox/checkpoint.pem >> vkeys.txt", ctl_keygen},
    {"audit rebuild", "", CTL_OPT(CHECK), 0,
     "Make the audit store's read models again from its records",
     "Compares row by row, and puts right what differs; the auditor waits meanwhile. With --check it\n"
     "changes nothing, disturbs nobody, and names the first difference of each model: exit code 1.\n"
     "LOCKBOX_AUDIT_DATABASE_URL: a role that may read everything, such as lockbox_auditor; to rebuild,\n"
     "one that acts as lockbox_audit_owner.",
     "lockboxctl audit rebuild --check", ctl_audit_rebuild},
    {"config", "", CTL_OPT(OUTPUT), 0, "Print every setting, with its value or default",
     "Secrets are shown as ***. NAME_FILE instead of NAME reads a value from a file. Exit code 2 where\n"
     "a setting is wrong.",
     "lockboxctl config -o csv", ctl_config, .reads_settings_itself = true},
    {"completion", "bash|zsh", 0, 0, "Print what makes a shell complete these commands",
     "For bash: source it, or put it into /etc/bash_completion.d. For zsh: source it after compinit, or\n"
     "put it as _lockboxctl into a folder of fpath.",
     "lockboxctl completion bash > /etc/bash_completion.d/lockboxctl", ctl_completion,
     .reads_settings_itself = true},
    {"man", "", 0, 0, "Print the manual page", NULL,
     "lockboxctl man > /usr/local/share/man/man1/lockboxctl.1", ctl_man,
     .reads_settings_itself = true},
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
        return (int)code;
    lbx_arena_init(&ctl.arena);
    code = run(&ctl);
    lbx_arena_done(&ctl.arena);
    if (fflush(stdout) != 0)
        code = ctl_fail(CTL_NO, "standard output cannot be written");
    return (int)code;
}
