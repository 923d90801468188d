"""Approvals, denials, revocations, acknowledgements, withdrawals and ticket closings that meet around a deadline, from
several producers, with two of each worker. One winner each, by the database's clock."""
import random
import threading
import time
from collections import Counter

from confluent_kafka import Producer

from drive import Run, summary, verdicts
from generate import Author, Draft, Ref, person, steps
from reference import World
from support.broker import Record
from support.waiting import be_slow, wait_until
from test_model import SETTINGS
from values import SECOND

WAVE = 100
PRODUCERS = 3


class Racers:
    """The drafts of a wave: each request under a ticket of its own."""

    def __init__(self, seed: int, run: str):
        self.author = Author(seed, run)
        self.tenant, self.subscription = f"{run}race", ""
        self.admin, self.voters = person("admin"), [person("ann"), person("ben")]
        self.engineer = {**person("eve", "microsoft.example"), "organization": "microsoft"}

    def found(self, subscription: str) -> list[Draft]:
        """Each wave has a subscription of its own: emergencies are not stopped by what became of earlier ones."""
        self.subscription = subscription
        place = self.tenant, self.subscription

        def change(tenant: str, subscription: str | None, what: str, **data) -> Draft:
            return self.author.draft(f"tenant.{what}", {"tenant_id": tenant, "subscription_id": subscription, **data},
                                     writes={f"subscription:{self.subscription}"})

        return [change(*place, "subscription_added"),
                change(self.tenant, None, "role_assigned", principal=self.admin, role="global_administrator"),
                *(change(*place, "role_assigned", principal=voter, role="owner") for voter in self.voters),
                change(*place, "lockbox_enabled", by=self.admin)]

    def requests(self, names: list[str], kind: str) -> dict[str, int]:
        """Ticket → number of the draft that asks."""
        self.drafts = []
        numbers = {}
        for name in names:
            self.drafts.append(self.author.draft("ticket.opened", {"ticket_id": name, "subscription_id": self.subscription,
                                                                   "title": "Race"}))
            self.drafts.append(self.author.draft("ticket.assigned", {"ticket_id": name, "engineer": self.engineer}))
            more = {} if kind == "access.requested" else {"incident_id": "INC-1", "authorized_by": self.admin}
            self.drafts.append(self.wish(name, kind, **more))
            numbers[name] = self.drafts[-1].number
        return numbers

    def wish(self, ticket: str, kind: str = "access.requested", **more) -> Draft:
        return self.author.draft(kind, {
            "ticket_id": ticket, "engineer_id": "eve", "justification": "Race.", "duration": "PT1S",
            "resource_id": f"/subscriptions/{self.subscription}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"
                           "openShiftClusters/aro",
            "actions": [{"action": "get_pod_logs", "namespace": "openshift"}], **more},
            writes={f"request:{self.author.drafts + 1}"})

    def decision(self, number: int, decision: str, voter: int) -> Draft:
        return self.author.draft("decision.submitted", {"request_id": Ref(number), "decision": decision,
                                                        "by": self.voters[voter]}, writes={f"request:{number}"})

    def then_asked(self, draft: Draft) -> list[Draft]:
        """The draft, and a wish behind it in its partition, whose answer tells when the draft was handled at the latest."""
        return [draft, self.wish(draft.key)]

    def close(self, ticket: str, number: int) -> Draft:
        return self.author.draft("ticket.closed", {"ticket_id": ticket}, writes={f"request:{number}"})

    def withdraw(self, ticket: str, number: int) -> Draft:
        return self.author.draft("access.withdrawn", {"request_id": Ref(number), "ticket_id": ticket, "engineer_id": "eve"},
                                 writes={f"request:{number}"})


def test_each_race_has_one_winner(stack, sizes, seed):
    started_at = time.monotonic()
    seconds = [stack.spawn(worker, "second") for worker in ("requester", "decider", "expirer")]
    run = Run(stack, World(SETTINGS), f"r{seed}")
    racers = Racers(seed, run.prefix)
    chooser = random.Random(seed)
    start = Start(run)
    for topic in ("decisions", "tickets"):
        wait_until(lambda: run.database.value("SELECT count(DISTINCT owner) FROM lockbox.consumer_offset WHERE topic = %s",
                                              f"lockbox.{topic}.v1") > 1, f"two workers share the {topic}")
    close_calls = Counter()
    for wave in range(0, sizes["races"], WAVE):
        for drafts in steps(racers.found(f"{racers.tenant}{wave}"), 100):
            run.step(drafts)
        names = [f"{racers.tenant}-{wave + number}" for number in range(min(WAVE, sizes["races"] - wave))]
        run_wave(run, racers, chooser, start, names, close_calls)
    run.finish()
    for second in seconds:
        assert second.poll() is None, f"{second.args} ended by itself"
        second.terminate()
        second.wait(30)
    winners = Counter(f"{before.state} → {after.kind.removeprefix('request.')}" for told in run.told.values()
                      for before, after in zip(told, told[1:]) if after.state != before.state)
    print(f"\nseed {seed}: {summary(run)}, {time.monotonic() - started_at:.0f} s\n  winners {dict(winners)}\n"
          f"  judged within 5 ms of the deadline {dict(close_calls)}\n  verdicts\n{verdicts(run)}")
    run.close()
    assert not run.broken, run.report()
    complaints = [complaint for request in run.world.requests.values() for complaint in illegal(run, request)]
    assert complaints == []
    assert sum(run.verdicts.values()) == run.counts["decision.submitted"]


