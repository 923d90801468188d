"""Who plays in a test: a tenant with its people, a ticket, a request. Every id is new, so that tests share a stack."""
import secrets
import time
import uuid
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .broker import Record
from .signing import jwk, jws, proof
from .system import System
from .waiting import SECONDS, wait_until

LOGS = {"action": "get_pod_logs", "namespace": "openshift-ingress"}


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    name: str
    organization: str = ""

    @classmethod
    def new(cls, name: str, domain: str = "contoso.example", organization: str = "") -> "Person":
        token = secrets.token_hex(3)
        return cls(f"{name}-{token}", f"{name}.{token}@{domain}", f"{name.title()} Example", organization)

    @property
    def principal(self) -> dict:
        return {"id": self.id, "email": self.email, "name": self.name}

    @property
    def engineer(self) -> dict:
        return {**self.principal, "organization": self.organization}


def new_engineer(organization: str = "microsoft") -> Person:
    return Person.new("erin", f"{organization}.example", organization)


@dataclass
class Tenant:
    """With `lockbox`: subscription added, roles assigned, contacts set, Lockbox enabled, all of it seen to be done."""
    system: System
    mode: str = "structured"
    lockbox: bool = True
    owners: int = 1
    alternates: tuple[str, ...] = ()
    id: str = field(default_factory=lambda: f"tenant-{secrets.token_hex(4)}")
    subscription: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self):
        self.admin = Person.new("gwen")
        self.approver = Person.new("ann")
        self.all_owners = [Person.new("otto") for _ in range(self.owners)]
        ids = [self.publish("subscription_added", name="Production")]
        ids.append(self.publish("role_assigned", principal=self.admin.principal, role="global_administrator",
                                subscription_id=None))
        ids += [self.publish("role_assigned", principal=owner.principal, role="owner") for owner in self.all_owners]
        ids.append(self.publish("role_assigned", principal=self.approver.principal, role="lockbox_approver"))
        if self.alternates:
            ids.append(self.publish("contacts_set", alternate_emails=list(self.alternates)))
        if self.lockbox:
            ids.append(self.publish("lockbox_enabled", by=self.admin.principal))
        for event_id in ids:
            self.system.caused_by(event_id, "tenant.changed")

    @property
    def owner(self) -> Person:
        return self.all_owners[0]

    @property
    def resource(self) -> str:
        return (f"/subscriptions/{self.subscription}/resourceGroups/rg-prod/providers/Microsoft.RedHatOpenShift/"
                f"openShiftClusters/aro-prod")

    def publish(self, change: str, signer: Ed25519PrivateKey | None = None, **data) -> str:
        data = {"tenant_id": self.id, "subscription_id": self.subscription, **data}
        data = {name: it for name, it in data.items() if it is not None or name == "public_key"}
        if signer:
            data["signature"] = jws(signer, **data, iat=int(time.time()))
        return self.system.publish(f"tenant.{change}", data, self.mode)

    def change(self, change: str, signer: Ed25519PrivateKey | None = None, **data) -> Record:
        """Publishes a change, and returns what Lockbox said to it."""
        return self.system.caused_by(self.publish(change, signer, **data), "tenant.")

    def set_key(self, person: Person, key: Ed25519PrivateKey, signer: Ed25519PrivateKey | None = None, **data) -> Record:
        return self.change("approver_key_set", signer, subscription_id=None, **{
            "principal_id": person.id, "public_key": jwk(key), "proof": proof(key, self.id, person.id), "by": person.principal, **data})

    def sign_decisions(self, *people: Person, **policy) -> list[Ed25519PrivateKey]:
        """Gives the administrator and these people keys, switches signatures on, and returns the keys."""
        keys = [Ed25519PrivateKey.generate() for _ in (self.admin, *people)]
        for person, key in zip((self.admin, *people), keys):
            assert self.set_key(person, key).kind == "tenant.changed"
        done = self.change("policy_set", by=self.admin.principal, **{"signed_decisions": True, **policy})
        assert done.kind == "tenant.changed", done.data
        return keys

    def ticket(self, **opened) -> "Ticket":
        return Ticket(self, **opened)

    def request(self, **wish) -> "Request":
        """Of a new ticket's engineer."""
        return self.ticket().request(**wish)


