"""Many lifecycles at once, of every kind, and what must be true of them afterwards, whatever was done to the workers."""
import random
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .audit import audit_complaints, ends_of_kafka
from .history import all_complaints, histories, verdicts
from .system import System
from .scenario import Request, Tenant
from .waiting import wait_until

PATIENCE = 240.0  # seconds: everything may be down for a while


@dataclass
class Life:
    """One request, and what must have become of it."""
    kind: str
    request: Request
    history: list[str]
    votes: dict[str, str] = field(default_factory=dict)  # id of the decision's event → its verdict

    def vote(self, decision: str, verdict: str, **more) -> None:
        self.votes[self.request.submit(decision, **more)] = verdict

    def await_event(self, kind: str) -> None:
        self.request.event(kind, PATIENCE)


def expires(life: Life) -> None:
    life.vote("approve", "applied", duration="PT2S")
    life.await_event("completed")


def approved_twice(life: Life) -> None:
    life.vote("approve", "applied")
    life.vote("approve", "duplicate")
    life.vote("deny", "conflict", by=life.request.tenant.approver)
    life.await_event("approved")


def revoked(life: Life) -> None:
    life.vote("approve", "applied", by=life.request.tenant.approver)
    life.vote("revoke", "applied")
    life.vote("revoke", "late")
    life.await_event("revoked")


def denied(life: Life) -> None:
    life.vote("deny", "applied")
    life.vote("approve", "not_an_approver", by=life.request.tenant.admin)
    life.vote("deny", "duplicate")
    life.await_event("denied")


def cancelled(life: Life) -> None:
    life.request.ticket.close()
    life.await_event("cancelled")
    life.vote("approve", "late")


def closed_while_granted(life: Life) -> None:
    life.vote("approve", "applied")
    life.await_event("approved")
    life.request.ticket.close()
    life.await_event("revoked")


def refused(life: Life) -> None:
    life.vote("approve", "not_an_approver")


KINDS = {
    expires: ["created", "approved", "completed"],
    approved_twice: ["created", "approved"],
    revoked: ["created", "approved", "revoked"],
    denied: ["created", "denied"],
    cancelled: ["created", "cancelled"],
    closed_while_granted: ["created", "approved", "revoked"],
    refused: ["refused"],
}


def live(tenant: Tenant, kind, mode: str) -> Life:
    """One lifecycle from an opened ticket to its last event. Its decisions are judged later."""
    tenant.mode = mode
    ticket = tenant.ticket()
    wish = {"actions": [{"action": "drain_node"}]} if kind is refused else {}
    asked = ticket.publish("access.requested", **ticket.wish(**wish))
    first = tenant.system.caused_by(asked, "request.", PATIENCE)
    life = Life(kind.__name__, Request(ticket, ticket.wish(**wish), first), KINDS[kind])
    kind(life)
    return life


class Traffic:
    """N lifecycles by a seed, four at a time."""

    def __init__(self, system: System, count: int, seed: int):
        self.system, self.random = system, random.Random(seed)
        self.tenants = [Tenant(system, alternates=("desk@contoso.example",) if number % 2 else ()) for number in range(4)]
        kinds = [list(KINDS)[number % len(KINDS)] for number in range(count)]
        self.random.shuffle(kinds)
        self.pool = ThreadPoolExecutor(len(self.tenants))
        shares = [kinds[number::len(self.tenants)] for number in range(len(self.tenants))]
        self.futures = [self.pool.submit(self.run, tenant, share) for tenant, share in zip(self.tenants, shares)]

    def run(self, tenant: Tenant, kinds: list) -> list[Life]:
        return [live(tenant, kind, ("structured", "binary")[number % 2]) for number, kind in enumerate(kinds)]

    @property
    def is_over(self) -> bool:
        return all(future.done() for future in self.futures)

    def finish(self) -> list[Life]:
        """Waits until all lives are lived, all decisions judged, and nothing is owed to anybody any more."""
        lives = [life for future in self.futures for life in future.result()]
        self.pool.shutdown()
        for life in lives:
            for decision in life.votes:
                self.system.caused_by(decision, "decision.judged", PATIENCE)
        await_quiet(self.system)
        return lives


