"""What Lockbox must answer: the contract again, in Python, from its text and not from its code.

A World takes one event in at a time, with the database's clock reading at which Lockbox handled it, and says which
events must come out of it, in order for each request. It has no clock: readings come from what Lockbox published.
What time ends, it ends as soon as something with a later reading touches the request (or by pass_time)."""
import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from values import duration_of, time_of

FOREVER = 1 << 62
LIVE = ("customer_notified", "approved", "emergency", "not_required")
VOTING_ROLES = ("owner", "lockbox_approver")
ACTIONS = ("create_object", "update_object", "delete_object", "list_or_get_objects", "get_pod_logs")
CLUSTER = re.compile(r"/subscriptions/([^/]+)/resourcegroups/[^/]+/providers/microsoft\.redhatopenshift/"
                     r"openshiftclusters/[^/]+")
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
VERSION = r"v[0-9]+(?:(?:alpha|beta)[0-9]+)?"
MEMBERS = {  # of an item: what each must look like
    "namespace": re.compile(LABEL),
    "kind": re.compile(rf"[A-Z][A-Za-z0-9]{{0,62}}(?:\.(?!{VERSION}(?:\.|$))(?=.{{1,253}}$){LABEL}(?:\.{LABEL})*)?"),
    "name": re.compile(r"(?!\.{1,2}\Z)[!-$&-.0-~]{1,253}"),
    "container": re.compile(LABEL),
    "uid": re.compile(r"(?!\.{1,2}\Z)[!-$&-.0-~]{1,128}"),
}

# Of each type in, the members of data that it cannot do without. A person's own: PEOPLE.
REQUIRED = {
    "ticket.opened": "ticket_id subscription_id title",
    "ticket.assigned": "ticket_id engineer",
    "ticket.escalated": "ticket_id engineer",
    "ticket.closed": "ticket_id",
    "ticket.reopened": "ticket_id",
    "access.requested": "ticket_id engineer_id resource_id actions",
    "access.emergency_declared": "ticket_id engineer_id resource_id actions authorized_by incident_id",
    "access.withdrawn": "request_id ticket_id engineer_id",
    "tenant.subscription_added": "tenant_id subscription_id",
    "tenant.subscription_removed": "tenant_id subscription_id by",
    "tenant.role_assigned": "tenant_id principal role",
    "tenant.role_removed": "tenant_id principal role",
    "tenant.lockbox_enabled": "tenant_id subscription_id by",
    "tenant.lockbox_disabled": "tenant_id subscription_id by",
    "tenant.contacts_set": "tenant_id subscription_id alternate_emails",
    "tenant.policy_set": "tenant_id subscription_id by",
    "tenant.approver_key_set": "tenant_id principal_id by",
    "decision.submitted": "request_id decision by",
}
KEYS = {"ticket": "ticket_id", "access": "ticket_id", "tenant": "tenant_id", "decision": "request_id"}
PEOPLE = {"engineer": "id email name organization", "principal": "id email name", "by": "id email name",
          "authorized_by": "id email name"}


@dataclass(frozen=True)
class Settings:
    pending_ttl: int
    grant_ttl: int
    grant_ttl_max: int
    emergency_ttl: int
    acknowledge_ttl: int
    starts_within: int = 7 * 86_400_000_000
    emergencies_per_day: int = 3
    organizations: tuple[str, ...] = ("microsoft", "redhat")


@dataclass(frozen=True)
class Input:
    """An event as it was put into Kafka."""
    id: str
    source: str
    kind: str  # "ticket.opened"
    data: dict
    key: str
    identity: bytes  # of its bytes: the same id with others is an incident


@dataclass(frozen=True)
class Seen:
    """What Lockbox's answer to an input tells, and nobody can know beforehand."""
    at: int | None  # the database's clock as it was handled; None: no answer tells
    request_id: str | None = None
    digest: str | None = None
    over: frozenset[str] = frozenset()  # requests that came out as over before: no input that waited ends them again


@dataclass(frozen=True)
class Answer:
    """An event that must come out. data: members and their values; None is absent."""
    kind: str
    subject: str
    cause: str | None
    data: dict
    at: int | None = None   # when, where that is known
    due: int | None = None  # what time does: not before


class Quarantined(Exception):
    """The event is a dead letter. answers: what comes out of it all the same."""
    answers: list["Answer"] = []


# ---- what covers what ----


def lowered(text: str) -> str:
    """A to Z alone: no other letter has a case here."""
    return "".join(chr(ord(it) + 32) if "A" <= it <= "Z" else it for it in text)


def fault_of(item: dict) -> str | None:
    """The member of an item that is not as it must be; None: it is permitted."""
    action, namespace, kind, name = (item.get(member) for member in ("action", "namespace", "kind", "name"))
    if action not in ACTIONS:
        return "action"
    is_logs = action == "get_pod_logs"
    if is_logs and namespace is None:
        return "namespace"
    for member, pattern in MEMBERS.items():
        value = item.get(member)
        if value is None:
            missing = (member == "kind" and not is_logs
                       or member == "name" and action in ("update_object", "delete_object"))
            if missing:
                return member
            continue
        is_out_of_place = (member == "kind" and is_logs or member == "container" and not is_logs
                           or member == "uid" and action != "delete_object")
        if is_out_of_place or not pattern.fullmatch(value):
            return member
    if is_logs and not (namespace == "openshift" or namespace.startswith("openshift-")):
        return "namespace"
    return None


# Kinds that the tests use, and only other groups than the core have.
NOT_CORE = ("IngressController", "DNS", "Deployment")
CHANGES = ("create_object", "update_object", "delete_object")
BY_DEFAULT = [{"kind": "Secret"}, {"kind": "*.oauth.openshift.io"}] + [
    {"action": action, "kind": f"*.{group}"} for action in CHANGES
    for group in ("rbac.authorization.k8s.io", "authorization.openshift.io", "admissionregistration.k8s.io",
                  "apiregistration.k8s.io", "certificates.k8s.io", "user.openshift.io", "security.openshift.io")]


