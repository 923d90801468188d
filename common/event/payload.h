/* What events carry: one struct and one table for each type of contract, in and out.
 *
 * A field exists first in schemas/events/, then in the table, then here; a test holds them together.
 * Words and types are in vocabulary.h.
 * Limits: ids 128 bytes, names and titles 256 bytes, e-mails 254 bytes, free text 2,000 characters.
 */
#ifndef LBX_EVENT_PAYLOAD_H
#define LBX_EVENT_PAYLOAD_H

#include "event/record.h"
#include "event/vocabulary.h"
#include "json/read.h"
#include "json/write.h"

/* ---- vocabulary: enums and their names in JSON; 0 is absent ---- */

/* For each list of vocabulary.h: enum lbx_<name> { LBX_<PREFIX>_NONE, … } and its names table,
 * names[0] == NULL. */
/* clang-format off */
#define LBX_NAMED_ENUM(list, tag, prefix)                                                          \
    enum lbx_##tag { LBX_##prefix##_NONE, list(LBX_ENUM_##prefix) LBX_##prefix##_END };            \
    extern const char *const lbx_##tag##_names[];
/* clang-format on */

#define LBX_ENUM_STATE(name, text) LBX_STATE_##name,
#define LBX_ENUM_DECISION(name, text) LBX_DECISION_##name,
#define LBX_ENUM_VERDICT(name, text) LBX_VERDICT_##name,
#define LBX_ENUM_ROLE(name, text) LBX_ROLE_##name,
#define LBX_ENUM_REFUSAL(name, text) LBX_REFUSAL_##name,
#define LBX_ENUM_CHANGE(name, text) LBX_CHANGE_##name,
#define LBX_ENUM_MAIL(name, text) LBX_MAIL_##name,
#define LBX_ENUM_OUTCOME(name, text) LBX_OUTCOME_##name,
#define LBX_ENUM_EMERGENCY(name, text) LBX_EMERGENCY_##name,
#define LBX_ENUM_CAUSE(name, text) LBX_CAUSE_##name,
#define LBX_ENUM_WEBHOOK(name, text) LBX_WEBHOOK_##name,

LBX_NAMED_ENUM(LBX_STATES, state, STATE)
LBX_NAMED_ENUM(LBX_DECISIONS, decision, DECISION)
LBX_NAMED_ENUM(LBX_VERDICTS, verdict, VERDICT)
LBX_NAMED_ENUM(LBX_ROLES, role, ROLE)
LBX_NAMED_ENUM(LBX_REFUSALS, refusal, REFUSAL)
LBX_NAMED_ENUM(LBX_CHANGES, change, CHANGE)
LBX_NAMED_ENUM(LBX_MAIL_KINDS, mail_kind, MAIL)
LBX_NAMED_ENUM(LBX_OUTCOMES, outcome, OUTCOME)
LBX_NAMED_ENUM(LBX_EMERGENCIES, emergency, EMERGENCY)
LBX_NAMED_ENUM(LBX_CAUSES, cause, CAUSE)
LBX_NAMED_ENUM(LBX_WEBHOOK_FORMATS, webhook_format, WEBHOOK)

/* The index of text in names, 0 where it is none of them. */
int lbx_name_index(const char *const *names, const char *text);

/* ---- parts ---- */

struct lbx_principal {
    const char *id, *email, *name;
};

struct lbx_engineer {
    const char *id, *email, *name, *organization;
};

/* Exactly what a creation or an update changes: the object in normal form, by its digests, and the changes that
 * approvers read (content/content.h). digest NULL: an item without content. */
struct lbx_item_content {
    int64_t normal_form;
    const char *api_version;
    const char *digest, *previous_digest; /* SHA-256, hex; the object before: of an update only */
    const char *changes;                  /* canonical JSON */
};

/* One wish of a request. action is text: a word outside the permitted five is a refusal, not a
 * malformed event. */
struct lbx_item {
    int64_t number; /* place in the list, from 1; absent in access.requested */
    const char *action, *namespace, *kind, *name;
    const char *container;           /* of get_pod_logs; absent: every container */
    const char *uid;                 /* of delete_object: the object's, as it must still be */
    struct lbx_item_content content; /* of create_object and update_object */
    bool kept;                       /* still asked for, or granted, after partial approvals */
};

