/* The data of events: one struct and one table for each type of the contract, of input and output.
 *
 * A field is added in schemas/events/ first, then in the table, then here; a test compares them.
 * vocabulary.h has words and types. Limits: ids 128 bytes, names and titles 256 bytes, e-mails
 * 254 bytes, free text 2,000 characters. */
#ifndef LBX_EVENT_PAYLOAD_H
#define LBX_EVENT_PAYLOAD_H

#include "event/record.h"
#include "event/vocabulary.h"
#include "json/read.h"
#include "json/write.h"

/* ---- vocabulary: enums and their names in JSON; 0 is absent ---- */

/* For each list of vocabulary.h: enum lbx_<name> { LBX_<PREFIX>_NONE, … } and the table of its
 * names, names[0] == NULL. */
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

/* The index of text in names; 0: not found. */
int lbx_name_index(const char *const *names, const char *text);

/* ---- parts ---- */

struct lbx_principal {
    const char *id, *email, *name;
};

struct lbx_engineer {
    const char *id, *email, *name, *organization;
};

/* What a creation or an update changes: the digests of the object in normal form, and the
 * changes that approvers read (content/content.h). digest NULL: the item has no content. */
struct lbx_item_content {
    int64_t normal_form;
    const char *api_version;
    const char *digest, *previous_digest; /* SHA-256, hex; previous_digest: updates only */
    const char *changes;                  /* canonical JSON */
};

/* An item of a request. action is text: an unknown action makes a refusal, not a malformed
 * event. */
struct lbx_item {
    int64_t number; /* position in the list, from 1; absent in access.requested */
    const char *action, *namespace, *kind, *name;
    const char *container;           /* get_pod_logs; absent: every container */
    const char *uid;                 /* delete_object: the object's uid */
    struct lbx_item_content content; /* create_object and update_object */
    bool kept;                       /* still requested or granted, after partial approvals */
};

struct lbx_approver {
    struct lbx_principal principal;
    int role; /* enum lbx_role that lets the person approve */
};

/* A passkey's signature: a WebAuthn assertion (Level 2), each part in base64url without padding.
 * payload is the signed JSON: its SHA-256 is the challenge. */
struct lbx_assertion {
    const char *payload, *client_data_json, *authenticator_data, *signature;
};

/* A signature of one of two forms; both absent: none. */
struct lbx_signature_in {
    const char *jws; /* compact (RFC 7515), EdDSA */
    struct lbx_assertion assertion;
};

struct lbx_vote {
    struct lbx_principal by; /* only id "policy" where a policy approved */
    int decision;            /* enum lbx_decision */
    int64_t at;
    const char *comment;
    struct lbx_signature_in signature; /* of the decision; not repeated in events */
};

/* Items that are approved automatically: the action, in the namespace (absent: any), with the
 * reason code (absent: any). */
struct lbx_auto_approval {
    const char *action, *namespace, *reason_code;
};

/* Items that are refused whoever approves; an absent member stands for any value. kind: Kind,
 * Kind.group or *.group. */
struct lbx_forbidden {
    const char *action, *namespace, *kind;
};

/* The settings of a subscription by its Global Administrator. */
struct lbx_policy {
    int64_t approvals_needed; /* 1 to 5; 0 stands for 1 */
    int64_t max_duration;     /* 0: the operator's maximum */
    struct lbx_auto_approval *auto_approve;
    size_t auto_approve_count;
    bool signed_decisions;
    int emergency; /* enum lbx_emergency; LBX_EMERGENCY_NONE: allowed */
    bool exact_changes;
    struct lbx_forbidden *forbid;
    size_t forbid_count;
};

/* The most subscriptions that a change names as concerned, and addresses that an alarm is sent to. */
enum { LBX_CONCERNS_MAX = 500, LBX_INFORMED_MAX = 2000 };

/* A public key as JWK (RFC 7517): Ed25519 (RFC 8037: kty OKP, crv Ed25519, x), or a passkey's (kty EC, crv
 * P-256, x, y, with rp_id and origins, WebAuthn's relying party and its pages). Coordinates in base64url. */
struct lbx_jwk {
    const char *kty, *crv, *x, *y;
    const char *rp_id;
    const char **origins;
    size_t origin_count;
};

/* A request as it is: published whole with each request.* event, and stored in the operational
 * database as the text of its three parts (lbx_request_clock_table and the two below it). */
struct lbx_request {
    const char *request_id;
    int state; /* enum lbx_state */
    int64_t version;
    const char *tenant_id, *subscription_id; /* absent where the ticket is unknown */
    const char *ticket_id;
    struct lbx_engineer engineer; /* only id where the ticket does not have the engineer */
    const char *resource_id;
    struct lbx_item *actions;
    size_t action_count;
    const char *justification, *reason_code;
    int64_t duration;         /* requested; an upper bound for approvals */
    int64_t granted_duration; /* the shortest of the approvers' durations; absent: none gave one */
    int64_t created_at, decide_by, starts_at, expires_at;
    int64_t remind_at; /* next reminder while the request is pending */
    int64_t approvals_needed;
    bool signed_decisions;          /* a decision needs an approver's signature */
    struct lbx_principal opened_by; /* the ticket's opener, if one of the vendor's people */
    struct lbx_approver *approvers;
    size_t approver_count;
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_vote *decisions;
    size_t decision_count;
    const char *extends;
    int reason;             /* enum lbx_refusal; refused requests only */
    int64_t item;           /* number of the refused item */
    int64_t reason_item;    /* the same, under the member's earlier name */
    const char *detail;     /* of a refusal: which member, and why */
    int64_t ended_at;       /* when a terminal state was entered */
    int64_t digest_version; /* version of the digest; 0 stands for 1 */
    const char *digest;     /* SHA-256, hex, over lbx_request_consent */
    /* Emergencies only: */
    struct lbx_principal authorized_by;
    const char *incident_id;
    int64_t acknowledge_by, acknowledged_at;
    bool unacknowledged; /* acknowledge_by passed without an acknowledgement */
};

