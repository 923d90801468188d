-- What each relation and column that auditors read is, for \d+ and for the tools that show comments.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

CREATE FUNCTION describe(relations text, columns text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told record;
BEGIN
    FOR told IN SELECT split_part(line, ': ', 1) AS name, substring(line FROM ': (.*)$') AS words
                  FROM regexp_split_to_table(btrim(relations, E'\n'), E'\n') AS line LOOP
        EXECUTE format('COMMENT ON %s %I IS %L',
                       (SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END FROM pg_class
                         WHERE oid = told.name::regclass), told.name, told.words);
    END LOOP;
    -- "column: words" for every relation that has the column; "relation.column: words" for one of them.
    FOR told IN SELECT c.relname, a.attname, line.words
                  FROM (SELECT ordinal, split_part(line, ': ', 1) AS name, substring(line FROM ': (.*)$') AS words
                          FROM regexp_split_to_table(btrim(columns, E'\n'), E'\n') WITH ORDINALITY AS x (line, ordinal)) AS line
                  JOIN pg_class c ON c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                                 AND NOT c.relispartition
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                     AND line.name IN (a.attname, c.relname || '.' || a.attname)
                 ORDER BY position('.' IN line.name) > 0, ordinal LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', told.relname, told.attname, told.words);
    END LOOP;
END
$$;

SELECT describe($$
event: Each record of every topic, once, as Kafka had it
request: Each request as its latest version has it
request_history: Each version of each request
request_state: What the view request reads
request_version: What the view request_history reads
decision: Each decision that was judged
access_grant: Each request that gave access
grant_item: Each item of a grant: what access_check_at reads
item_use: Each item of a grant, and how often it was used
consent: Each request that the customer was asked for, who decided, and after how long
notification: Each mail, and how it ended
access: Each report of what was done or tried on a cluster
violation: Each access that was let through and that no grant covered
activity_log: Each operation, by the names of Azure's activity log
activity: What the view activity_log reads
unreadable: Records of accesses.v1 and events.v1 that are not what their schema says
subscription_owner: Whose a subscription became, and when
completeness: Each partition: which offsets are there, and how many are missing
log: Each partition's transparency log: its head
tile: 256 hashes of a log's tree each (C2SP tlog-tiles)
checkpoint: Signed heads (C2SP tlog-checkpoint)
checkpoint_key: Public keys that have signed here
cosignature: Witnesses' signatures of checkpoints
kept_leaf: Leaf hashes of records that have left the store
legal_hold: Months that may not leave the store, and why
tenant_binding: Database roles that see one tenant's rows only
schema_version: Which version of the schema this is
breach: What events say that the topics of input do not: what the view violation reads
judged: Up to where each partition was searched for breaches
set_back: Consumers that found this database behind what Kafka knows
offsets_accepted: Positions that an operator accepted after a database was set back
$$, $$
about: Which kind of record: access or event
access_until: When access ended or will end: expires_at, or earlier where it was ended
accepted_at: When the operator accepted it
acknowledge_by: Until when the customer should acknowledge an emergency
acknowledged_at: When the customer acknowledged the emergency; NULL: not yet
action: One of the five actions; NULL: what was done is none of them
actions: The items asked for, as JSON; kept says which were granted
access_grant.actions: The items granted, as JSON
actor: Who did it, by id; NULL: time, or the ticket
approvals_needed: How many approvers must say yes
at: When it happened, by the clock of the database that decided
cosignature.at: When the witness signed
checkpoint.at: When the auditor signed
attempts: How often the mail was tried
audit_id: The API server's own id of the request
authorized_by: Who authorized the emergency, by id
base: The first offset of the log
basis: Why there was access: approved, emergency or not_required
by_email: The decider's address, as the decision named it
by_id: The decider, by id
by_name: The decider's name, as the decision named it
bypass: How the request passed by the authorizer: masters or impersonation; NULL: it did not
caller: Who did it, by id; policy: the customer's policy; lockbox: nobody in person
category: Always Administrative
caused_by: Id of the event that caused this version; NULL: time
changed_at: When the head moved last
checkpoint: Number of the checkpoint that is cosigned
cluster: resource_id with A to Z in lower case: clusters are compared without case
code: HTTP status that the API server answered
comment: What the decider wrote
committed_offset: The offset that Kafka has as committed
consumer: The worker that reads
container: Container whose logs were read; NULL: the pod's only one
correlation_id: The request's id
covered_by: The request whose grant covered the access at that moment; NULL: none
created_at: When the request was created
decide_by: Until when the customer may decide; NULL: nobody was asked
decided_at: When the decision took effect
decided_by: Who decided, by id
decision: approve, deny, revoke or acknowledge
decision_id: Id of the decision's own event
detail: What is wrong, in words
digest: SHA-256 of what approvers consent to, which their signatures cover
dry_run: Whether the request changed nothing
duration: How long access was asked for
edge: Roots of the perfect subtrees, the largest first, 32 bytes each
ended_at: When the request came to a final state
access_grant.ended_at: When access ended; NULL: it runs, or no approval was needed
ended_by: Who ended it, by id; else time or ticket
ended_how: decision, time or ticket
engineer_email: The engineer's address
engineer_id: The engineer, by id
engineer_name: The engineer's name
event_data_id: The event's id
event_id: The event's id
event_time: When the producer says that it happened
event_timestamp: When it happened
expires_at: When access was to end; NULL: none was given
extends: The request that this one extends
first_offset: The first offset of the log
first_used_at: When the key signed for the first time
found_at: When the worker found it
hashes: 256 hashes, 32 bytes each
hasty: Whether the answer was yes within ten seconds of the request
headers: The record's headers, in binary form
identity: SHA-256 of what makes two records the same report
incident_id: The incident that an emergency names
index: The tile's place in its level
judged_at: When the auditor judged it
looked_at: When the auditor looked for what the record lacked
justification: Why access was asked for
kafka_timestamp: When Kafka took the record
key: The record's key, as it was
key_id: Which key signed: eight hexadecimal digits
kind: The object's kind, with its API group where that is not the core group; NULL: pod logs
notification.kind: Which mail it was, such as approval_needed
last_offset: The last offset of the log
leaf_hash: Hash of the record as a leaf of its log (RFC 6962)
length: How long access was given for
level: Informational, Warning or Error
tile.level: The tile's level in the tree, 0 the lowest
lifted_at: When the hold was lifted; NULL: it stands
line: The cosignature as it stands in a note
login: The database login that did it
message_id: The mail's Message-ID
missing: How many offsets between the first and the last hold no record
name: The object's name; NULL: every one of its kind
next_offset: The offset to be read next
namespace: The object's namespace; NULL: none, or every one
note: The checkpoint's whole text, with its signatures
notification_id: The mail's id
number: The item's number in its request, from 1
checkpoint.number: In the order of signing
legal_hold.number: In the order of placing
offset: The record's offset in its partition
oldest_program: The oldest version of the programs that may work with this schema
only_row: There is one row
operator_id: The operator, as they named themselves
operation: The operation's name, as Azure's activity log would have it
operation_name: The operation's name, as Azure's activity log would have it
organization: The engineer's organization
origin: The log's name
outcome: allowed or blocked; begun: its end was not reported
notification.outcome: sent or failed
owned: Whether the tenant has it from then on; false: from then on nobody
partition: The record's partition
performed_at: When it was done, as reported
placed_at: When the hold was placed
placed_by: Who placed it
previous_state: The state before
properties: The event's data, as JSON
public_key: Ed25519, 32 bytes
raw: The record's value, byte for byte
reason: Why the request was refused or ended
unreadable.reason: What is at fault, beginning with its place; never quotes the record
legal_hold.reason: Why the hold was placed
reason_code: Why, in the words of a fixed list
reason_item: Number of the item that was refused
received_at: When the auditor took the record, by its own clock
recipient: The mail's recipient
reported_by: Who reported it: cluster, or an enforcement point
request_id: The request's id
access.request_id: The request that the report names
violation.request_id: The request that the report names
decision.request_id: The request that the decision names, which need not exist
resource: What was asked for that is none of the five actions
resource_id: The cluster's Azure resource id
resource_provider: Always Microsoft.RedHatOpenShift
role_name: The database role
root: The tree's root hash
rows: How many offsets hold a record
since: The first month that is held
size: How many offsets the log covers, with those that hold no record
smtp_reply: What the mail server answered
snapshot: The request as its event published it, as JSON
source: Which system published the event
starts_at: When access began; of a pending request: asked for
state: The request's state
status: Started, Succeeded or Failed
sub_status: The verdict or the reason
subject: What the event is about
submission_timestamp: When Kafka took the event
subscription_id: The Azure subscription
tenant_id: The tenant whose it is; NULL: no tenant's
ticket_id: The support ticket
time_to_decide: From the request to the decision
told: Whether an operator was told
topic: The record's topic
type: The event's type
unacknowledged: Whether an emergency passed its time without being acknowledged
until: The last month that is held
user_agent: The client's own word of what it is
uses: Accesses that the item covered while the grant ran
verb: The Kubernetes verb
verdict: What became of the decision
version: The request's version, from 1
grant_item.version: The version of the request that gave it
notification.version: The version of the request that the mail tells of
schema_version.version: The newest script that was applied
why: Which rule was broken
witness: The witness's name
$$);

DROP FUNCTION describe;

UPDATE schema_version SET version = 57;

RESET ROLE;
