/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_audit_commands[] = {
    {"audit verify", "[PATH]",
     CTL_OPT(KAFKA) | CTL_OPT(DETACHED) | CTL_OPT(LEAVES) | CTL_OPT(TOPIC) | CTL_OPT(PARTITION) |
         CTL_OPT(OFFSETS) | CTL_OPT(METRICS) | CTL_OPT(OUTPUT),
     0, "Check that no record of the audit store is changed, missing or added",
     "Recomputes every leaf, tile, head and checkpoint from the records, and checks signatures by the\n"
     "keys in LOCKBOX_CHECKPOINT_VKEYS_FILE or of LOCKBOX_CHECKPOINT_KEY_FILE. Names, for each wrong\n"
     "log, the first wrong offset and the difference: exit code 1. Also names the database's views, functions,\n"
     "triggers, policies and privileges that differ from this program's scripts. With PATH it checks only that\n"
     "export: its logs, the digest of each request, and the signatures of decisions that counted.",
     "lockboxctl audit verify --kafka", ctl_audit_verify},
    {"audit export", "",
     CTL_OPT(OUT) | CTL_OPT(REQUEST) | CTL_OPT(TENANT) | CTL_OPT(FROM) | CTL_OPT(TO), CTL_OPT(OUT),
     "Write records with all that proves them into a folder or a .tar archive",
     "One of --request, --tenant, or --from with --to. What it writes is verified without the store, by\n"
     "lockboxctl audit verify PATH or any other verifier; it waits up to 10 s for the latest to be\n"
     "recorded and signed. Exit code 1 where a cause that the request's events name is not recorded.",
     "lockboxctl audit export --out evidence.tar --request 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52",
     ctl_audit_export},
    {"audit proof", "TOPIC PARTITION OFFSET", 0, 0,
     "Print the proof that a record stands in its log (C2SP tlog-proof)",
     "Exit code 1 where no checkpoint covers the offset yet.",
     "lockboxctl audit proof lockbox.events.v1 0 17 > 17.tlog-proof", ctl_audit_proof},
    {"audit report", "ID", CTL_OPT(HTML), 0,
     "Tell a request's story as a page: who, what and when, mails, accesses, and what proves it",
     "Prints the page, as text without --html. Each record in it is proved while it is made; exit code 1\n"
     "if one differs from the log, or if a cause that the request's events name is not recorded\n"
     "within 10 s. The page is no proof for readers who do not trust its author: use audit export for them.",
     "lockboxctl audit report 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --html > report.html",
     ctl_audit_report},
    {"audit review", "", CTL_OPT(TENANT) | CTL_OPT(MONTH) | CTL_OPT(HTML) | CTL_OPT(OUTPUT),
     CTL_OPT(TENANT) | CTL_OPT(MONTH), "Tell how a tenant consented in a month",
     "How many requests were approved, denied or expired, how fast, and by whom; which grants and\n"
     "items were never used. hasty: an approval within ten seconds after the request.",
     "lockboxctl audit review --tenant contoso --month 2026-11", ctl_audit_review},
    {"audit vkey", "", 0, 0, "Print each log's verifier key (C2SP signed note), one a line",
     "Of the keys in LOCKBOX_CHECKPOINT_VKEYS_FILE and of LOCKBOX_CHECKPOINT_KEY_FILE. What it prints is\n"
     "what LOCKBOX_CHECKPOINT_VKEYS_FILE takes. Exit code 1 where nothing was recorded yet.",
     "lockboxctl audit vkey > vkeys.txt", ctl_audit_vkey},
    {"audit witness", "", CTL_OPT(OUTPUT), 0,
     "Ask the witnesses to cosign each log's newest checkpoint (C2SP tlog-witness)",
     "LOCKBOX_WITNESS_POLICY_FILE names them, with their URLs, and how many must sign; their signatures are\n"
     "stored, and audit verify then asks for them. Exit code 1 where one refuses: it may have seen another\n"
     "log under this name. LOCKBOX_AUDIT_DATABASE_URL: a role that may insert, such as lockbox_audit_writer.",
     "lockboxctl audit witness", ctl_audit_witness},
    {"keygen approver", "PATH", CTL_OPT(TENANT) | CTL_OPT(BY), 0,
     "Make an approver's key, and print its public half as JWK",
     "Writes the private key (PEM, Ed25519) to PATH, which must not exist; it stays with the approver, who\n"
     "decides by --sign-with PATH. With --tenant and --by, the approver's own, it also prints the proof that\n"
     "who registers the key has to publish with it: tenant key TENANT principal_id=ID public_key=… proof=…",
     "lockboxctl keygen approver lena.pem --tenant contoso --by 5b21,lena@contoso.example,Lena",
     ctl_keygen_approver},
    {"keygen", "PATH", 0, 0, "Make a key that signs checkpoints, and print its verifier key",
     "Writes the private key (PEM, Ed25519) to PATH, which must not exist, for LOCKBOX_CHECKPOINT_KEY_FILE.\n"
     "The verifier key that it prints goes to whoever verifies; its name is LOCKBOX_LOG_ORIGIN.",
     "lockboxctl keygen /etc/lockbox/checkpoint.pem >> vkeys.txt", ctl_keygen},
    {"audit rebuild", "", CTL_OPT(CHECK) | CTL_OPT(METRICS), 0,
     "Make the audit store's read models again from its records",
     "Compares row by row, and repairs the differences; the auditor waits meanwhile. With --check it\n"
     "changes and blocks nothing, and names the first difference of each model: exit code 1.\n"
     "LOCKBOX_AUDIT_DATABASE_URL: a role that may read everything, such as lockbox_auditor; to rebuild,\n"
     "one that acts as lockbox_audit_owner.",
     "lockboxctl audit rebuild --check", ctl_audit_rebuild},
    {"audit reconcile", "", CTL_OPT(METRICS) | CTL_OPT(OUTPUT), 0,
     "Compare what was told on events.v1 with what the operational database decided",
     "Names each request that differs, and how: published and never decided (somebody else writes events.v1),\n"
     "decided and never published, or published with other data; and each decision without a verdict: exit\n"
     "code 1. It compares again for 15 s, because events may not be recorded yet.\n"
     "LOCKBOX_DATABASE_URL: a role such as lockbox_operator; LOCKBOX_AUDIT_DATABASE_URL: lockbox_auditor.",
     "lockboxctl audit reconcile", ctl_audit_reconcile},
    {"audit monitor", "",
     CTL_OPT(CHECKPOINT) | CTL_OPT(KAFKA) | CTL_OPT(WEBHOOK) | CTL_OPT(TENANT) | CTL_OPT(DETACHED) |
         CTL_OPT(METRICS) | CTL_OPT(WATCH),
     CTL_OPT(CHECKPOINT), "Prove what is new in the audit store, and alarm of what it means",
     "One line of JSON an alarm: access without a signature, not required or in an emergency, keys, policies,\n"
     "weakening, violations; a log that does not contain what was seen before, a record that differs from\n"
     "what was signed, a missing witness. With --kafka from Kafka's topics alone, without the store: LOCKBOX_KAFKA_* say where.\n"
     "Exit code 1 where there is one, 3 where the store, Kafka or the webhook does not answer.\n"
     "LOCKBOX_AUDIT_DATABASE_URL: lockbox_auditor.",
     "lockboxctl audit monitor --checkpoint /var/lib/monitor/seen --watch", ctl_audit_monitor},
    {NULL},
};