def run_wave(run: Run, racers: Racers, chooser: random.Random, start: "Start", names: list[str],
             close_calls: Counter) -> None:
    third = len(names) // 3
    emergencies = racers.requests(names[:third // 2], "access.emergency_declared")
    run.step(racers.drafts)
    asked = racers.requests(names[third // 2:], "access.requested")
    run.step(racers.drafts)
    pending = dict(list(asked.items())[third:])
    granted = dict(list(asked.items())[:third])
    run.step([racers.decision(number, "approve", 0) for number in granted.values()])

    # Each at the deadlines of its own: of the grants first, then of the acknowledgements, then of the decisions.
    ends = [racers.decision(number, "revoke", voter) for number in (*granted.values(), *emergencies.values())
            for voter in (0, 1)]
    for it in granted.items():
        ends += [*racers.then_asked(racers.close(*it)), *racers.then_asked(racers.withdraw(*it))]
    race(run, start, ends, chooser, close_calls, "expires_at")
    race(run, start, [racers.decision(number, "acknowledge", voter) for number in emergencies.values() for voter in (0, 1)],
         chooser, close_calls, "acknowledge_by")
    votes = [racers.decision(number, decision, voter) for number in pending.values()
             for decision, voter in (("approve", 0), ("deny", 1), ("approve", 1), ("revoke", 0))]
    for it in pending.items():
        votes += racers.then_asked(racers.close(*it))
    race(run, start, votes, chooser, close_calls, "decide_by")


def race(run: Run, start: "Start", drafts: list[Draft], chooser: random.Random, close_calls: Counter,
         deadline: str) -> None:
    """Releases the drafts about their requests' deadline, the most a little before."""
    def of(draft: Draft) -> int | None:
        [tag] = [tag for tag in draft.writes if tag.startswith("request:")]
        asked = run.ids.get(int(tag.partition(":")[2]))
        return asked and getattr(run.world.requests[asked], deadline)

    start.moments = []
    for draft in drafts:
        near = of(draft)
        # Right behind the one before it where there is no deadline (on a slow machine a request may lapse before it is
        # approved), else somewhere around it.
        last = start.moments[-1] if start.moments else run.now()
        start.moments.append(last if near is None else near - start.lag + chooser.randrange(-25_000, 25_000))
    run.step(drafts, send=start.send, is_race=True)
    lags = []
    for draft, moment in zip(drafts, start.moments):
        judged, near = run.readings.get(f"{run.name}-{draft.number}"), of(draft)
        if judged is not None and near is not None and draft.kind == "decision.submitted":
            lags.append(judged - moment)
            if abs(judged - near) < 5_000:
                close_calls[f"{deadline}, {'before' if judged < near else 'after'}"] += 1
    if lags:
        start.lag = (start.lag + sorted(lags)[len(lags) // 2]) // 2


class Start:
    """Several producers, each a thread that releases its records at their moments by the database's clock."""

    def __init__(self, run: Run):
        self.run = run
        self.producers = [Producer({"bootstrap.servers": run.bootstrap, "linger.ms": 0, "enable.idempotence": True})
                          for _ in range(PRODUCERS)]
        self.moments: list[int] = []
        self.lag = 20_000  # from a release to the clock reading of its judgement, as it was lately

    def send(self, records: list) -> list[Record]:
        sent: dict[int, Record] = {}
        ahead = self.run.now() - time.time_ns() // 1000
        queues: list[list] = [[] for _ in self.producers]
        for number, record in enumerate(records):
            # What is said of tickets comes from one producer, which keeps its order; decisions come from the others.
            place = 0 if record.topic == "lockbox.tickets.v1" else 1 + number % (PRODUCERS - 1)
            queues[place].append((self.moments[number], number, record))
        threads = [threading.Thread(target=self.release, args=(producer, sorted(queue, key=lambda it: it[:2]), ahead, sent))
                   for producer, queue in zip(self.producers, queues)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [sent[number] for number in range(len(records))]

    @staticmethod
    def release(producer: Producer, queue: list, ahead: int, sent: dict[int, Record]) -> None:
        def delivered(number: int):
            def report(error, message) -> None:
                assert error is None, error
                sent[number] = Record.of(message)
            return report

        for moment, number, record in queue:
            wait = (moment - ahead) / SECOND - time.time()
            if wait > 0:
                producer.poll(0)
                be_slow(wait)
            producer.produce(record.topic, value=record.value, key=record.key, headers=list(record.headers),
                             on_delivery=delivered(number))
        producer.flush(30)


def illegal(run: Run, request) -> list[str]:
    """What no history may show, whatever the reference says."""
    told = [event for event in run.told[request.id] if event.kind != "request.reminder_due"]
    found = []
    if [event.version for event in run.told[request.id]] != list(range(1, len(run.told[request.id]) + 1)):
        found.append("versions with a gap")
    decided = [event for event in told if event.state in ("approved", "denied", "expired", "cancelled")
               and event.kind == f"request.{event.state}"]
    ended = [event for event in told if event.kind in ("request.completed", "request.revoked")]
    for deadline, by_time, events in ((request.decide_by, "expired", decided), (request.expires_at, "completed", ended)):
        if deadline is not None and len(events) != 1:
            found.append(f"{len(events)} winners at {deadline}")
        found += [f"{event} on the wrong side of {deadline}" for event in events
                  if (event.at >= deadline) != (event.state == by_time)]
    return [f"{request.id}: {complaint} ({'; '.join(map(str, told))})" for complaint in found]
