"""Sequences of events by a seed: a small world in which everything collides often.

A Draft is an event that is not published yet: what only the run can tell (ids of requests, the time, a signature over a
digest) stands in it as a Ref, an In or a Signature. What each reads and writes says which may be published together."""
import base64
import hashlib
import itertools
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.passkey import Passkey

TICKETING = "https://support.example/tickets"
PORTAL = "https://portal.example/lockbox"
KEYS = {"ticket": "ticket_id", "access": "ticket_id", "tenant": "tenant_id", "decision": "request_id"}

NAMESPACES = ["openshift-ingress", "openshift-ingress", "openshift", "openshift-ingress-operator", "default", None]
KINDS = ["Pod", "ConfigMap", "Node", "IngressController.operator.openshift.io"]
# Well formed, and refused: without the group that it needs, or whoever agrees.
BARRED = [("list_or_get_objects", "IngressController"), ("list_or_get_objects", "DNS"), ("list_or_get_objects", "Secret"),
          ("list_or_get_objects", "OAuthClient.oauth.openshift.io"), ("create_object", "Role.rbac.authorization.k8s.io"),
          ("create_object", "User.user.openshift.io")]
FORBID = [{"action": "delete_object"}, {"namespace": "openshift"}, {"kind": "Node"}, {"kind": "*.operator.openshift.io"},
          {"action": "create_object", "namespace": "default", "kind": "Pod"}]
NAMES = ["router-1", "router-2", None]
BAD_ITEMS = [{"action": "exec_into_pod", "namespace": "openshift-ingress", "name": "router-1"},
             {"action": "Get_pod_logs", "namespace": "openshift-ingress"}, {"action": ""},
             {"action": "get_pod_logs", "namespace": "default"}, {"action": "get_pod_logs"},
             {"action": "get_pod_logs", "namespace": "openshiftx"},
             {"action": "get_pod_logs", "namespace": "Openshift-ingress"},
             {"action": "get_pod_logs", "namespace": "my-openshift-ingress"}, {"action": "get_pod_logs", "namespace": ""},
             {"action": "get_pod_logs", "namespace": "openshift-ingress", "kind": "Pod"},
             {"action": "create_object", "namespace": "openshift-ingress"},
             {"action": "update_object", "namespace": "openshift-ingress", "kind": "Pod"},
             {"action": "delete_object", "kind": "Node"}, {"action": "delete_object", "kind": "Node", "name": ""},
             {"action": "update_object", "name": "router-1"}, {"action": "list_or_get_objects", "namespace": "default"},
             {"action": "list_or_get_objects", "kind": ""}, {"action": "list_or_get_objects", "kind": "pods/exec"},
             {"action": "list_or_get_objects", "kind": "*"}, {"action": "list_or_get_objects", "kind": "Pod.v1"},
             {"action": "update_object", "kind": "Deployment.Apps", "name": "router-1"},
             {"action": "update_object", "kind": "\u212aind", "name": "router-1"},
             {"action": "delete_object", "namespace": "openshift-x/../../secrets", "kind": "Pod", "name": "router-1"},
             {"action": "delete_object", "namespace": "default", "kind": "Pod", "name": "../x"},
             {"action": "delete_object", "namespace": "default", "kind": "Pod", "name": ".."},
             {"action": "delete_object", "namespace": "default", "kind": "Pod", "name": "x" * 254},
             {"action": "delete_object", "namespace": "default", "kind": "Pod", "name": "router-1", "container": "c"},
             {"action": "get_pod_logs", "namespace": "openshift-ingress", "uid": "0d9f"},
             {"action": "get_pod_logs", "namespace": "openshift-ingress", "container": "Router"},
             {"action": "get_pod_logs", "namespace": "openshift-ingress-"}]
BLANK = [None, "", " ", "\t\r\n", "\u00a0\u3000\u2003\n"]
REASON_CODES = [None, "INGRESS", "ingress", "ROUTINE"]
DAY = 86_400_000_000
ACTIONS = ["create_object", "update_object", "delete_object", "list_or_get_objects", "get_pod_logs"]


@dataclass(frozen=True)
class Ref:
    """The id of the request that a draft of that number asked for."""
    number: int
    is_shouted: bool = False  # in upper case: another id

    def __repr__(self) -> str:
        return f"<request of {self.number}{', in upper case' if self.is_shouted else ''}>"


