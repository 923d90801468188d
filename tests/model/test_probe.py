"""access_check on near misses of live grants, for the second half with all workers stopped."""
import random
import time

from drive import Run, summary
from generate import Author, Draft, In, Ref, steps
from probe import near
from reference import FOREVER, World, fault_of
from test_model import SETTINGS

REQUESTS = 240
BATCH = 1000
WORKERS = ("requester", "decider", "expirer", "relay")


def test_access_is_what_the_grants_say(stack, sizes, seed):
    started_at = time.monotonic()
    run = Run(stack, World(SETTINGS), f"p{seed}")
    chooser = random.Random(seed)
    author = Author(seed, run.prefix)
    try:
        for half in range(2):
            for drafts in steps(granting(author, is_first=half == 0), window=500):
                run.step(drafts)
            if half == 1:
                stack.down(*WORKERS)
                run.expirer_since = FOREVER
            left = sizes["probes"] // 2
            while left > 0:
                run.probe(probes(chooser, run, min(left, BATCH)))
                left -= BATCH
    finally:
        stack.up(*WORKERS)
    run.finish()
    print(f"\nseed {seed}: {summary(run)}, {time.monotonic() - started_at:.0f} s\n  "
          + ", ".join(f"{what} {number}" for what, number in run.counts.items() if what.startswith("access ")))
    run.close()
    assert not run.broken, run.report()


def granting(author: Author, is_first: bool):
    """Grants of all kinds: whole and in part, for long and ending meanwhile, not begun, revoked, not required, emergencies."""
    if is_first:
        yield from author.found()
        for _ in range(60):
            yield author.opening()
        for ticket in author.tickets:
            for engineer in author.random.sample(author.engineers[:4] + author.engineers[5:], 2):
                yield author.on_ticket(ticket, "escalated", engineer=engineer)
                ticket.escalated.append(engineer)
    for _ in range(REQUESTS):
        yield from story(author)


def story(author: Author) -> list[Draft]:
    """A request that ought to be granted, and what becomes of it."""
    ticket = author.one(author.tickets)
    items = [item for item in (author.item() for _ in range(author.one([1, 2, 3, 5]))) if fault_of(item) is None] or [
        {"action": "list_or_get_objects", "kind": "Node"}]
    is_emergency = author.chance(0.1)
    emergencies = ticket.emergencies if is_emergency else set()
    number = author.drafts + 1
    subscription = ticket.subscription_id
    data = {"ticket_id": ticket.id, "engineer_id": author.one(ticket.escalated)["id"], "actions": items,
            "justification": "Probe.", "resource_id": author.cluster(subscription), "duration": None if is_emergency else author.one(
                ["PT1H", "PT1H", "PT1H", "PT1S", "PT3S", "PT10S", "PT30S"]),
            "starts_at": In(author.one([2_000_000, 20_000_000, 3_600_000_000])) if author.chance(0.1) else None}
    if is_emergency:
        data |= {"incident_id": "INC-1", "authorized_by": author.people[0]}
    drafts = [author.draft("access.emergency_declared" if is_emergency else "access.requested", data,
                           writes={f"request:{number}"} | emergencies, reads={f"subscription:{subscription}", f"ticket:{ticket.id}"})]
    for decision in ["approve", "approve", *(["revoke"] if author.chance(0.15) else [])]:
        said = {"request_id": Ref(number), "decision": decision, "by": author.one(author.voters[subscription] or author.people)}
        if decision == "approve" and len(items) > 1 and author.chance(0.4):
            said["actions"] = author.random.sample(range(1, len(items) + 1), author.random.randint(1, len(items) - 1))
        drafts.append(author.draft("decision.submitted", said, writes={f"request:{number}"} | emergencies,
                                   reads={f"subscription:{subscription}"}))
    return drafts


def probes(chooser: random.Random, run: Run, number: int) -> list:
    requests = [request for granted in run.world.granted.values() for request in granted]
    strangers = list(run.world.granted)
    return [near(chooser, chooser.choice(requests), strangers) for _ in range(number)]