struct lbx_approver {
    struct lbx_principal principal;
    int role; /* enum lbx_role: what the person approves by */
};

/* What a passkey made: a WebAuthn assertion (Level 2), each part in base64url without padding. payload is the JSON that
 * is signed: its SHA-256 is the challenge. */
struct lbx_assertion {
    const char *payload, *client_data_json, *authenticator_data, *signature;
};

/* A signature of one of two forms; none where both are absent. */
struct lbx_signature_in {
    const char *jws; /* compact (RFC 7515), EdDSA */
    struct lbx_assertion assertion;
};

struct lbx_vote {
    struct lbx_principal by; /* only an id, "policy", where a policy approved */
    int decision;            /* enum lbx_decision */
    int64_t at;
    const char *comment;
    struct lbx_signature_in signature; /* of the decision; no event tells it again */
};

/* What is approved without asking: every action of that name, in that namespace (absent: any), asked for
 * under that reason code (absent: any). */
struct lbx_auto_approval {
    const char *action, *namespace, *reason_code;
};

/* What is refused whoever agrees: any action, namespace or kind where it names none. kind: Kind, Kind.group or
 * *.group. */
struct lbx_forbidden {
    const char *action, *namespace, *kind;
};

/* What a subscription's Global Administrator decided for it. */
struct lbx_policy {
    int64_t approvals_needed; /* 1 to 5; 0: 1 */
    int64_t max_duration;     /* 0: the operator's */
    struct lbx_auto_approval *auto_approve;
    size_t auto_approve_count;
    bool signed_decisions;
    int emergency; /* enum lbx_emergency; LBX_EMERGENCY_NONE: allowed */
    bool exact_changes;
    struct lbx_forbidden *forbid;
    size_t forbid_count;
};

/* How many subscriptions a change names as concerned, and how many addresses an alarm. */
enum { LBX_CONCERNS_MAX = 500, LBX_INFORMED_MAX = 2000 };

/* A public key as JWK (RFC 7517): Ed25519 (RFC 8037: kty OKP, crv Ed25519, x), or a passkey's (kty EC, crv P-256, x,
 * y, and for whom and where it signs: rp_id, origins). Coordinates in base64url. */
struct lbx_jwk {
    const char *kty, *crv, *x, *y;
    const char *rp_id;
    const char **origins;
    size_t origin_count;
};

/* A request as it stands: published whole with every request.* event, and kept in the operational
 * database as the text of its three parts (lbx_request_clock_table and the two behind it). */
struct lbx_request {
    const char *request_id;
    int state; /* enum lbx_state */
    int64_t version;
    const char *tenant_id, *subscription_id; /* absent where the ticket is unknown */
    const char *ticket_id;
    struct lbx_engineer engineer; /* only the id where the ticket does not name the engineer */
    const char *resource_id;
    struct lbx_item *actions;
    size_t action_count;
    const char *justification, *reason_code;
    int64_t duration;         /* asked for; what an approval may not exceed */
    int64_t granted_duration; /* the shortest that an approver gave; absent: none gave one */
    int64_t created_at, decide_by, starts_at, expires_at;
    int64_t remind_at; /* next reminder while the customer is asked */
    int64_t approvals_needed;
    bool signed_decisions;          /* a decision counts only with an approver's signature */
    struct lbx_principal opened_by; /* of the ticket, where that is one of the vendor's people */
    struct lbx_approver *approvers;
    size_t approver_count;
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_vote *decisions;
    size_t decision_count;
    const char *extends;
    int reason;             /* enum lbx_refusal, of a refused request */
    int64_t item;           /* number of the offending item */
    int64_t reason_item;    /* the same, under the name that it had first */
    const char *detail;     /* of a refusal: which member, and why */
    int64_t ended_at;       /* when it reached a terminal state */
    int64_t digest_version; /* which fields the digest covers; 0: 1 */
    const char *digest;     /* SHA-256, hex, over what consent is given to */
    /* Of an emergency only: */
    struct lbx_principal authorized_by;
    const char *incident_id;
    int64_t acknowledge_by, acknowledged_at;
    bool unacknowledged; /* acknowledge_by passed without an acknowledgement */
};