@dataclass(frozen=True)
class In:
    """A time, so many microseconds from when it is published."""
    offset: int


@dataclass(frozen=True)
class Signature:
    """A JWS or a passkey's assertion over what is decided, or over something else."""
    key: Ed25519PrivateKey | Passkey
    change: str | None = None

    @property
    def member(self) -> str:
        return "assertion" if isinstance(self.key, Passkey) else "signature"

    def over(self, data: dict, digest: str | None, iat: int) -> str | dict:
        payload = {"request_id": data.get("request_id"), "digest": digest, "decision": data.get("decision"), "iat": iat}
        payload |= {name: data[name] for name in ("actions", "duration") if data.get(name) is not None}
        payload["by"] = data["by"].get("id") if isinstance(data.get("by"), dict) else None
        header = {"alg": "EdDSA"}
        if self.change == "alg":
            header["alg"] = "none"
        elif self.change == "crit":
            header["crit"] = ["exp"]
        elif self.change == "digest":
            payload["digest"] = (digest or "0" * 64)[::-1]
        elif self.change == "decision":
            payload["decision"] = "deny" if data.get("decision") != "deny" else "approve"
        elif self.change == "request_id":
            payload["request_id"] = "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"
        elif self.change == "actions":
            payload["actions"] = [1, 2, 3, 4, 5]
        elif self.change == "duration":
            payload["duration"] = "PT59M"
        elif self.change == "no actions":
            payload.pop("actions", None)
        elif self.change == "by":
            payload["by"] = "somebody"
        elif self.change == "no by":
            del payload["by"]
        elif self.change == "no digest":
            del payload["digest"]
        if isinstance(self.key, Passkey):
            return self.touched(json.dumps(payload).encode())
        signed = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(payload).encode())}"
        signature = self.key.sign(signed.encode())
        if self.change == "bit":
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        if self.change == "garbage":
            return "no.jws"
        return f"{signed}.{base64url(signature)}"

    def touched(self, payload: bytes) -> dict:
        made = self.key.touch(payload, **TOUCHES.get(self.change, {}))
        if self.change == "bit":
            made["signature"] = private_key("zP").touch(payload)["signature"]
        return made


# The changes of a header, for a passkey: another page, another page's frame, nobody there.
TOUCHES = {"alg": {"origin": "https://evil.example"}, "crit": {"crossOrigin": True}, "garbage": {"flags": 0}}
CHANGES = ["alg", "by", "no by", "crit", "digest", "digest", "decision", "request_id", "actions", "duration", "no actions", "no digest",
           "bit", "garbage"]


@dataclass
class Draft:
    number: int
    kind: str
    data: dict
    key: str | Ref
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    repeats: int | None = None  # the same event as that draft's
    spoils: bool = False        # … but for a byte
    mode: str = "structured"
    is_bad: bool = False        # a dead letter, as far as its author knows

    @property
    def source(self) -> str:
        return TICKETING if self.kind.split(".")[0] in ("ticket", "access") else PORTAL

    @property
    def tags(self) -> frozenset[str]:
        return self.reads | self.writes


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def private_key(name: str) -> Ed25519PrivateKey | Passkey:
    """The same for the same name; a passkey where the name ends in P."""
    if name.endswith("P"):
        return Passkey(key=ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") >> 1 | 1, ec.SECP256R1()))
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b".")[:32])


def jwk_of(key: Ed25519PrivateKey | Passkey) -> dict:
    if isinstance(key, Passkey):
        return key.jwk
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))}


def signed(key: Ed25519PrivateKey | Passkey, payload: dict) -> str | dict:
    if isinstance(key, Passkey):
        return key.sign(**payload)
    header = base64url(json.dumps({"alg": "EdDSA"}).encode())
    text = f"{header}.{base64url(json.dumps(payload).encode())}"
    return f"{text}.{base64url(key.sign(text.encode()))}"


def person(name: str, domain: str = "contoso.example") -> dict:
    return {"id": name, "email": f"{name}@{domain}", "name": name.title()}


def without_organization(engineer: dict) -> dict:
    return {name: engineer[name] for name in ("id", "email", "name")}


