"""What the read models must hold, told from the records in Kafka by what the contract says, and by nothing else."""
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from support.broker import Record
from support.schemas import schema_errors

# As the examples of the request events are told.
TOLD = Path(__file__).resolve().parents[2] / "schemas/golden/told.txt"
REQUEST_OPERATIONS = {what: (operation, status) for what, operation, status in re.findall(
    r"^lockbox\.request\.(\w+)\.v1/[^\n]*\n(?:    .*\n)*?    operation: (.*)\n    status: (.*)\n", TOLD.read_text(), re.MULTILINE)}
TENANT_OPERATIONS = {
    "subscription_added": "Add Lockbox Subscription", "subscription_removed": "Remove Lockbox Subscription",
    "role_assigned": "Assign Lockbox Role", "role_removed": "Remove Lockbox Role", "lockbox_enabled": "Enable Lockbox",
    "lockbox_disabled": "Disable Lockbox", "contacts_set": "Set Lockbox Contacts", "policy_set": "Set Lockbox Policy",
    "approver_key_set": "Set Lockbox Approver Key",
}


def time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def duration(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", text)
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def lowered(text: str) -> str:
    """A to Z alone: no other letter has a case."""
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text)


def covers(item: dict, action, namespace, kind, name, container=None) -> bool:
    """docs/sql.md's table. Absent is None; empty text is not absent, and matches nothing."""
    wanted = item.get("namespace"), item.get("kind"), item.get("name")
    if "" in (namespace, kind, name) or container and container != item.get("container", container):
        return False
    if item["action"] != action:
        return action == "list_or_get_objects" and name is not None and implies_reading(item, namespace, kind, name)
    if action == "create_object":
        return wanted[:2] == (namespace, kind) and wanted[2] in (None, name) and kind is not None
    if action in ("update_object", "delete_object"):
        return wanted == (namespace, kind, name) and None not in (kind, name)
    if action == "list_or_get_objects":
        return wanted[0] in (None, namespace) and wanted[1] == kind is not None and wanted[2] in (None, name)
    return action == "get_pod_logs" and wanted[0] == namespace is not None and kind is None and wanted[2] in (None, name)


def implies_reading(item: dict, namespace, kind, name) -> bool:
    """Whoever may change one object may get it; whoever may read logs may get their pods."""
    if item["action"] == "get_pod_logs":
        return kind == "Pod" and item.get("namespace") == namespace and item.get("name") in (None, name)
    named = ("create_object", "update_object", "delete_object")
    return item["action"] in named and (item.get("namespace"), item.get("kind"), item.get("name")) == (namespace, kind, name)


@dataclass
class Access:
    performed_at: datetime
    data: dict
    event_id: str
    record: Record

    @property
    def cluster(self) -> str:
        return lowered(self.data["resource_id"])


@dataclass
class Expected:
    """By model: key → what its row must say."""
    requests: dict = field(default_factory=dict)       # request id → (record, data.request)
    versions: dict = field(default_factory=dict)       # (request id, version) → record
    decisions: dict = field(default_factory=dict)      # event id → record
    notifications: dict = field(default_factory=dict)  # notification id → record
    activities: dict = field(default_factory=dict)     # event id → (operation, status, record)
    accesses: dict = field(default_factory=dict)       # bytes of the event → Access
    unreadable: set = field(default_factory=set)       # places
    owners: dict = field(default_factory=lambda: defaultdict(list))  # subscription in lower case → [(at, tenant or None)]

    # ---- what follows ----

    def grants(self) -> dict:
        return {id: request for id, (_, request) in self.requests.items() if "expires_at" in request}

    def covering(self, engineer_id, resource_id, action, namespace, kind, name, at: datetime, container=None):
        """As access_check would have answered: (request id, expires_at, reason); None: no grant."""
        found = []
        for request_id, request in self.grants().items():
            if (request["engineer"]["id"] == engineer_id and resource_id is not None
                    and lowered(request["resource_id"]) == lowered(resource_id)
                    and time(request["starts_at"]) <= at < access_until(request)
                    and any(item["kept"] and covers(item, action, namespace, kind, name, container) for item in request["actions"])):
                found.append((-time(request["expires_at"]).timestamp(), request_id, time(request["expires_at"]), basis(request)))
        return min(found)[1:] if found else None

    def covered_by(self, access: Access) -> str | None:
        data = access.data
        found = self.covering(data["engineer_id"], data["resource_id"], data.get("action"), data.get("namespace"),
                              data.get("kind"), data.get("name"), access.performed_at, data.get("container"))
        return found and found[0]

    def violations(self) -> list[Access]:
        return [access for access in self.accesses.values()
                if access.data["outcome"] == "allowed"
                and ("bypass" in access.data or ("action" in access.data and self.covered_by(access) is None))]

    def tenant_of(self, access: Access) -> str | None:
        found = re.match(r"/subscriptions/([^/]+)/", access.cluster)
        known = [(at, tenant) for at, tenant in self.owners.get(found and found[1], []) if at <= access.performed_at]
        return max(known, key=lambda it: it[0])[1] if known else None