/* ---- events in ---- */

struct lbx_ticket_opened {
    const char *ticket_id, *subscription_id, *title, *severity;
    struct lbx_engineer
        opened_by; /* optional; its organization too: the vendor's people have one */
};

struct lbx_ticket_assigned { /* assigned and escalated */
    const char *ticket_id;
    struct lbx_engineer engineer;
};

struct lbx_ticket_comment { /* closed and reopened */
    const char *ticket_id, *comment;
};

struct lbx_access_requested {
    const char *ticket_id, *engineer_id, *resource_id;
    struct lbx_item *actions;
    size_t action_count;
    const char *justification, *reason_code;
    int64_t duration, starts_at;
    const char *extends;
    /* Of access.emergency_declared only, required there: */
    struct lbx_principal authorized_by;
    const char *incident_id;
    const char *authorization; /* a JWS by who authorized it; optional */
};

struct lbx_access_withdrawn {
    const char *request_id, *ticket_id, *engineer_id, *comment;
};

/* A channel that is told what alternates are mailed. Whoever has the URL may post there. */
struct lbx_webhook {
    const char *url;
    int format; /* enum lbx_webhook_format */
};
extern const struct lbx_table lbx_webhook_table;

/* Every tenant event; each type's table names the members it has. */
struct lbx_tenant_event {
    const char *tenant_id, *subscription_id, *name;
    struct lbx_principal principal;    /* whose role it is */
    int role;                          /* enum lbx_role */
    struct lbx_principal by;           /* who did it */
    struct lbx_signature_in signature; /* of a change that needs one */
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_webhook *webhooks;
    size_t webhook_count;
    struct lbx_policy policy;      /* its members stand beside the others in JSON */
    const char *principal_id;      /* whose key it is */
    struct lbx_jwk public_key;     /* absent (null in JSON): removed */
    struct lbx_signature_in proof; /* by that key */
};

struct lbx_decision_submitted {
    const char *request_id;
    int decision; /* enum lbx_decision */
    struct lbx_principal by;
    const char *comment;
    int64_t duration;
    int64_t *actions; /* numbers of the items kept */
    size_t action_count;
    struct lbx_signature_in signature; /* never in both forms */
};

struct lbx_access_performed {
    const char *engineer_id, *resource_id, *action, *namespace, *kind, *name;
    int64_t performed_at;
    int outcome; /* enum lbx_outcome */
    const char *request_id;
    /* What a cluster reports besides. */
    const char *resource, *verb, *container, *user_agent, *reported_by, *audit_id, *bypass;
    int64_t code; /* 0: none */
    bool dry_run;
};

/* ---- events out ---- */

struct lbx_request_changed {
    struct lbx_request request;
    int previous_state; /* enum lbx_state; absent in the first event */
};

struct lbx_decision_judged {
    const char *request_id, *tenant_id;
    int decision, verdict;
    struct lbx_principal by;
    int64_t at;
    const char *comment;
};

struct lbx_tenant_changed { /* changed and change_refused */
    const char *tenant_id, *subscription_id, *name;
    int change; /* enum lbx_change */
    struct lbx_principal principal;
    int role;
    struct lbx_principal by;
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_policy policy;
    const char *principal_id;
    struct lbx_jwk public_key;
    int64_t at;
    bool weakens;          /* it gave up protection */
    const char **concerns; /* ids of subscriptions, where it did */
    size_t concern_count;
    const char **informed; /* addresses */
    size_t informed_count;
    int reason; /* enum lbx_refusal, of change_refused */
};

struct lbx_approvers_missing {
    const char *tenant_id, *subscription_id;
    int cause; /* enum lbx_cause */
    int64_t needed, left, at;
    struct lbx_principal by;
    const char **informed;
    size_t informed_count;
};