class Ticket:
    """Opened, and assigned to a new engineer."""

    def __init__(self, tenant: Tenant, engineer: Person | None = None, **opened):
        self.tenant, self.system = tenant, tenant.system
        self.id = f"{secrets.randbelow(10 ** 16):016}"
        self.title = opened.get("title", "Ingress routers restart")
        self.engineer = engineer or new_engineer()
        self.publish("ticket.opened", **{"subscription_id": tenant.subscription, "title": self.title, **opened})
        self.assign(self.engineer)

    def publish(self, short_type: str, **data) -> str:
        return self.system.publish(short_type, {"ticket_id": self.id, **data}, self.tenant.mode)

    def assign(self, engineer: Person) -> str:
        return self.publish("ticket.assigned", engineer=engineer.engineer)

    def escalate(self, engineer: Person) -> str:
        return self.publish("ticket.escalated", engineer=engineer.engineer)

    def close(self) -> str:
        return self.publish("ticket.closed")

    def wish(self, **wish) -> dict:
        """The data of an access.requested. A member given as None is left out."""
        wish = {"ticket_id": self.id, "engineer_id": self.engineer.id, "resource_id": self.tenant.resource,
                "actions": [LOGS], "justification": "The routers restart every hour; their logs say why.", **wish}
        return {name: value for name, value in wish.items() if value is not None}

    def request(self, **wish) -> "Request":
        """Asks for access, and waits for the answer."""
        wish = self.wish(**wish)
        return Request(self, wish, self.system.caused_by(self.publish("access.requested", **wish), "request."))


class Request:
    def __init__(self, ticket: Ticket, wish: dict, first: Record):
        self.ticket, self.tenant, self.system = ticket, ticket.tenant, ticket.system
        self.wish, self.first = wish, first
        self.id: str = first.request["request_id"]

    @property
    def events(self) -> list[Record]:
        return self.system.request_events(self.id)

    @property
    def kinds(self) -> list[str]:
        return [record.kind.removeprefix("request.") for record in self.events]

    @property
    def now(self) -> dict:
        """As its latest event has it."""
        return self.events[-1].request

    def event(self, kind: str, seconds: float = SECONDS) -> Record:
        """Waits for its event of that kind."""
        return self.system.events.wait_for(
            lambda record: record.event["subject"] == self.id and record.kind == f"request.{kind}",
            f"request.{kind} of {self.id}", seconds)

    def submit(self, decision: str, by: Person | None = None, **more) -> str:
        data = {"request_id": self.id, "decision": decision, "by": (by or self.tenant.owner).principal, **more}
        return self.system.publish("decision.submitted", data, self.tenant.mode)

    def decide(self, decision: str, by: Person | None = None, **more) -> str:
        """Submits a decision, and returns the verdict."""
        return self.judged(self.submit(decision, by, **more)).data["verdict"]

    def judged(self, decision_id: str) -> Record:
        return self.system.caused_by(decision_id, "decision.judged")

    def approve(self, **more) -> Record:
        """Approves it, and returns the event of the approval."""
        verdict = self.decide("approve", **more)
        assert verdict == "applied", verdict
        return self.event("approved")

    def check(self, item: dict | None = None, **other):
        """What access_check says of its first item, or of another."""
        return self.system.access_check(other.get("engineer_id", self.wish["engineer_id"]),
                                      other.get("resource_id", self.wish["resource_id"]),
                                      item or self.wish["actions"][0])

    def await_access_end(self, seconds: float = SECONDS) -> None:
        wait_until(lambda: not self.check().allowed, f"access_check says no again for {self.id}", seconds)