def unread(system: System) -> list:
    """Of each consumer what it has not passed by, up to Kafka's ends as of now."""
    ends = ends_of_kafka(system)
    rows = system.lockbox.rows('SELECT consumer, topic, "partition", next_offset FROM lockbox.consumer_offset')
    return [row for row in rows if ends.get((row.topic, row.partition), (0, 0))[1] > row.next_offset]


def await_quiet(system: System) -> None:
    """Nothing is unpublished, no mail is due."""
    def quiet() -> bool:
        return system.lockbox.value(
            "SELECT (SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL)"
            " + (SELECT count(*) FROM lockbox.quarantine WHERE published_at IS NULL)"
            " + (SELECT count(*) FROM lockbox.notification WHERE next_attempt_at IS NOT NULL)") == 0

    def consumed() -> bool:
        """The notifier has seen the last event, too: its offset is at the topic's end."""
        ends = {record.partition: record.offset for record in system.events.records}
        rows = system.lockbox.rows('SELECT "partition", next_offset FROM lockbox.consumer_offset'
                                 " WHERE consumer = 'lockbox.notifier'")
        offsets = {row.partition: row.next_offset for row in rows}
        return all(offsets.get(partition, 0) > offset for partition, offset in ends.items())
    wait_until(lambda: quiet() and consumed() and quiet(), "nothing is owed any more", PATIENCE)


# ---- what must be true ----


def complaints_about(system: System, lives: list[Life]) -> list[str]:
    """Judged by Kafka, PostgreSQL and the Maildir alone. Empty: all is well."""
    records = system.events.records
    return [*system.events.complaints, *all_complaints(records), *life_complaints(records, lives),
            *one_answer_each(records), *mail_complaints(system, lives), *audit_complaints(system)]


def life_complaints(records, lives: list[Life]) -> list[str]:
    happened, judged = histories(records), verdicts(records)
    found = []
    for life in lives:
        history = [record.kind.removeprefix("request.") for record in happened[life.request.id]]
        if history != life.history:
            found.append(f"{life.request.id} ({life.kind}): {history}")
        for decision, verdict in life.votes.items():
            said = [record.data["verdict"] for record in judged[decision]]
            if said != [verdict]:
                found.append(f"{life.request.id} ({life.kind}): a decision was judged {said}, not {verdict}")
    return found


def one_answer_each(records) -> list[str]:
    """No wish became two requests."""
    causes = Counter(history[0].cause for history in histories(records).values())
    return [f"{cause} made {count} requests" for cause, count in causes.items() if count > 1]


def audience(record) -> set[str]:
    """Who is to be told of an event, once for each address."""
    request = record.request
    addresses = [entry["principal"]["email"] for entry in request.get("approvers", [])]
    addresses += request.get("alternate_emails", [])
    if record.kind != "request.created" and "email" in request["engineer"]:
        addresses.append(request["engineer"]["email"])
    return {address.lower() for address in addresses}


def mail_complaints(system: System, lives: list[Life]) -> list[str]:
    """Each mail is there; where one is there twice, both have one Message-ID."""
    happened = histories(system.events.records)
    arrived = defaultdict(set)  # request, recipient → Message-IDs
    subjects = defaultdict(set)  # request, recipient, subject → Message-IDs
    for mail in system.mailbox.all():
        request_id = mail.subject.rpartition(" ")[2]
        arrived[request_id, mail.recipient.lower()].add(mail.id)
        subjects[request_id, mail.recipient.lower(), mail.subject].add(mail.id)
    found = [f"{key} came under {len(ids)} Message-IDs" for key, ids in subjects.items() if len(ids) > 1]
    for life in lives:
        due = Counter(address for record in happened[life.request.id] for address in audience(record))
        for address, count in due.items():
            there = len(arrived[life.request.id, address])
            if there != count:
                found.append(f"{life.request.id} ({life.kind}): {address} got {there} mails of {count}")
    return found