/* replayed and discarded: what an operator did with a rejected record */
struct lbx_quarantine_settled {
    int64_t quarantine_id;
    const char *consumer, *topic; /* where it was rejected */
    int64_t partition, offset;
    const char *rejected_for;
    struct lbx_principal by;
    const char *login, *reason;
    int64_t at;
    int64_t replayed_partition, replayed_offset; /* of replayed: where it stands again */
};

struct lbx_row_refused { /* what Kafka refuses for good */
    const char *topic;
    int64_t row; /* of the outbox, or of the quarantine: without event_id */
    const char *error;
    int64_t bytes;
    const char *event_id, *event_type, *event_subject;
    int64_t at;
};

struct lbx_partition_order { /* what an operator had done to a partition */
    const char *topic;
    int64_t partition;
    int64_t first_offset, last_offset; /* skipped: both are stepped over */
    const char *log;                   /* accepted: the name that the log has from then on */
    struct lbx_principal by;
    const char *login, *reason;
    int64_t at;
};

struct lbx_notification_outcome { /* sent and failed */
    const char *notification_id;
    const char *request_id; /* NULL: of a mail about a tenant */
    const char *tenant_id;
    int64_t version; /* of the request; 1 of a mail about a tenant */
    int kind;        /* enum lbx_mail_kind */
    const char *recipient, *message_id;
    int channel; /* enum lbx_webhook_format; none: a mail */
    int64_t attempts, at;
    const char *smtp_reply;
};

/* ---- the types ---- */

enum lbx_event_family {
#define LBX_FAMILY_ENUM(family) LBX_FAMILY_##family,
    LBX_EVENT_FAMILIES(LBX_FAMILY_ENUM)
#undef LBX_FAMILY_ENUM
};

enum lbx_event_type {
    LBX_EVENT_NONE,
#define LBX_EVENT_ENUM(family, name, text, topic, table) LBX_EVENT_##family##_##name,
    LBX_EVENT_TYPES(LBX_EVENT_ENUM)
#undef LBX_EVENT_ENUM
        LBX_EVENT_COUNT
};

/* The types of one family, for a `switch` that names them all. */
#define LBX_FAMILY_MEMBER(family, name, text, topic, table)                                        \
    LBX_##family##_EVENT_##name = LBX_EVENT_##family##_##name,
enum lbx_ticket_event { LBX_TICKET_EVENTS(LBX_FAMILY_MEMBER) };
enum lbx_access_event { LBX_ACCESS_EVENTS(LBX_FAMILY_MEMBER) };
enum lbx_decision_event { LBX_DECISION_EVENTS(LBX_FAMILY_MEMBER) };
enum lbx_notification_event { LBX_NOTIFICATION_EVENTS(LBX_FAMILY_MEMBER) };
enum lbx_quarantine_event { LBX_QUARANTINE_EVENTS(LBX_FAMILY_MEMBER) };
enum lbx_operator_event { LBX_OPERATOR_EVENTS(LBX_FAMILY_MEMBER) };

struct lbx_event_type_info {
    const char *name;
    enum lbx_event_family family;
    enum lbx_topic topic;
    const struct lbx_table *data;
};

/* type must not be LBX_EVENT_NONE. */
const struct lbx_event_type_info *lbx_event_type_info(enum lbx_event_type type);

/* LBX_EVENT_NONE where no type has that name. */
enum lbx_event_type lbx_event_type_find(const char *name);

/* Parts that what is kept is made of, too. */
extern const struct lbx_table lbx_principal_table, lbx_engineer_table, lbx_opener_table,
    lbx_auto_approval_table, lbx_forbidden_table, lbx_jwk_table, lbx_assertion_table;

/* The whole request, for the operational database's own copy. */
extern const struct lbx_table lbx_request_table;
extern const struct lbx_table lbx_request_item_table; /* one of its actions */
/* What a mail about a tenant tells of. */
extern const struct lbx_table lbx_tenant_changed_table, lbx_approvers_missing_table;
/* Its members in three parts, in this order: what follows from the clock alone, what consent is given to, and what
 * decisions change (store/request_text.h). */
extern const struct lbx_table lbx_request_clock_table, lbx_request_consent_table,
    lbx_request_decided_table;

#endif