def is_forbidden(item: dict, entry: dict) -> bool:
    """Whether the item covers anything that the entry names."""
    if entry.get("action") not in (None, item["action"]):
        return False
    everywhere = item["action"] == "list_or_get_objects" and item.get("namespace") is None
    if "namespace" in entry and not everywhere and item.get("namespace") != entry["namespace"]:
        return False
    kind = item.get("kind") or ""
    wanted = entry.get("kind")
    return wanted is None or wanted == kind or wanted.startswith("*.") and kind.partition(".")[2] == wanted[2:]


def covers(item: dict, action: str | None, namespace: str | None, kind: str | None, name: str | None) -> bool:
    """Whether a permitted item allows this access. Absent (None) matches only where the table says so."""
    if "" in (namespace, kind, name):
        return False
    wanted = item.get("namespace"), item.get("kind"), item.get("name")
    if action == "list_or_get_objects" and name is not None:
        if item["action"] == "get_pod_logs":  # its pods may be read, and every pod's where it names none
            return (wanted[0], "Pod") == (namespace, kind) and wanted[2] in (None, name)
        if item["action"] != action:  # the object that it names may be read
            return wanted == (namespace, kind, name)
    if item["action"] != action:
        return False
    if action == "create_object":
        return wanted[:2] == (namespace, kind) and wanted[2] in (None, name)
    if action == "list_or_get_objects":
        return wanted[0] in (None, namespace) and wanted[1] == kind and wanted[2] in (None, name)
    if action == "get_pod_logs":
        return wanted[0] == namespace and kind is None and wanted[2] in (None, name)
    return wanted == (namespace, kind, name)


def is_cluster_of(resource_id: str, subscription_id: str) -> bool:
    matched = CLUSTER.fullmatch(lowered(resource_id))
    return matched is not None and matched[1] == lowered(subscription_id)


# ---- signatures ----