def basis(request: dict) -> str | None:
    if "expires_at" not in request:
        return None
    return "approved" if "decide_by" in request else "emergency" if "acknowledge_by" in request else "not_required"


def access_until(request: dict) -> datetime:
    ended = request.get("ended_at") if request["state"] != "not_required" else None
    return min(time(request["expires_at"]), time(ended or request["expires_at"]))


def end_of(request: dict) -> tuple[str | None, str | None]:
    """By whom, and how: decision, time, ticket."""
    if request["state"] == "completed":
        return "time", "time"
    if request["state"] != "revoked":
        return None, None
    voters = [vote["by"]["id"] for vote in request["decisions"] if vote["decision"] == "revoke"]
    return (voters[0], "decision") if voters else ("ticket", "ticket")


def event_of(record: Record) -> dict | None:
    """The CloudEvent of a record, in either mode, where it is one that its schema allows and its key fits."""
    headers = {name.lower(): (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    try:
        value = json.loads((record.value or b"").decode())
    except ValueError:
        return None
    if "ce_specversion" in headers and not headers.get("content-type", "").startswith("application/cloudevents"):
        value = {**{name[3:]: text for name, text in headers.items() if name.startswith("ce_")}, "data": value}
    if not isinstance(value, dict) or schema_errors(value):
        return None
    key = value["data"].get("engineer_id") if value["type"].startswith("lockbox.access.") else value.get("subject")
    return value if record.key == str(key).encode() else None


def identity(record: Record) -> bytes:
    """What makes two records the same event."""
    headers = sorted((name.lower(), value) for name, value in record.headers
                     if name.lower().startswith("ce_") or name.lower() == "content-type")
    binary = any(name == "ce_specversion" for name, _ in headers)
    return hashlib.sha256(repr((headers if binary else None, record.value)).encode()).digest()


def project(records: list[Record]) -> Expected:
    expected = Expected()
    seen = set()
    for record in sorted(records, key=lambda it: it.place):
        if record.topic == "lockbox.accesses.v1":
            add_access(expected, record)
        elif record.topic == "lockbox.events.v1":
            event = event_of(record)
            if event is None:
                expected.unreadable.add(record.place)
            elif event["id"] not in seen:
                seen.add(event["id"])
                add_event(expected, record, event["type"].removeprefix("lockbox.").removesuffix(".v1"))
    return expected


def add_access(expected: Expected, record: Record) -> None:
    event = event_of(record)
    if event is None or event["type"] != "lockbox.access.performed.v1":
        expected.unreadable.add(record.place)
        return
    performed_at = time(event["data"]["performed_at"])
    data = event["data"]
    if "action" not in data and "resource" not in data:
        expected.unreadable.add(record.place)
        return
    key = (event["source"], data["audit_id"]) if "audit_id" in data else identity(record)
    known = expected.accesses.get(key)
    if known is None or known.data["outcome"] == "begun" != data["outcome"]:
        expected.accesses[key] = Access(performed_at, data, event["id"], record)


def add_event(expected: Expected, record: Record, kind: str) -> None:
    noun, _, what = kind.partition(".")
    data, event_id = record.data, record.event["id"]
    if noun == "request":
        request = record.request
        expected.versions[request["request_id"], request["version"]] = record
        before = expected.requests.get(request["request_id"])
        if before is None or before[1]["version"] < request["version"]:
            expected.requests[request["request_id"]] = (record, request)
        expected.activities[event_id] = (*REQUEST_OPERATIONS[what], record)
    elif noun == "decision":
        expected.decisions[event_id] = record
        status = "Succeeded" if data["verdict"] in ("applied", "recorded") else "Failed"
        expected.activities[event_id] = ("Judge Lockbox Decision", status, record)
    elif noun == "tenant" and what == "approvers_missing":
        expected.activities[event_id] = ("Lockbox Approvers Missing", "Failed", record)
    elif noun == "tenant":
        status = "Failed" if what == "change_refused" else "Succeeded"
        expected.activities[event_id] = (TENANT_OPERATIONS[data["change"]], status, record)
        if what == "changed" and data["change"].startswith("subscription_"):
            tenant = data["tenant_id"] if data["change"] == "subscription_added" else None
            expected.owners[lowered(data["subscription_id"])].append((time(data["at"]), tenant))
    elif noun == "quarantine":
        operation = {"replayed": "Replay Rejected Record", "discarded": "Discard Rejected Record"}[what]
        expected.activities[event_id] = (operation, "Succeeded", record)
    elif noun == "operator":
        operation, status = {"row_refused": ("Refuse Row", "Failed"), "partition_skipped": ("Step Over Records", "Succeeded"),
                             "partition_accepted": ("Accept Replaced Log", "Succeeded")}[what]
        expected.activities[event_id] = (operation, status, record)
    elif noun == "notification":
        before = expected.notifications.get(data["notification_id"])
        if before is None or (time(before.data["at"]), before.event["id"]) < (time(data["at"]), event_id):
            expected.notifications[data["notification_id"]] = record


# ---- comparing ----


def complaints(expected: Expected, auditor, records: list[Record]) -> list[str]:
    """What the auditor's relations say otherwise."""
    return [*request_complaints(expected, auditor), *history_complaints(expected, auditor), *grant_complaints(expected, auditor),
            *decision_complaints(expected, auditor), *notification_complaints(expected, auditor),
            *activity_complaints(expected, auditor), *access_complaints(expected, auditor),
            *violation_complaints(expected, auditor)]


def differences(what: str, wanted: dict, there: dict) -> list[str]:
    found = [f"{what} {key}: missing" for key in wanted.keys() - there.keys()]
    found += [f"{what} {key}: not from any record" for key in there.keys() - wanted.keys()]
    found += [f"{what} {key}: {there[key]}, not {wanted[key]}" for key in wanted.keys() & there.keys() if wanted[key] != there[key]]
    return found


def place_of(row) -> tuple:
    return row.topic, row.partition, row.offset


def request_row(record: Record, request: dict) -> dict:
    """By the columns of audit.request."""
    return {"place": record.place, "snapshot": request, "cluster": lowered(request["resource_id"]), "basis": basis(request),
            "duration": duration(request.get("duration")), "engineer_id": request["engineer"]["id"],
            "engineer_email": request["engineer"].get("email"), "authorized_by": request.get("authorized_by", {}).get("id"),
            "unacknowledged": request.get("unacknowledged", False),
            **{name: request.get(name) for name in (
                "state", "version", "tenant_id", "subscription_id", "ticket_id", "resource_id", "actions", "justification", "reason",
                "extends", "incident_id", "digest")},
            **{name: time(request.get(name)) for name in (
                "created_at", "decide_by", "starts_at", "expires_at", "ended_at", "acknowledged_at")}}


def request_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("SELECT * FROM audit.request")
    wanted = {id: request_row(*it) for id, it in expected.requests.items()}
    there = {r.request_id: {name: place_of(r) if name == "place" else getattr(r, name)
                            for name in wanted.get(r.request_id, ())} for r in rows}
    return differences("request", wanted, there)


def history_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("SELECT * FROM audit.request_history")
    wanted = {key: (record.place, record.event["id"], time(record.event["time"]), record.event["type"],
                    record.request["state"], record.data.get("previous_state"), record.event.get("causationid"),
                    record.request.get("tenant_id"), record.request) for key, record in expected.versions.items()}
    there = {(r.request_id, r.version): (place_of(r), r.event_id, r.at, r.type, r.state, r.previous_state, r.caused_by,
                                         r.tenant_id, r.snapshot) for r in rows}
    return differences("request_history", wanted, there)


def grant_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("SELECT * FROM audit.access_grant")
    wanted = {}
    for id, request in expected.grants().items():
        by, how = end_of(request)
        wanted[id] = (request["engineer"]["id"], request["resource_id"], [item for item in request["actions"] if item["kept"]],
                      time(request["starts_at"]), time(request["expires_at"]), time(request["ended_at"]) if how else None, by,
                      how, basis(request), time(request["expires_at"]) - time(request["starts_at"]), access_until(request))
    there = {r.request_id: (r.engineer_id, r.resource_id, r.actions, r.starts_at, r.expires_at, r.ended_at, r.ended_by,
                            r.ended_how, r.basis, r.length, r.access_until) for r in rows}
    return differences("access_grant", wanted, there)


def decision_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("SELECT * FROM audit.decision")
    wanted = {id: (record.place, record.cause, record.data["request_id"], record.data.get("tenant_id"), record.data.get("decision"),
                   record.data["verdict"], *(record.data.get("by", {}).get(it) for it in ("id", "email", "name")), time(record.data["at"]), record.data.get("comment"))
              for id, record in expected.decisions.items()}
    there = {r.event_id: (place_of(r), r.decision_id, r.request_id, r.tenant_id, r.decision, r.verdict, r.by_id, r.by_email,
                          r.by_name, r.at, r.comment) for r in rows}
    return differences("decision", wanted, there)


def notification_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("SELECT * FROM audit.notification")
    wanted = {id: (record.place, record.data.get("request_id"), record.data["version"], record.data["kind"], record.data["recipient"],
                   record.kind.removeprefix("notification."), record.data["attempts"], record.data.get("smtp_reply"),
                   record.data["message_id"], time(record.data["at"]), record.data.get("tenant_id"))
              for id, record in expected.notifications.items()}
    there = {r.notification_id: (place_of(r), r.request_id, r.version, r.kind, r.recipient, r.outcome, r.attempts, r.smtp_reply,
                                 r.message_id, r.at, r.tenant_id) for r in rows}
    return differences("notification", wanted, there)


def sub_status(record: Record) -> str | None:
    if record.kind.startswith("quarantine."):
        return None  # its reason is a person's words
    return record.data.get("verdict") or record.data.get("reason") or record.data.get("cause") or request_reason(record)


def activity_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("SELECT * FROM audit.activity_log")
    wanted = {}
    for id, (operation, status, record) in expected.activities.items():
        about = record.data.get("request", record.data)
        request = expected.requests.get(about.get("request_id"), (None, {}))[1]
        wanted[id] = (operation, status, time(record.event["time"]), record.timestamp_ms, about.get("request_id"),
                      about.get("tenant_id"), about.get("subscription_id") or request.get("subscription_id"),
                      request.get("resource_id"), lowered(request.get("resource_id", "")) or None, request.get("ticket_id"), record.data,
                      sub_status(record))
    there = {r.event_data_id: (r.operation_name, r.status, r.event_timestamp, round(r.submission_timestamp.timestamp() * 1000),
                               r.correlation_id, r.tenant_id, r.subscription_id, r.resource_id, r.cluster, r.ticket_id, r.properties,
                               r.sub_status) for r in rows}
    return differences("activity_log", wanted, there)


def request_reason(record: Record) -> str | None:
    return record.request.get("reason") if "request" in record.data else None


def access_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("SELECT * FROM audit.access")
    wanted = {a.record.place: (a.performed_at, a.event_id, a.data["engineer_id"], a.data["resource_id"], a.cluster,
                               a.data.get("action"), a.data.get("namespace"), a.data.get("kind"), a.data.get("name"),
                               a.data["outcome"], a.data.get("request_id"), expected.covered_by(a), expected.tenant_of(a))
              for a in expected.accesses.values()}
    there = {place_of(r): (r.performed_at, r.event_id, r.engineer_id, r.resource_id, r.cluster, r.action, r.namespace, r.kind,
                           r.name, r.outcome, r.request_id, r.covered_by, r.tenant_id) for r in rows}
    return differences("access", wanted, there)


def violation_complaints(expected: Expected, auditor) -> list[str]:
    rows = auditor.rows("""SELECT * FROM audit.violation v WHERE NOT EXISTS (
        SELECT FROM audit.breach b
         WHERE b.topic = v.topic AND b."partition" = v."partition" AND b."offset" = v."offset" AND b.why = v.why)""")
    wanted = {a.record.place: (a.performed_at, why(expected, a)) for a in expected.violations()}
    wanted |= {place: (None, "unreadable") for place in expected.unreadable if place[0] == "lockbox.accesses.v1"}
    there = {place_of(r): (r.at if r.why != "unreadable" else None, r.why) for r in rows}
    stored = {place_of(r) for r in auditor.rows("SELECT * FROM audit.unreadable")}
    return differences("violation", wanted, there) + [f"unreadable: {stored ^ expected.unreadable}"] * (
        stored != expected.unreadable)


def why(expected: Expected, access: Access) -> str:
    """Whether a grant for it was over by then, had yet to begin, or never was."""
    data = access.data
    if "bypass" in data:
        return data["bypass"] if data["bypass"] in ("masters", "impersonation") else "other_bypass"
    fitting = [request for request in expected.grants().values()
               if request["engineer"]["id"] == data["engineer_id"] and lowered(request["resource_id"]) == access.cluster
               and any(item["kept"] and covers(item, *map(data.get, ("action", "namespace", "kind", "name", "container"))) for item in request["actions"])]
    if any(time(request["starts_at"]) <= access.performed_at for request in fitting):
        return "ended"
    return "not_started" if fitting else "no_grant"


def utc_now() -> datetime:
    return datetime.now(timezone.utc)