/* ---- events in ---- */

struct lbx_ticket_opened {
    const char *ticket_id, *subscription_id, *title, *severity;
    struct lbx_engineer opened_by; /* optional; organization set for the vendor's people */
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
    /* access.emergency_declared only, required there: */
    struct lbx_principal authorized_by;
    const char *incident_id;
    const char *authorization; /* a JWS of authorized_by; optional */
};

struct lbx_access_withdrawn {
    const char *request_id, *ticket_id, *engineer_id, *comment;
};

/* A webhook for messages to alternates. Whoever has the URL can post there, so it is a secret. */
struct lbx_webhook {
    const char *url;
    int format; /* enum lbx_webhook_format */
};
extern const struct lbx_table lbx_webhook_table;

/* The data of all tenant events; each type's table has its members. */
struct lbx_tenant_event {
    const char *tenant_id, *subscription_id, *name;
    struct lbx_principal principal;    /* the person with the role */
    int role;                          /* enum lbx_role */
    struct lbx_principal by;           /* the person who made the change */
    struct lbx_signature_in signature; /* of a change that needs one */
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_webhook *webhooks;
    size_t webhook_count;
    struct lbx_policy policy;      /* its members are beside the others in JSON */
    const char *principal_id;      /* the key's holder */
    struct lbx_jwk public_key;     /* absent (null in JSON): removed */
    struct lbx_signature_in proof; /* proof of possession, by that key */
};

struct lbx_decision_submitted {
    const char *request_id;
    int decision; /* enum lbx_decision */
    struct lbx_principal by;
    const char *comment;
    int64_t duration;
    int64_t *actions; /* numbers of the items kept */
    size_t action_count;
    struct lbx_signature_in signature; /* at most one of its forms */
};

struct lbx_access_performed {
    const char *engineer_id, *resource_id, *action, *namespace, *kind, *name;
    int64_t performed_at;
    int outcome; /* enum lbx_outcome */
    const char *request_id;
    /* Members that clusters report as well. */
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
    bool weakens;          /* the change reduced protection */
    const char **concerns; /* ids of concerned subscriptions, if it did */
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

/* replayed and discarded: an operator's action on a rejected record */
struct lbx_quarantine_settled {
    int64_t quarantine_id;
    const char *consumer, *topic; /* where it was rejected */
    int64_t partition, offset;
    const char *rejected_for;
    struct lbx_principal by;
    const char *login, *reason;
    int64_t at;
    int64_t replayed_partition, replayed_offset; /* replayed: the new record's */
};

struct lbx_row_refused { /* a row that Kafka refused */
    const char *topic;
    int64_t row; /* row of the outbox, or of the quarantine (without event_id) */
    const char *error;
    int64_t bytes;
    const char *event_id, *event_type, *event_subject;
    int64_t at;
};

struct lbx_partition_order { /* an operator's order about a partition */
    const char *topic;
    int64_t partition;
    int64_t first_offset, last_offset; /* skipped: the range, both ends included */
    const char *log;                   /* accepted: name of the new log */
    struct lbx_principal by;
    const char *login, *reason;
    int64_t at;
};

struct lbx_notification_outcome { /* sent and failed */
    const char *notification_id;
    const char *request_id; /* NULL: the mail is about a tenant */
    const char *tenant_id;
    int64_t version; /* of the request; 1 for a mail about a tenant */
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

/* The types of one family, for a `switch` over all of them. */
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

/* Facts about a type, which must not be LBX_EVENT_NONE. Static. */
const struct lbx_event_type_info *lbx_event_type_info(enum lbx_event_type type);

/* The type of that name; LBX_EVENT_NONE: none. */
enum lbx_event_type lbx_event_type_find(const char *name);

/* Tables of parts that are stored as well. */
extern const struct lbx_table lbx_principal_table, lbx_engineer_table, lbx_opener_table,
    lbx_auto_approval_table, lbx_forbidden_table, lbx_jwk_table, lbx_assertion_table;

/* The whole request, for the operational database's copy. */
extern const struct lbx_table lbx_request_table;
extern const struct lbx_table lbx_request_item_table; /* an item of the request */
/* The data of mails about tenants. */
extern const struct lbx_table lbx_tenant_changed_table, lbx_approvers_missing_table;
/* The request's members in three parts, in this order: changed by the clock, covered by the
 * digest, changed by decisions (store/request_text.h). */
extern const struct lbx_table lbx_request_clock_table, lbx_request_consent_table,
    lbx_request_decided_table;

#endif