@dataclass
class Wish:
    """A request as far as its author knows."""
    number: int
    ticket: "Ticket"
    engineer_id: str
    resource_id: str
    items: int
    is_emergency: bool
    is_sound: bool  # for all that its author knows


@dataclass
class Ticket:
    id: str
    subscription_id: str
    assigned: dict | None = None
    escalated: list = field(default_factory=list)
    requests: list[Wish] = field(default_factory=list)
    is_open: bool = True
    opened_with: set[str] = field(default_factory=set)  # the first one counts that is no dead letter

    @property
    def reads(self) -> set[str]:
        """The tags of what it may be a ticket of."""
        return {f"subscription:{name}" for name in {self.subscription_id, *self.opened_with}}

    @property
    def emergencies(self) -> set[str]:
        """The tags of whether another emergency is allowed."""
        return {f"emergencies:{name}" for name in {self.subscription_id, *self.opened_with}}

    @property
    def engineers(self) -> list:
        return [*self.escalated, *([self.assigned] if self.assigned else [])]


class Author:
    """Writes drafts. Knows roughly how things stand, so that much of what it writes makes sense."""

    def __init__(self, seed: int, run: str = ""):
        self.random = random.Random(seed)
        self.run = run
        self.drafts = 0
        self.tenants = [f"{run}t{n}" for n in range(1, 6)]
        self.subscriptions = [f"{run}Sub-{n}" for n in range(1, 12)]  # 1 begins 10 and 11
        self.home = {name: self.tenants[place % 5] for place, name in enumerate(self.subscriptions)}
        self.people = [person(f"p{n}") for n in range(1, 13)]
        engineers = [person(f"e{n}", "microsoft.example") for n in range(1, 7)]
        engineers += [self.people[2], {**person("e7"), "email": "P5@Contoso.Example"}, self.people[6]]
        organizations = ["microsoft", "redhat", "RedHat", "microsoft", "consultants", "microsoft", "MICROSOFT", "redhat",
                         "microsoft"]
        self.engineers = [{**it, "organization": organization} for it, organization in zip(engineers, organizations)]
        self.voters: dict[str, list] = {name: [] for name in self.subscriptions}
        self.signed: set[str] = set()
        self.guarded: set[str] = set()       # subscriptions, as far as the author knows
        self.unguarded: dict[str, str] = {}  # others → what they need first to be guarded again
        self.held_keys: dict[tuple[str, str], str] = {}
        self.tickets: list[Ticket] = []
        self.ticket_count = 0
        self.wishes: list[Wish] = []
        self.repeatable: list[Draft] = []

    def write(self, events: int):
        yield from self.found()
        while self.drafts < events:
            yield self.next()

    # ---- drafts ----

    def draft(self, kind: str, data: dict, reads=(), writes=(), **more) -> Draft:
        self.drafts += 1
        data = {name: it for name, it in data.items() if it is not None or name == "public_key"}
        draft = Draft(self.drafts, kind, data, data[KEYS[kind.partition(".")[0]]], frozenset(reads), frozenset(writes),
                      mode="binary" if self.random.random() < 0.2 else "structured", **more)
        if kind in ("access.requested", "access.withdrawn", "ticket.opened", "decision.submitted") or kind.startswith("tenant."):
            self.repeatable.append(draft)
            del self.repeatable[:-60]
        return draft

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, things):
        return self.random.choice(things)

    def next(self) -> Draft:
        # Tenant changes come in swarms: they hold up everything about the subscription.
        if self.drafts % 300 < 20:
            return self.tenant_change()
        kinds = {self.ticket_event: 11, self.request: 29, self.withdrawal: 4, self.decision: 48, self.repetition: 5,
                 self.malformed: 2}
        if len(self.tickets) < 12:
            return self.opening()
        return self.random.choices(list(kinds), list(kinds.values()))[0]()

    # ---- tenants ----

    def found(self) -> list[Draft]:
        """The world as it begins."""
        drafts = []
        for subscription in self.subscriptions[:-1]:  # the last is unheard of
            tenant = self.home[subscription]
            admin = self.people[self.tenants.index(tenant)]
            drafts.append(self.change(tenant, subscription, "subscription_added", name="Production"))
            drafts.append(self.change(tenant, None, "role_assigned", principal=admin, role="global_administrator"))
            for role in ("owner", "owner", "lockbox_approver"):
                drafts.append(self.assign_role(tenant, subscription, role))
            if subscription != self.subscriptions[8]:
                drafts.append(self.guard(subscription))
        for holder in self.people:
            for tenant in self.tenants:
                drafts.append(self.set_key(tenant, holder["id"], self.one("AP")))
        return drafts

    def requests_of(self, tickets: list[Ticket]) -> set[str]:
        """The tags of what these tickets asked for."""
        return {f"request:{wish.number}" for ticket in tickets for wish in ticket.requests}

    def change(self, tenant: str, subscription: str | None, change: str, tag: str | None = None, also=(), **data) -> Draft:
        writes = {f"subscription:{subscription}"} if subscription else {f"tenant:{tenant}"}
        data = {"tenant_id": tenant, "subscription_id": subscription, **data}
        if self.chance(0.8 if self.signed else 0.05):
            data["signature"] = self.change_signature(tenant, change, data)
        return self.draft(f"tenant.{change}", data,
                          writes={tag} if tag else writes | set(also))

    def change_signature(self, tenant: str, change: str, data: dict) -> str:
        """By an administrator, mostly: over what is published, at a time that mostly counts."""
        admin = self.people[self.tenants.index(tenant)]["id"] if self.chance(0.9) else self.one(self.people)["id"]
        said = {name: it for name, it in data.items() if it is not None or name == "public_key"}
        if self.chance(0.05):
            said["by"] = self.one(self.people)
        if self.chance(0.2):
            said["type"] = f"lockbox.tenant.{change if self.chance(0.8) else 'role_removed'}.v1"
        iat = int(time.time()) + (0 if self.chance(0.9) else self.one([-2000, -5, 30, 500]))
        return signed(private_key(admin + (self.held_keys.get((tenant, admin)) or "A")), {**said, "iat": iat})

    def proof(self, tenant: str, holder: str, key: Ed25519PrivateKey) -> str | None:
        if self.chance(0.05):
            return None
        key, holder = (private_key("z") if self.chance(0.03) else key), self.one(self.people)["id"] if self.chance(0.03) else holder
        return signed(key, {"tenant_id": tenant, "principal_id": holder, "iat": int(time.time())})

    def assign_role(self, tenant: str, subscription: str | None, role: str) -> Draft:
        holder = self.one(self.people)
        if subscription:
            self.voters[subscription].append(holder)
            del self.voters[subscription][:-6]
        return self.change(tenant, subscription, "role_assigned", principal=holder, role=role)

    def set_key(self, tenant: str, holder: str, which: str | None) -> Draft:
        self.held_keys[tenant, holder] = which
        key = private_key((holder if self.chance(0.95) else self.one(self.people)["id"]) + which) if which else None
        return self.change(tenant, None, "approver_key_set", tag=f"key:{tenant} {holder}", principal_id=holder,
                           public_key=jwk_of(key) if key else None, proof=self.proof(tenant, holder, key) if key else None,
                           by=self.setter(tenant, holder))

    def setter(self, tenant: str, holder: str) -> dict:
        """Who sets a person's key: mostly that person."""
        themselves = next(person for person in self.people if person["id"] == holder)
        return self.one([themselves] * 6 + [self.people[self.tenants.index(tenant)], self.one(self.people)])

    def tenant_change(self) -> Draft:
        if self.unguarded and self.chance(0.25):
            return self.guard(self.one(list(self.unguarded)))
        subscription = self.one(self.subscriptions)
        tenant = self.home[subscription] if self.chance(0.9) else self.one(self.tenants)
        admin = self.people[self.tenants.index(tenant)] if self.chance(0.85) else self.one(self.people)
        what = self.random.choices(
            ["role_assigned", "role_removed", "policy_set", "approver_key_set", "lockbox_enabled", "lockbox_disabled",
             "contacts_set", "subscription_added", "subscription_removed", "administrator", "no subscription", "bad key"],
            [26, 10, 18, 10, 8, 3, 6, 6, 2, 4, 2, 2])[0]
        if what == "role_assigned":
            return self.assign_role(tenant, subscription, self.one(["owner", "lockbox_approver"]))
        if what == "role_removed":
            holders = self.voters[subscription]
            holder = self.one(holders) if holders and self.chance(0.8) else self.one(self.people)
            return self.change(tenant, subscription, what, principal=holder, role=self.one(["owner", "lockbox_approver"]))
        if what == "no subscription":
            return self.assign_role(tenant, None, self.one(["owner", "lockbox_approver"]))
        if what == "administrator":
            return self.change(tenant, None, self.one(["role_assigned", "role_assigned", "role_removed"]),
                               principal=admin, role="global_administrator")
        if what == "policy_set":
            return self.policy(tenant, subscription, admin)
        if what == "approver_key_set":
            return self.set_key(tenant, self.one(self.people)["id"], self.one(["A", "P", "B", None]))
        if what == "bad key":
            good = jwk_of(private_key("x"))
            bad = self.one([{**good, "kty": "EC"}, {**good, "crv": "X25519"}, {**good, "x": good["x"][:-1]},
                            {**good, "x": ""}, {**good, "x": "AQ" + "A" * 41}, {**good, "x": "!" * 43}, {**good, "x": good["x"] + "AAAA"}])
            holder = self.one(self.people)["id"]
            return self.change(tenant, None, "approver_key_set", tag=f"key:{tenant} {holder}", principal_id=holder, public_key=bad,
                               by=self.setter(tenant, holder))
        if what == "contacts_set":
            emails = self.random.sample(["soc@contoso.example", "duty@contoso.example", "p5@contoso.example"],
                                        self.random.randrange(4))
            return self.change(tenant, subscription, what, alternate_emails=emails)
        if what == "subscription_added":
            return self.change(tenant, subscription, what, name=self.one([None, "Production", "Test"]))
        if what == "subscription_removed":
            if tenant == self.home[subscription]:
                self.unguarded[subscription] = "subscription_added"
                self.guarded.discard(subscription)
            ended = [ticket for ticket in self.tickets if subscription in {ticket.subscription_id, *ticket.opened_with}]
            return self.change(tenant, subscription, what, by=admin, also=self.requests_of(ended))
        if what == "lockbox_disabled":
            self.unguarded.setdefault(subscription, "lockbox_enabled")
            self.guarded.discard(subscription)
        if what == "lockbox_enabled" and tenant == self.home[subscription]:
            self.guarded.add(subscription)
        return self.change(tenant, subscription, what, by=admin)

    def guard(self, subscription: str) -> Draft:
        """One step towards a subscription that Lockbox guards."""
        tenant = self.home[subscription]
        if self.unguarded.get(subscription) == "subscription_added":
            self.unguarded[subscription] = "lockbox_enabled"
            return self.change(tenant, subscription, "subscription_added")
        self.unguarded.pop(subscription, None)
        self.guarded.add(subscription)
        return self.change(tenant, subscription, "lockbox_enabled", by=self.people[self.tenants.index(tenant)])

    def policy(self, tenant: str, subscription: str, admin: dict) -> Draft:
        entries = [{name: it for name, it in {"action": self.one(ACTIONS), "namespace": self.one(NAMESPACES),
                                              "reason_code": self.one(REASON_CODES)}.items() if it is not None}
                   for _ in range(self.one([0, 0, 1, 2, 5]))]
        if self.chance(0.05):
            entries.append({"action": self.one(["reboot_node", "Get_Pod_Logs"])})
        is_signed = self.one([None, False, True, True])
        (self.signed.add if is_signed else self.signed.discard)(subscription)
        return self.change(tenant, subscription, "policy_set", by=admin, approvals_needed=self.one([None, 1, 1, 2, 2, 3]),
                           max_duration=self.one([*[None] * 6, "PT1S", "PT3S", "PT3S", "PT1H", "P2D"]),
                           auto_approve=entries or self.one([None, []]), signed_decisions=is_signed,
                           forbid=[self.one(FORBID)] if self.chance(0.15) else None,
                           exact_changes=self.chance(0.06) or self.one([None, None, False]),
                           emergency=self.one([*[None] * 8, "allowed", "never"]))

    # ---- tickets ----

    def opening(self) -> Draft:
        self.ticket_count += 1
        ticket = Ticket(f"{self.run}T{self.ticket_count}", self.one(self.subscriptions))
        self.tickets.append(ticket)
        opener = self.one([None, self.one(self.people), {**self.one(self.people), "organization": self.one(
            ["Microsoft", "redhat", "contoso"])}, without_organization(self.one(self.engineers)),
                           {"id": "e9", "email": "P4@CONTOSO.EXAMPLE", "name": "", "organization": "redhat"}])
        return self.on_ticket(ticket, "opened", subscription_id=ticket.subscription_id, title="Routers restart",
                              opened_by=opener)

    def on_ticket(self, ticket: Ticket, what: str, **data) -> Draft:
        touched = self.requests_of([ticket]) if what in ("assigned", "closed") else set()
        return self.draft(f"ticket.{what}", {"ticket_id": ticket.id, **data}, writes={f"ticket:{ticket.id}", *touched})

    def ticket_event(self) -> Draft:
        ticket = next((it for it in self.tickets if it.assigned is None), None) or self.one(self.tickets)
        if len(ticket.requests) > 25:
            self.tickets.remove(ticket)
        if ticket.assigned is None:
            what = "assigned"
        else:
            what = self.random.choices(["opening", "assigned", "escalated", "closed", "reopened", "second", "unknown"],
                                       [30, 14, 12, 8, 8, 2, 2])[0]
        if what == "opening":
            return self.opening()
        if what == "second":
            subscription = self.one(self.subscriptions)
            ticket.opened_with.add(subscription)
            return self.on_ticket(ticket, "opened", subscription_id=subscription, title="again")
        if what == "unknown":
            return self.on_ticket(Ticket(f"{self.run}unknown", ""), self.one(["closed", "reopened"]))
        if what in ("assigned", "escalated"):
            engineer = self.one(self.engineers)
            if what == "assigned":
                ticket.assigned = engineer
            else:
                ticket.escalated.append(engineer)
            return self.on_ticket(ticket, what, engineer=engineer)
        if not ticket.is_open:
            what = "reopened"
        ticket.is_open = what != "closed"
        return self.on_ticket(ticket, what, comment=self.one([None, "done"]))

    # ---- requests ----

    def item(self) -> dict:
        if self.chance(0.02):
            return self.one(BAD_ITEMS)
        if self.chance(0.02):
            action, kind = self.one(BARRED)
            return {"action": action, "namespace": "openshift-ingress", "kind": kind}
        action = self.one(ACTIONS)
        if action == "get_pod_logs":
            item = {"namespace": self.one(NAMESPACES[:4]), "name": self.one(NAMES), "container": self.one([None, None, "router"])}
        else:
            name = self.one(NAMES) if action in ("create_object", "list_or_get_objects") else self.one(NAMES[:2])
            item = {"namespace": self.one(NAMESPACES), "kind": self.one(KINDS), "name": name,
                    "uid": self.one([None, "0d9f-1"]) if action == "delete_object" else None}
        return {"action": action, **{name: it for name, it in item.items() if it is not None}}

    def cluster(self, subscription: str) -> str:
        if self.chance(0.04):
            return self.one([f"/subscriptions/{subscription}", f"/subscriptions/{subscription}0/resourceGroups/rg/providers/"
                             "Microsoft.RedHatOpenShift/openShiftClusters/aro-1",
                             f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/aro-1",
                             f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"
                             "openShiftClusters/aro-1/x", "aro-1"])
        resource = (f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"
                    f"openShiftClusters/aro-{self.random.randrange(1, 3)}")
        return self.one([resource, resource, resource.upper(), resource.lower()])

    def request(self) -> Draft:
        ticket = self.one([it for it in self.tickets if it.assigned and it.is_open or self.chance(0.1)] or self.tickets)
        if self.chance(0.02):
            ticket = Ticket(f"{self.run}unknown", self.one(self.subscriptions))
        extended = self.one(self.wishes[-40:]) if self.wishes and self.chance(0.15) else None
        is_alike = extended is not None and self.chance(0.8)
        if is_alike:
            ticket = extended.ticket
        believed = ticket.engineers and self.chance(0.93)
        engineer = self.one(ticket.engineers) if believed else self.one(self.engineers)
        subscription = ticket.subscription_id if self.chance(0.97) else self.one(self.subscriptions)
        is_emergency = self.chance(0.15)
        items = [self.item() for _ in range(self.one([1, 1, 2, 2, 3, 5]))]
        durations = [None, None, None, "PT1S", "PT1S"]
        if not is_emergency:
            durations += ["PT2S", "PT3S", "PT2.5S", "PT1H", "PT8H"]
        data = {
            "ticket_id": ticket.id, "engineer_id": engineer["id"], "resource_id": self.cluster(subscription),
            "actions": items,
            "justification": self.one(BLANK) if self.chance(0.04) else "The routers restart.",
            "reason_code": self.one(REASON_CODES),
            "duration": self.one(durations if self.chance(0.96) else ["PT8H1S", "P1D", "P2W", "PT480M0.000001S"]),
            "starts_at": In(self.one([-5_000_000, 500_000, 1_000_000, 2_000_000, 6 * DAY, 8 * DAY])) if self.chance(0.12) else None,
        }
        reads = set(ticket.reads)
        if extended is not None:
            if is_alike:
                data |= {"engineer_id": extended.engineer_id, "resource_id": extended.resource_id}
            data["extends"] = Ref(extended.number)
            reads.add(f"request:{extended.number}")
        elif self.chance(0.01):
            data["extends"] = self.one(["019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "none"])
        if is_emergency:
            data |= {"incident_id": f"INC-{self.drafts}",
                     "authorized_by": self.one([self.one(self.people), self.one(self.people), self.one(self.engineers)])}
            data["authorized_by"] = without_organization(data["authorized_by"])
        number = self.drafts + 1
        writes = {f"request:{number}"} | (ticket.emergencies if is_emergency else set())
        draft = self.draft("access.emergency_declared" if is_emergency else "access.requested", data,
                           reads=reads | {f"ticket:{ticket.id}"}, writes=writes)
        wish = Wish(number, ticket, data["engineer_id"], data["resource_id"], len(items), is_emergency,
                    is_sound=subscription == ticket.subscription_id and ticket.is_open and engineer in ticket.engineers
                    and engineer["organization"] != "consultants" and bool((data["justification"] or "").strip())
                    and data["engineer_id"] == engineer["id"] and ticket.id in {it.id for it in self.tickets}
                    and subscription in self.guarded
                    and not any(item in BAD_ITEMS or (item["action"], item.get("kind")) in BARRED for item in items))
        self.wishes.append(wish)
        ticket.requests.append(wish)
        return draft

    def withdrawal(self) -> Draft:
        if not self.wishes:
            return self.request()
        wish = self.one(self.wishes[-60:])
        data = {"request_id": Ref(wish.number), "ticket_id": wish.ticket.id, "engineer_id": wish.engineer_id}
        bad = {"request_id": self.one(["019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "none"]),
               "ticket_id": self.one(self.tickets).id, "engineer_id": self.one(self.engineers)["id"]}
        if self.chance(0.15):
            member = self.one(list(bad))
            data[member] = bad[member]
        return self.draft("access.withdrawn", data, writes={f"request:{wish.number}"})

    # ---- decisions ----

    def decision(self) -> Draft:
        if not self.wishes:
            return self.request()
        lately = self.wishes[-self.one([4, 25, 80, 500]):]
        wish = self.one([it for it in lately if it.is_sound or self.chance(0.04)] or lately)
        emergencies = [it for it in self.wishes[-400:] if it.is_emergency and it.is_sound]
        overdue = emergencies and self.chance(0.1)  # one that stops those after it as long as nobody acknowledges it
        wish = self.one(emergencies) if overdue else wish
        voter = self.voter(wish)
        weights = [0, 0, 0, 1] if overdue else [4, 2, 1, 10] if wish.is_emergency else [58, 13, 20, 2]
        decision = self.random.choices(["approve", "deny", "revoke", "acknowledge"], weights)[0]
        data = {"request_id": Ref(wish.number, is_shouted=self.chance(0.004)), "decision": decision, "by": voter,
                "comment": self.one([None, None, "Fine."])}
        if self.chance(0.01):
            data["request_id"] = self.one(["019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "none"])
        if self.chance(0.25):
            numbers = range(1, wish.items + 1)
            data["actions"] = self.random.sample(numbers, self.random.randint(1, len(numbers)))
            if self.chance(0.15):
                data["actions"] = self.one([[], [], [*numbers, wish.items + 1], [32], [1, 1], [33], [0]])
        if self.chance(0.2):
            data["duration"] = self.one(["PT1S", "PT1S", "PT1.5S", "PT2S", "PT4S", "PT2H"])
        tenant = self.home[wish.ticket.subscription_id]
        if self.chance(0.9 if wish.ticket.subscription_id in self.signed else 0.12):
            which = self.held_keys.get((tenant, voter["id"])) or self.one("ABP")
            if self.chance(0.05):
                which = self.one("ABCP")
            change = self.one(CHANGES) if self.chance(0.3) else None
            signature = Signature(private_key(voter["id"] + which), change)
            data[signature.member] = signature
        writes = {f"request:{wish.number}"} | (wish.ticket.emergencies if wish.is_emergency else set())
        return self.draft("decision.submitted", data, writes=writes,
                          reads={*wish.ticket.reads,
                                 *(f"key:{it} {voter['id']}" for it in self.tenants)})

    def voter(self, wish: Wish) -> dict:
        voters = self.voters[wish.ticket.subscription_id]
        what = self.random.random()
        if voters and what < 0.85:
            return self.one(voters)
        if what < 0.9:
            engineer = next((it for it in self.engineers if it["id"] == wish.engineer_id), self.engineers[0])
            return without_organization(engineer)
        if voters and what < 0.95:  # near misses
            voter = self.one(voters)
            return self.one([{**voter, "id": voter["id"].upper()}, {**voter, "id": voter["id"] + " "},
                             {**voter, "email": "P5@contoso.EXAMPLE"}, {**voter, "email": "somebody@else.example"},
                             {**voter, "name": ""}])
        return self.one(self.people)

    # ---- twice, and badly ----

    def repetition(self) -> Draft:
        """Of a draft that reaches the rules, mostly."""
        before = self.one(self.repeatable)
        self.drafts += 1
        return Draft(self.drafts, before.kind, before.data, before.key, before.reads, before.writes, repeats=before.number,
                     spoils=self.chance(0.25), mode=before.mode)

    def malformed(self) -> Draft:
        """Nothing that could be carried out, were it read."""
        good = self.one([self.decision, self.withdrawal, self.ticket_event, self.tenant_change])()
        self.repeatable = [draft for draft in self.repeatable if draft is not good]
        data, key = dict(good.data), good.key
        how = self.one(["missing", "null", "type", "long", "key"])
        member = KEYS[good.kind.partition(".")[0]]
        if how == "missing":
            del data[self.one([name for name in data if name in NEEDED])]
        elif how == "null":
            data[self.one([name for name in data if name in NEEDED])] = None
        elif how == "type":
            data[self.one([name for name in data if name in NEEDED])] = 7
        elif how == "long":
            key = data[member] = "x" * 129
        else:
            key = "another"
        return Draft(good.number, good.kind, data, key, good.reads, good.writes, mode=good.mode, is_bad=True)


NEEDED = ("ticket_id", "tenant_id", "request_id", "decision", "engineer", "engineer_id", "principal", "by", "title",
          "public_key")


def steps(drafts, window: int):
    """Lists of drafts that may be published at once, after all that came before is seen to be done: within a list, what
    has different keys has nothing to do with each other, and what has the same key keeps its order. Looks ahead as far
    as the window."""
    drafts = iter(drafts)
    waiting = list(itertools.islice(drafts, window))
    while waiting:
        ready, blocked = [], []
        blocked_keys = set()
        read, written = defaultdict(set), defaultdict(set)  # tag → keys of those before
        for draft in waiting:
            alone = {draft.key}
            if draft.key not in blocked_keys and all(written[tag] <= alone for tag in draft.tags) and all(
                    read[tag] <= alone for tag in draft.writes):
                ready.append(draft)
            else:
                blocked.append(draft)
                blocked_keys.add(draft.key)
            for places, tags in ((read, draft.reads), (written, draft.writes)):
                for tag in tags:
                    places[tag].add(draft.key)
        yield ready
        waiting = blocked + list(itertools.islice(drafts, window - len(blocked)))