def from_base64url(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Passkey:
    x: str
    y: str
    rp_id: str = field(compare=False)
    origins: tuple[str, ...] = field(compare=False)

    def payload_of(self, assertion: dict) -> bytes:
        """What was signed; raises where the assertion does not hold (Web Authentication, Level 2, 7.2)."""
        payload, client_data, data, signature = (from_base64url(assertion[name]) for name in (
            "payload", "client_data_json", "authenticator_data", "signature"))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + from_base64url(self.x) + from_base64url(self.y))
        point.verify(signature, data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        client = json.loads(client_data)
        if not (client["type"] == "webauthn.get" and from_base64url(client["challenge"]) == hashlib.sha256(payload).digest()
                and client["origin"] in self.origins and not client.get("crossOrigin")
                and data[:32] == hashlib.sha256(self.rp_id.encode()).digest() and data[32] & 0x05 == 0x05):
            raise ValueError("not for this page, not over this payload, or nobody verified")
        return payload


def key_of(jwk: dict) -> bytes | Passkey | None:
    """The key of a JWK; None where it is none."""
    if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and jwk.get("y"):
        return Passkey(jwk["x"], jwk["y"], jwk["rp_id"], tuple(jwk["origins"]))
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
        return None
    try:
        key = from_base64url(jwk["x"])
    except (ValueError, binascii.Error):
        return None
    return key if len(key) == 32 and not is_small_order(key) else None


def signature_holds(signature: str | dict, key: bytes | Passkey | None, request_id: str, digest: str | None, decision: dict) -> bool:
    payload = payload_of(signature, key)
    if payload is None:
        return False
    said = decision.get("duration")
    signed = payload.get("duration")
    return (payload.get("request_id") == request_id and payload.get("digest") == digest
            and payload.get("decision") == decision["decision"] and payload.get("actions") == decision.get("actions")
            and payload.get("by") == decision["by"]["id"]
            and (said and duration_of(said)) == (signed and duration_of(signed)))


def is_small_order(key: bytes) -> bool:
    """Whether eight times the point is the neutral element: computed on the curve, by nobody's list."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p
    y = (int.from_bytes(key, "little") & (2**255 - 1)) % p
    x_squared = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    for _ in range(3):  # doubling needs x² and y alone
        denominator = (1 + d * x_squared * y * y) % p, (1 - d * x_squared * y * y) % p
        if 0 in denominator:
            return False
        x_squared, y = (4 * x_squared * y * y * pow(denominator[0], -2, p) % p,
                        (y * y + x_squared) * pow(denominator[1], -1, p) % p)
    return (x_squared, y) == (0, 1)


def payload_of(signature: str | dict, key: bytes | Passkey | None) -> dict | None:
    """What a JWS or an assertion says, where the key made it."""
    if key is None or isinstance(signature, dict) != isinstance(key, Passkey):
        return None
    try:
        if isinstance(key, Passkey):
            return json.loads(key.payload_of(signature))
        if is_small_order(key):
            return None
        header, payload, made = signature.split(".")
        Ed25519PublicKey.from_public_bytes(key).verify(from_base64url(made), f"{header}.{payload}".encode())
        header, payload = json.loads(from_base64url(header)), json.loads(from_base64url(payload))
    except (ValueError, KeyError, binascii.Error, InvalidSignature):
        return None
    return payload if header.get("alg") == "EdDSA" and "crit" not in header else None


def signed_bytes(signature: str | dict) -> tuple | str:
    """What the signature is over: the same again is the same signature."""
    if isinstance(signature, dict):
        return signature["authenticator_data"], signature["client_data_json"]
    return signature.rpartition(".")[0]


# ---- what there is ----


@dataclass
class Policy:
    approvals_needed: int = 1
    max_duration: int = FOREVER
    auto_approve: list = field(default_factory=list)
    signed_decisions: bool = False
    forbid: list = field(default_factory=list)
    emergency: str = "allowed"
    exact_changes: bool = False

    def asks_less_than(self, before: "Policy") -> bool:
        def beforehand(entry, entries):
            return any(entry["action"] == it["action"] and it.get("namespace") in (None, entry.get("namespace"))
                       and it.get("reason_code") in (None, entry.get("reason_code")) for it in entries)
        return (self.approvals_needed < before.approvals_needed or self.max_duration > before.max_duration
                or not all(beforehand(entry, before.auto_approve) for entry in self.auto_approve)
                or before.signed_decisions > self.signed_decisions or before.exact_changes > self.exact_changes
                or before.emergency == "never" != self.emergency
                or not all(any(all(it.get(name) in (None, entry.get(name)) for name in ("action", "namespace", "kind"))
                               for it in self.forbid) for entry in before.forbid))

    def approves(self, items: list[dict], reason_code: str | None) -> bool:
        return all(any(entry["action"] == item["action"] and entry.get("namespace") in (None, item.get("namespace"))
                       and entry.get("reason_code") in (None, reason_code) for entry in self.auto_approve) for item in items)


@dataclass
class Subscription:
    tenant_id: str
    name: str | None = None
    is_enabled: bool = False
    is_removed: bool = False  # and nobody else's, all the same
    alternate_emails: list = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)


@dataclass
class Ticket:
    """What is said of a ticket before it is opened counts once it is."""
    id: str
    subscription_id: str | None = None  # None: not opened yet
    opened_by: dict | None = None
    is_open: bool = True
    assigned: dict | None = None
    escalated: dict = field(default_factory=dict)  # by id

    def engineer(self, engineer_id: str) -> dict | None:
        if self.assigned and self.assigned["id"] == engineer_id:
            return self.assigned
        return self.escalated.get(engineer_id)


@dataclass
class Request:
    id: str
    state: str
    ticket_id: str
    engineer: dict
    resource_id: str
    items: list[dict]
    kept: set[int]
    duration: int
    created_at: int
    wish: dict
    digest: str | None
    tenant_id: str | None = None
    subscription_id: str | None = None
    opened_by: dict | None = None
    approvers: list = field(default_factory=list)
    alternate_emails: list = field(default_factory=list)
    approvals_needed: int | None = None
    is_signed: bool = False
    is_unasked: bool = False  # not required, whatever became of it
    granted: int = FOREVER  # the shortest duration an approver gave
    decide_by: int | None = None
    starts_at: int | None = None
    expires_at: int | None = None
    ended_at: int | None = None
    reason: str | None = None
    reason_item: int | None = None
    detail: str | None = None  # as far as the colon
    votes: list = field(default_factory=list)  # (by, decision, at)
    acknowledge_by: int | None = None
    acknowledged_at: int | None = None
    is_unacknowledged: bool = False

    def has_said(self, voter_id: str, decision: str) -> bool:
        return any(by["id"] == voter_id and said == decision for by, said, _ in self.votes)

    def dues(self) -> list[tuple[int, str]]:
        """What time will do to it, and when."""
        found = []
        if self.state == "customer_notified":
            found.append((self.decide_by, "expired"))
        if self.state in ("approved", "emergency", "not_required"):
            found.append((self.expires_at, "completed"))
        if self.acknowledge_by is not None and self.acknowledged_at is None and not self.is_unacknowledged:
            found.append((self.acknowledge_by, "unacknowledged"))
        return sorted(found)

    def is_good_at(self, time: int) -> bool:
        """Whether it allows its kept items at that time."""
        if self.state not in ("approved", "emergency", "completed", "not_required") or self.starts_at is None:
            return False
        return self.starts_at <= time < self.expires_at

    def covering(self, engineer_id, resource_id, action, namespace, kind, name) -> bool:
        return (self.engineer["id"] == engineer_id and resource_id is not None
                and lowered(self.resource_id) == lowered(resource_id)
                and any(covers(item, action, namespace, kind, name)
                        for number, item in enumerate(self.items, 1) if number in self.kept))

    def snapshot(self) -> dict:
        """data.request, as far as it follows from the contract. Lists without an order are sets."""
        return {
            "request_id": self.id, "state": self.state, "tenant_id": self.tenant_id,
            "subscription_id": self.subscription_id, "ticket_id": self.ticket_id, "engineer": self.engineer,
            "resource_id": self.resource_id,
            "actions": [{**item, "number": number, "kept": number in self.kept}
                        for number, item in enumerate(self.items, 1)],
            "justification": self.wish.get("justification"), "reason_code": self.wish.get("reason_code"),
            "extends": self.wish.get("extends"), "duration": self.duration,
            "granted_duration": None if self.granted == FOREVER else self.granted,
            "created_at": self.created_at, "decide_by": self.decide_by, "starts_at": self.starts_at,
            "expires_at": self.expires_at, "ended_at": self.ended_at, "approvals_needed": self.approvals_needed,
            "approvers": {(person["id"], person["email"], person["name"]): roles for person, roles in self.approvers},
            "alternate_emails": self.alternate_emails,
            "decisions": [(by["id"], decision, at) for by, decision, at in self.votes],
            "reason": self.reason, "reason_item": self.reason_item, "item": self.reason_item,
            "detail": self.detail,
            "acknowledge_by": self.acknowledge_by, "acknowledged_at": self.acknowledged_at,
            "incident_id": self.wish.get("incident_id"), "authorized_by": self.wish.get("authorized_by"),
            "opened_by": self.opened_by, "signed_decisions": self.is_signed, "unacknowledged": self.is_unacknowledged,
        }


class World:
    def __init__(self, settings: Settings):
        self.settings = settings
        self.seen: dict[tuple[str, str], bytes] = {}
        self.rejected: dict[tuple[str, str], bytes] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.roles: dict[tuple[str, str, str, str], dict] = {}  # tenant, subscription or "", role, id → principal
        self.keys: dict[tuple[str, str], bytes] = {}
        self.key_owners: dict[tuple[str, bytes], str] = {}  # for ever
        self.signed_changes: dict[str, list[tuple[int, str]]] = {}  # by tenant: when, and what was signed
        self.tickets: dict[str, Ticket] = {}
        self.requests: dict[str, Request] = {}
        self.live: dict[str, dict[str, Request]] = {}  # by ticket
        self.waiting: dict[str, Request] = {}  # for time to act
        self.emergencies: list[Request] = []
        self.granted: dict[str, list[Request]] = {}  # by engineer; also what is over

    def apply(self, event: Input, seen: Seen) -> list[Answer]:
        """Raises Quarantined. An event seen before has no effect, and no answer; one that was rejected is judged again. Other
        bytes under its id are an incident either way."""
        place = event.source, event.id
        try:
            refuse_malformed(event)
        except Quarantined as quarantined:
            quarantined.answers = self.answer_malformed(event, seen)
            raise
        if self.is_repeat(event):
            return []
        try:
            answers = HANDLERS[event.kind](self, event, seen)
        except Quarantined:
            self.rejected[place] = event.identity
            raise
        self.rejected.pop(place, None)
        self.seen[place] = event.identity
        return answers

    def answer_malformed(self, event: Input, seen: Seen) -> list[Answer]:
        """A decision that cannot be read has a verdict, once for its id, whatever else comes under that id."""
        place = event.source, event.id
        if event.kind != "decision.submitted" or place in self.seen or place in self.rejected:
            return []
        self.rejected[place] = event.identity
        named = event.data.get("request_id")
        request_id = named if isinstance(named, str) and 1 <= len(named.encode()) <= 128 else None
        return [Answer("decision.judged", request_id or event.id, event.id,
                       {"request_id": request_id, "verdict": "malformed", "at": seen.at}, seen.at)]

    def is_repeat(self, event: Input) -> bool:
        place = event.source, event.id
        if {self.seen.get(place), self.rejected.get(place)} - {None, event.identity}:
            raise Quarantined("/id")
        return place in self.seen

    # ---- time ----

    def pass_time(self, request: Request, now: int) -> list[Answer]:
        """What time does to it up to now, the moment itself included."""
        answers = []
        while (dues := request.dues()) and dues[0][0] <= now:
            due, what = dues[0]
            before = request.state
            if what == "unacknowledged":
                request.is_unacknowledged = True
            else:
                request.state, request.ended_at = what, due
            answers.append(self.told(request, what, before, None, due=due))
        return answers

    def pass_all_time(self, now: int) -> list[Answer]:
        return [answer for request in list(self.waiting.values()) for answer in self.pass_time(request, now)]

    def told(self, request: Request, what: str, before: str | None, cause: str | None, at: int | None = None,
             due: int | None = None) -> Answer:
        """The request's next event."""
        if request.state in LIVE:
            self.live.setdefault(request.ticket_id, {})[request.id] = request
        else:
            self.live.get(request.ticket_id, {}).pop(request.id, None)
        if before is None or before == "customer_notified" and request.state == "approved":
            if request.expires_at is not None:
                self.granted.setdefault(request.engineer["id"], []).append(request)
        if request.dues():
            self.waiting[request.id] = request
        else:
            self.waiting.pop(request.id, None)
        return Answer(f"request.{what}", request.id, cause, {"request": request.snapshot(), "previous_state": before}, at, due)

    # ---- tickets ----

    def ticket_opened(self, event: Input, _seen: Seen) -> list[Answer]:
        ticket = self.ticket(event)
        if ticket.subscription_id is not None:
            raise Quarantined("/data/ticket_id")
        ticket.subscription_id, ticket.is_open = event.data["subscription_id"], True
        ticket.opened_by = event.data.get("opened_by")
        return []

    def ticket(self, event: Input) -> Ticket:
        return self.tickets.setdefault(event.data["ticket_id"], Ticket(event.data["ticket_id"]))

    def ticket_assigned(self, event: Input, seen: Seen) -> list[Answer]:
        ticket = self.ticket(event)
        ticket.assigned = event.data["engineer"]
        return self.end_those(event, seen, lambda request: ticket.engineer(request.engineer["id"]) is None)

    def ticket_escalated(self, event: Input, _seen: Seen) -> list[Answer]:
        engineer = event.data["engineer"]
        escalated = self.ticket(event).escalated
        if engineer["id"] not in escalated and len(escalated) >= 20:
            raise Quarantined("/data/engineer")
        escalated[engineer["id"]] = engineer
        return []

    def ticket_closed(self, event: Input, seen: Seen) -> list[Answer]:
        self.ticket(event).is_open = False
        return self.end_those(event, seen, lambda request: True)

    def ticket_reopened(self, event: Input, _seen: Seen) -> list[Answer]:
        self.ticket(event).is_open = True
        return []

    def end_those(self, event: Input, seen: Seen, concerns) -> list[Answer]:
        live = list(self.live.get(event.data["ticket_id"], {}).values())
        return [answer for request in live if concerns(request) for answer in self.end(request, event, seen)]

    def end(self, request: Request, event: Input, seen: Seen) -> list[Answer]:
        """The ticket, or the engineer, wants it no more."""
        if request.id in seen.over:
            return []
        answers = self.pass_time(request, seen.at)
        before = request.state
        if before in LIVE:
            request.state = "cancelled" if before == "customer_notified" else "revoked"
            request.ended_at = seen.at
            answers.append(self.told(request, request.state, before, event.id, seen.at))
        return answers

    def access_withdrawn(self, event: Input, seen: Seen) -> list[Answer]:
        data = event.data
        request = self.requests.get(data["request_id"])
        if request is None or request.ticket_id != data["ticket_id"] or request.engineer["id"] != data["engineer_id"]:
            raise Quarantined("/data")
        return self.end(request, event, seen)

    # ---- requests ----

    def access_requested(self, event: Input, seen: Seen) -> list[Answer]:
        wish = event.data
        is_emergency = event.kind == "access.emergency_declared"
        ticket = self.tickets.get(wish["ticket_id"])
        engineer = ticket and ticket.engineer(wish["engineer_id"])
        subscription = ticket and self.subscriptions.get(ticket.subscription_id)
        if subscription and subscription.is_removed:
            subscription = None
        policy = subscription.policy if subscription else Policy()
        bound = self.settings.emergency_ttl if is_emergency else self.settings.grant_ttl_max
        bound = min(bound, policy.max_duration)
        default = self.settings.emergency_ttl if is_emergency else self.settings.grant_ttl
        duration = duration_of(wish["duration"]) if wish.get("duration") else min(default, bound)
        items = [{name: it for name, it in item.items() if it is not None} for item in wish["actions"]]
        request = Request(seen.request_id, "", wish["ticket_id"], engineer or {"id": wish["engineer_id"]},
                          wish["resource_id"], items, set(range(1, len(items) + 1)), duration, seen.at, wish, seen.digest,
                          tenant_id=subscription.tenant_id if subscription else None,
                          subscription_id=ticket.subscription_id if ticket else None)
        self.requests[request.id] = request
        starts_at = time_of(wish["starts_at"]) if wish.get("starts_at") else None

        def refused(reason: str, item: int | None = None, detail: str | None = None) -> list[Answer]:
            request.state, request.reason, request.reason_item, request.detail = "refused", reason, item, detail
            request.ended_at = seen.at
            return [self.told(request, "refused", None, event.id, seen.at)]

        if ticket is None or ticket.subscription_id is None:
            return refused("ticket_unknown")
        if not ticket.is_open:
            return refused("ticket_closed")
        if engineer is None:
            return refused("engineer_not_on_ticket")
        if lowered(engineer["organization"]) not in self.settings.organizations:
            return refused("organization_not_allowed")
        if subscription is None:
            return refused("subscription_unknown")
        faults = [(number, fault_of(item)) for number, item in enumerate(items, 1) if fault_of(item)]
        if faults:
            return refused("action_not_permitted", *faults[0])
        bare = [number for number, item in enumerate(items, 1) if item.get("kind") in NOT_CORE]
        if bare:
            return refused("kind_needs_group", bare[0], "kind")
        for number, item in enumerate(items, 1):
            for whose, entries in (("operator", BY_DEFAULT), ("policy", policy.forbid)):
                if any(is_forbidden(item, entry) for entry in entries):
                    return refused("action_forbidden", number, whose)
        if not is_cluster_of(wish["resource_id"], ticket.subscription_id):
            return refused("resource_outside_subscription")
        if duration > bound:
            return refused("duration_too_long")
        if starts_at is not None and starts_at > seen.at + self.settings.starts_within:
            return refused("starts_too_late")
        if not (wish.get("justification") or "").strip():
            return refused("justification_missing")
        if wish.get("extends") and not self.is_extensible(wish, seen.at):
            return refused("extends_unknown")
        if not subscription.is_enabled:
            request.state, request.is_unasked, request.ended_at = "not_required", True, seen.at
            request.approvers = self.approvers_of(subscription.tenant_id, ticket.subscription_id)
            request.alternate_emails = subscription.alternate_emails
            request.starts_at = max(seen.at, starts_at or 0)
            request.expires_at = request.starts_at + request.duration
            return [self.told(request, "not_required", None, event.id, seen.at)]
        if policy.exact_changes:
            changes = [number for number, item in enumerate(items, 1) if item["action"] in ("create_object", "update_object")]
            if changes:
                return refused("content_required", changes[0])
        if is_emergency and not self.may_declare(policy, ticket, seen.at):
            return refused("emergency_not_allowed")
        if is_emergency and is_same_person(wish["authorized_by"], [engineer]):
            return refused("authorizer_is_engineer")
        waiting = [it for it in self.waiting.values() if it.state == "customer_notified" and it.decide_by > seen.at]
        if not is_emergency and (sum(it.ticket_id == ticket.id for it in waiting) >= 50
                                 or sum(it.subscription_id == ticket.subscription_id for it in waiting) >= 500):
            return refused("too_many_requests")
        approvers = self.approvers_of(subscription.tenant_id, ticket.subscription_id)
        if len(self.able(subscription, ticket.subscription_id)) < policy.approvals_needed:
            return refused("no_approvers")

        request.approvers = approvers
        opener = ticket.opened_by
        if opener and (ticket.engineer(opener["id"])
                       or lowered(opener.get("organization") or "") in self.settings.organizations):
            request.opened_by = {name: opener[name] for name in ("id", "email", "name")}
        request.alternate_emails = subscription.alternate_emails
        request.is_signed = policy.signed_decisions
        request.starts_at = starts_at
        if is_emergency:
            request.state = "emergency"
            request.starts_at, request.expires_at = seen.at, seen.at + duration
            request.acknowledge_by = seen.at + self.settings.acknowledge_ttl
            self.emergencies.append(request)
            return [self.told(request, "emergency_started", None, event.id, seen.at)]
        request.state = "customer_notified"
        request.approvals_needed = policy.approvals_needed
        request.decide_by = seen.at + self.settings.pending_ttl
        answers = [self.told(request, "created", None, event.id, seen.at)]
        if policy.approves(items, wish.get("reason_code")):
            request.votes.append(({"id": "policy"}, "approve", seen.at))
            answers.append(self.grant(request, event, seen))
        return answers

    def may_declare(self, policy: Policy, ticket: Ticket, now: int) -> bool:
        """Whether another emergency of the ticket's subscription is allowed, after those before it."""
        before = [it for it in self.emergencies if lowered(it.subscription_id) == lowered(ticket.subscription_id)]
        return (policy.emergency != "never"
                and sum(it.created_at > now - 86_400_000_000 for it in before) < self.settings.emergencies_per_day
                and not any(it.acknowledged_at is None and it.acknowledge_by <= now for it in before)
                and not any(it.state == "revoked" and it.ticket_id == ticket.id for it in before))

    def is_extensible(self, wish: dict, now: int) -> bool:
        """A running grant of the same engineer on the same resource."""
        extended = self.requests.get(wish["extends"])
        return (extended is not None and extended.state in ("approved", "emergency", "not_required") and now < extended.expires_at
                and extended.engineer["id"] == wish["engineer_id"]
                and lowered(extended.resource_id) == lowered(wish["resource_id"]))

    def approvers_of(self, tenant_id: str, subscription_id: str) -> list[tuple[dict, set[str]]]:
        """Each once, with the roles that make him one: either may be published."""
        found = {}
        for (tenant, subscription, role, person_id), person in self.roles.items():
            if (tenant, subscription) == (tenant_id, subscription_id) and role in VOTING_ROLES:
                found.setdefault(person_id, (person, set()))[1].add(role)
        return list(found.values())

    def grant(self, request: Request, event: Input, seen: Seen) -> Answer:
        request.state = "approved"
        request.starts_at = max(seen.at, request.starts_at or 0)
        request.expires_at = request.starts_at + min(request.duration, request.granted)
        return self.told(request, "approved", "customer_notified", event.id, seen.at)

    # ---- decisions ----

    def decision_submitted(self, event: Input, seen: Seen) -> list[Answer]:
        data = event.data
        request = self.requests.get(data["request_id"])
        answers = self.pass_time(request, seen.at) if request else []
        verdict, what = self.judge(request, event, seen)
        judged = Answer("decision.judged", data["request_id"], event.id,
                        {"request_id": data["request_id"], "tenant_id": request.tenant_id if request else None,
                         "decision": data["decision"], "verdict": verdict, "by": data["by"], "comment": data.get("comment"),
                         "at": seen.at}, seen.at)
        return [*answers, *what, judged]

    def judge(self, request: Request | None, event: Input, seen: Seen) -> tuple[str, list[Answer]]:
        data = event.data
        decision, by = data["decision"], data["by"]
        if request is None:
            return "unknown_request", []
        listed = next((person for person, _ in request.approvers if person["id"] == by["id"]), None)
        if decision in ("approve", "acknowledge") and any(
                is_same_person(voter, [request.engineer, request.opened_by]) for voter in (by, listed) if voter):
            return "self_approval", []
        if listed is None and not request.is_unasked or not any((request.tenant_id, request.subscription_id, role, by["id"]) in self.roles
                                     for role in VOTING_ROLES):
            return "not_an_approver", []
        signature = data.get("signature") or data.get("assertion")
        if request.is_signed and signature is None:
            return "bad_signature", []
        if signature is not None and not signature_holds(signature, self.keys.get((request.tenant_id, by["id"])),
                                                         request.id, request.digest, data):
            return "bad_signature", []
        return getattr(self, f"judge_{decision}")(request, event, seen)

    def judge_approve(self, request: Request, event: Input, seen: Seen) -> tuple[str, list[Answer]]:
        data, voter = event.data, event.data["by"]["id"]
        has_said = request.has_said(voter, "approve")
        if request.state != "customer_notified":
            return verdict_when_over(request.state, "approve", has_said), []
        if has_said:
            return "duplicate", []
        numbers = data.get("actions")
        left = [request.items[number - 1] for number in request.kept if numbers is None or number in numbers]
        subscription = self.subscriptions.get(request.subscription_id)
        entries = BY_DEFAULT + (subscription.policy.forbid if subscription else [])
        if any(is_forbidden(item, entry) for item in left for entry in entries):
            return "conflict", []  # forbidden by now
        given = duration_of(data["duration"]) if data.get("duration") else FOREVER
        if data.get("duration") and given > request.duration or numbers and max(numbers) > len(request.items):
            return "widens", []
        if numbers is not None:
            request.kept.intersection_update(numbers)
        request.granted = min(request.granted, given)
        if not request.kept:
            self.vote(request, event, seen, "deny")
            return "applied", [self.deny(request, event, seen)]
        self.vote(request, event, seen)
        if sum(said == "approve" for _, said, _ in request.votes) < request.approvals_needed:
            return "recorded", [self.told(request, "approval_recorded", "customer_notified", event.id, seen.at)]
        return "applied", [self.grant(request, event, seen)]

    def judge_deny(self, request: Request, event: Input, seen: Seen) -> tuple[str, list[Answer]]:
        if request.state != "customer_notified":
            return verdict_when_over(request.state, "deny", request.has_said(event.data["by"]["id"], "deny")), []
        self.vote(request, event, seen)
        return "applied", [self.deny(request, event, seen)]

    def judge_revoke(self, request: Request, event: Input, seen: Seen) -> tuple[str, list[Answer]]:
        before = request.state
        if before not in ("approved", "emergency", "not_required"):
            return "conflict" if before == "customer_notified" else "late", []
        self.vote(request, event, seen)
        request.state, request.ended_at = "revoked", seen.at
        return "applied", [self.told(request, "revoked", before, event.id, seen.at)]

    def judge_acknowledge(self, request: Request, event: Input, seen: Seen) -> tuple[str, list[Answer]]:
        if request.acknowledge_by is None:
            return "conflict", []
        if request.acknowledged_at is not None:
            return "duplicate", []
        self.vote(request, event, seen)
        request.acknowledged_at = seen.at
        return "applied", [self.told(request, "acknowledged", request.state, event.id, seen.at)]

    def vote(self, request: Request, event: Input, seen: Seen, came_to: str | None = None) -> None:
        request.votes.append((event.data["by"], came_to or event.data["decision"], seen.at))

    def deny(self, request: Request, event: Input, seen: Seen) -> Answer:
        request.state, request.ended_at = "denied", seen.at
        return self.told(request, "denied", "customer_notified", event.id, seen.at)

    # ---- tenants ----

    def tenant_changed(self, event: Input, seen: Seen) -> list[Answer]:
        data, change = event.data, event.kind.removeprefix("tenant.")
        reason = self.objection(change, data)
        signed_at = self.when_signed(change, data, seen.at) if reason is None else None
        is_needed = reason is None and self.is_weakening(change, data) and self.is_signed(change, data)
        if is_needed and signed_at is None:
            reason = "bad_signature"
        elif signed_at is not None:  # it counts once, needed or not
            at = seen.at if is_needed else min(signed_at, seen.at)
            self.signed_changes.setdefault(data["tenant_id"], []).append((at, signed_bytes(data["signature"])))
        telling = {}
        if reason is None and self.is_weakening(change, data):
            telling = self.weakened(data)
        before = {name: self.missing(name) for name in self.affected(change, data)} if reason is None else {}
        if reason is None:
            getattr(self, change)(data)
        kind = "tenant.changed" if reason is None else "tenant.change_refused"
        data = {name: it for name, it in data.items() if name not in ("signature", "proof")}
        told = {**data, "change": change, "reason": reason, "at": seen.at, **telling}
        answers = [Answer(kind, data["tenant_id"], event.id, told, seen.at)]
        for name, was in before.items():
            now = self.missing(name)
            if now is not None and (was is None or now[1] < was[1] or now[0] > was[0]):
                subscription = self.subscriptions[name]
                answers.append(Answer("tenant.approvers_missing", data["tenant_id"], event.id, {
                    "tenant_id": data["tenant_id"], "subscription_id": name, "needed": now[0], "left": now[1], "by": data.get("by"),
                    "cause": {"approver_key_set": "key_removed"}.get(change, change), "at": seen.at,
                    "informed": addresses([*self.administrator_emails(data["tenant_id"]), *subscription.alternate_emails])}, seen.at))
        if reason is None and change == "subscription_removed":
            live = [request for of_ticket in self.live.values() for request in of_ticket.values()
                    if request.subscription_id == data["subscription_id"]]
            answers += [answer for request in live for answer in self.end(request, event, seen)]
        if reason is None and change == "lockbox_enabled":
            unasked = [request for of_ticket in self.live.values() for request in of_ticket.values()
                       if request.subscription_id == data["subscription_id"] and request.is_unasked]
            answers += [answer for request in unasked for answer in self.end(request, event, seen)]
        return answers

    def objection(self, change: str, data: dict) -> str | None:
        tenant_id = data["tenant_id"]
        if change in ("lockbox_enabled", "lockbox_disabled", "policy_set", "subscription_removed", "approver_key_set") and (
                (tenant_id, "", "global_administrator", data["by"]["id"]) not in self.roles) and (
                data["by"]["id"] != data.get("principal_id")):
            return "not_a_global_administrator"
        if change == "approver_key_set":
            return None if self.is_good_key(data) else "bad_key"
        if data.get("role") == "global_administrator":
            return None
        if data.get("subscription_id") is None:
            return "subscription_missing"
        subscription = self.subscriptions.get(data["subscription_id"])
        if change == "subscription_added":
            return "subscription_of_another_tenant" if subscription and subscription.tenant_id != tenant_id else None
        if subscription is None or subscription.is_removed or subscription.tenant_id != tenant_id:
            return "subscription_unknown"
        if any(entry["action"] not in ACTIONS for entry in data.get("auto_approve") or []):
            return "action_not_permitted"
        if change == "role_assigned":
            voters = [person["id"] for person, _ in self.approvers_of(tenant_id, data["subscription_id"])]
            if len(voters) >= 200 and data["principal"]["id"] not in voters:
                return "too_many_approvers"
        if change == "policy_set" and data.get("signed_decisions") and not subscription.policy.signed_decisions:
            voters = [person["id"] for person, _ in self.approvers_of(tenant_id, data["subscription_id"])]
            if sum((tenant_id, voter) in self.keys for voter in voters) < (data.get("approvals_needed") or 1) or not any(
                    (tenant_id, admin) in self.keys for admin in self.administrators(tenant_id)):
                return "keys_missing"
        return None

    def able(self, subscription: Subscription, subscription_id: str) -> list[str]:
        """Who may approve now."""
        voters = [person["id"] for person, _ in self.approvers_of(subscription.tenant_id, subscription_id)]
        return [it for it in voters if not subscription.policy.signed_decisions or (subscription.tenant_id, it) in self.keys]

    def affected(self, change: str, data: dict) -> list[str]:
        """The subscriptions that a change may leave with too few who may approve."""
        if change == "approver_key_set" and data.get("public_key") is None:
            return [name for name, it in self.subscriptions.items() if it.tenant_id == data["tenant_id"] and it.policy.signed_decisions]
        is_one = change in ("policy_set", "lockbox_enabled") or (
            change == "role_removed" and data.get("subscription_id") in self.subscriptions
            and self.subscriptions[data["subscription_id"]].tenant_id == data["tenant_id"])
        return [data["subscription_id"]] if is_one else []

    def missing(self, name: str) -> tuple[int, int] | None:
        """How many are needed and how many are left, where that is fewer."""
        subscription = self.subscriptions[name]
        needed, left = subscription.policy.approvals_needed, len(self.able(subscription, name))
        return (needed, left) if subscription.is_enabled and not subscription.is_removed and left < needed else None

    def administrator_emails(self, tenant_id: str) -> list[str]:
        return [person["email"] for (tenant, _, role, _), person in self.roles.items()
                if (tenant, role) == (tenant_id, "global_administrator")]

    def weakened(self, data: dict) -> dict:
        """Whom a change that gives up protection concerns: as it was before."""
        tenant_id = data["tenant_id"]
        whole = "principal_id" in data or data.get("role") == "global_administrator"
        concerned = [name for name, it in self.subscriptions.items() if it.tenant_id == tenant_id and not it.is_removed
                     and (whole or name == data["subscription_id"])]
        emails = self.administrator_emails(tenant_id)
        for name in concerned:
            emails += [person["email"] for person, _ in self.approvers_of(tenant_id, name)] + self.subscriptions[name].alternate_emails
        return {"weakens": True, "concerns": sorted(concerned), "informed": addresses(emails)}

    def administrators(self, tenant_id: str) -> list[str]:
        return [person for tenant, _, role, person in self.roles if (tenant, role) == (tenant_id, "global_administrator")]

    def is_good_key(self, data: dict) -> bool:
        """A new key is its person's alone, who proves to have its private half."""
        if data.get("public_key") is None:
            return data.get("proof") is None
        key = key_of(data["public_key"])
        owner = self.key_owners.get((data["tenant_id"], key), data["principal_id"])
        if key is None or owner != data["principal_id"] or data.get("proof") is None:
            return False
        said = payload_of(data["proof"], key)
        return said is not None and isinstance(said.get("iat"), int) and all(
            said.get(name) == data[name] for name in ("tenant_id", "principal_id"))

    def is_signed(self, change: str, data: dict) -> bool:
        """Keys and administrators are the tenant's."""
        if change == "approver_key_set" or data.get("role") == "global_administrator":
            return any(it.tenant_id == data["tenant_id"] and it.policy.signed_decisions and not it.is_removed
                       for it in self.subscriptions.values())
        return self.subscriptions[data["subscription_id"]].policy.signed_decisions

    def is_weakening(self, change: str, data: dict) -> bool:
        if change == "policy_set":
            return policy_of(data).asks_less_than(self.subscriptions[data["subscription_id"]].policy)
        if change == "contacts_set":
            before = self.subscriptions[data["subscription_id"]].alternate_emails
            return not {it.lower() for it in before} <= {it.lower() for it in data["alternate_emails"]}
        if change == "approver_key_set":
            had_key = (data["tenant_id"], data["principal_id"]) in self.keys
            return had_key or data.get("public_key") is not None and self.is_signed(change, data)
        if change == "role_assigned":
            return self.is_signed(change, data)
        return change in ("lockbox_disabled", "subscription_removed")

    def when_signed(self, change: str, data: dict, now: int) -> int | None:
        """In microseconds, where there is a signature that counts."""
        tenant_id, signature = data["tenant_id"], data.get("signature")
        signers = self.administrators(tenant_id) + ([data["principal_id"]] if change == "approver_key_set" else [])
        earlier = self.signed_changes.get(tenant_id, [])
        if signature is None or signed_bytes(signature) in [signed for _, signed in earlier]:
            return None
        payloads = [payload_of(signature, self.keys.get((tenant_id, signer))) for signer in signers]
        payload = next((it for it in payloads if it is not None), None)
        if payload is None or type(payload.get("iat")) is not int:
            return None
        second, last = now // 1_000_000, max((at for at, _ in earlier), default=0) // 1_000_000
        counts = (second - 900 <= payload["iat"] <= second + 60 and payload["iat"] >= last
                  and payload.get("type") in (None, f"lockbox.tenant.{change}.v1")
                  and {name: it for name, it in payload.items() if name not in ("iat", "type")}
                  == {name: it for name, it in data.items() if name != "signature"})
        return payload["iat"] * 1_000_000 if counts else None

    def subscription_added(self, data: dict) -> None:
        known = self.subscriptions.get(data["subscription_id"])
        if known is None or known.is_removed:
            known = self.subscriptions[data["subscription_id"]] = Subscription(data["tenant_id"])
        known.name = data.get("name")

    def subscription_removed(self, data: dict) -> None:
        self.subscriptions[data["subscription_id"]].is_removed = True
        self.subscriptions[data["subscription_id"]].is_enabled = False

    def role_assigned(self, data: dict) -> None:
        self.roles[role_key(data)] = data["principal"]

    def role_removed(self, data: dict) -> None:
        self.roles.pop(role_key(data), None)

    def lockbox_enabled(self, data: dict) -> None:
        self.subscriptions[data["subscription_id"]].is_enabled = True

    def lockbox_disabled(self, data: dict) -> None:
        self.subscriptions[data["subscription_id"]].is_enabled = False

    def contacts_set(self, data: dict) -> None:
        self.subscriptions[data["subscription_id"]].alternate_emails = data["alternate_emails"]

    def policy_set(self, data: dict) -> None:
        self.subscriptions[data["subscription_id"]].policy = policy_of(data)

    def approver_key_set(self, data: dict) -> None:
        place = data["tenant_id"], data["principal_id"]
        if data.get("public_key") is None:
            self.keys.pop(place, None)
        else:
            self.keys[place] = key_of(data["public_key"])
            self.key_owners[data["tenant_id"], self.keys[place]] = data["principal_id"]

    # ---- is this allowed? ----

    def grants_of(self, engineer_id: str, time: int) -> list[Request]:
        return [request for request in self.granted.get(engineer_id, ()) if request.is_good_at(time)]


def verdict_when_over(state: str, decision: str, has_said: bool) -> str:
    """What becomes of an approve or deny that comes when nothing is pending."""
    if state in ("expired", "cancelled", "completed"):
        return "duplicate" if has_said else "late"
    decided_by = {"approved": "approve", "denied": "deny"}
    return "duplicate" if has_said and decided_by.get(state) == decision else "conflict"


def is_same_person(voter: dict, others: list[dict | None]) -> bool:
    """By id, or by e-mail without case."""
    return any(voter["id"] == other["id"] or lowered(voter["email"]) == lowered(other.get("email", ""))
               for other in others if other)


def policy_of(data: dict) -> Policy:
    return Policy(data.get("approvals_needed") or 1, duration_of(data["max_duration"]) if data.get("max_duration") else FOREVER,
                  data.get("auto_approve") or [], data.get("signed_decisions") or False, data.get("forbid") or [],
                  data.get("emergency") or "allowed", data.get("exact_changes") or False)


def addresses(emails: list[str]) -> list[str]:
    """Each once, whatever its case."""
    return sorted({lowered(it) for it in emails})


def role_key(data: dict) -> tuple[str, str, str, str]:
    scope = "" if data["role"] == "global_administrator" else data["subscription_id"]
    return data["tenant_id"], scope, data["role"], data["principal"]["id"]


def refuse_malformed(event: Input) -> None:
    """As far as the inputs of these tests go: a member missing, of the wrong type or too long, another key."""
    data = event.data
    for member in REQUIRED[event.kind].split():
        value = data.get(member)
        wanted = dict if member in PEOPLE else list if member in ("actions", "alternate_emails") else str
        if not isinstance(value, wanted):
            raise Quarantined(f"/data/{member}")
        if member.endswith("_id") and not 1 <= len(value.encode()) <= (512 if member == "resource_id" else 128):
            raise Quarantined(f"/data/{member}")
        for part in PEOPLE.get(member, "").split():
            if not isinstance(value.get(part), str):
                raise Quarantined(f"/data/{member}/{part}")
    if event.kind == "tenant.approver_key_set" and not isinstance(data.get("public_key", 0), dict | None):
        raise Quarantined("/data/public_key")  # null removes the key; nothing says nothing
    numbers = data.get("actions") if event.kind == "decision.submitted" else None
    if numbers and not all(1 <= number <= 32 for number in numbers):
        raise Quarantined("/data/actions")
    if event.key != data[KEYS[event.kind.partition(".")[0]]]:
        raise Quarantined("key")


HANDLERS = {kind: getattr(World, kind.replace(".", "_")) for kind in REQUIRED
            if not kind.startswith("tenant.") and kind != "access.emergency_declared"}
HANDLERS |= {kind: World.tenant_changed for kind in REQUIRED if kind.startswith("tenant.")}
HANDLERS["access.emergency_declared"] = World.access_requested
