"""Publishes drafts step by step through the real workers, and holds all that comes of it against the reference."""
import dataclasses
import json
import re
import secrets
import time
from collections import Counter, defaultdict, deque
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from compare import differences, kind_of
from generate import Draft, In, Ref, Signature
from probe import Probe, ask, complaint
from reference import LIVE, Answer, Input, Quarantined, Seen, World, refuse_malformed
from support.broker import Publisher, partitions_of
from support.events import Outgoing, event_in, outgoing, place_of
from support.signing import digest_of
from support.sql import Database, as_role
from support.stack import Stack
from support.waiting import wait_until
from values import text_of, time_of

EVENTS = "lockbox.events.v1"
FIRST = ("request.created", "request.refused", "request.not_required", "request.emergency_started")
SECONDS = 60.0
REMINDER = "request.reminder_due"


def is_malformed(event: Input) -> bool:
    try:
        refuse_malformed(event)
    except Quarantined:
        return True
    return False


def event_of(message) -> dict:
    """A record that is no JSON in UTF-8 is told by its place: whoever published it wrote something else than an event."""
    try:
        return json.loads(message.value().decode())
    except ValueError as wrong:
        raise AssertionError(f"{EVENTS} [{message.partition()}] at {message.offset()} is no JSON in UTF-8:"
                             f" {message.value()[:60]!r}") from wrong


class Follower:
    """What comes out on lockbox.events.v1, once each, from now on; read where it is asked for, by no thread."""

    def __init__(self, bootstrap: str):
        settings = {"bootstrap.servers": bootstrap, "group.id": "model", "enable.auto.commit": False,
                    "fetch.wait.max.ms": 20}
        self.asker = Consumer(settings)  # on the other's connection, a question waits for the fetch before it
        self.consumer = Consumer(settings)
        self.partitions = [TopicPartition(EVENTS, number) for number in partitions_of(bootstrap, EVENTS)]
        self.next = self.ends()
        self.consumer.assign([TopicPartition(EVENTS, number, at) for number, at in self.next.items()])
        self.ids: set[bytes] = set()
        self.repeats = 0

    def ends(self) -> dict[int, int]:
        return {place.partition: self.asker.get_watermark_offsets(place, timeout=30)[1] for place in self.partitions}

    def read(self) -> list[dict]:
        """Everything up to the topic's ends as of now."""
        ends = self.ends()
        events = []
        deadline = time.monotonic() + SECONDS
        while any(self.next[number] < end for number, end in ends.items()):
            for message in self.consumer.consume(5000, 0.02):
                if message.error():
                    continue
                self.next[message.partition()] = message.offset() + 1
                event = event_of(message)
                mark = sha256(event["id"].encode()).digest()[:10]
                if mark in self.ids:
                    self.repeats += 1
                else:
                    self.ids.add(mark)
                    events.append(event)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{EVENTS} stands at {self.next}, and goes on to {ends}")
        return events

    def close(self) -> None:
        self.consumer.close()
        self.asker.close()


@dataclasses.dataclass
class Published:
    """An input as it went out, and where it stands."""
    draft: Draft
    input: Input
    record: Outgoing
    place: tuple[str, int, int] | None = None


OVER = ("denied", "expired", "cancelled", "completed", "revoked")


class Told(NamedTuple):
    """An event of a request, as it came out."""
    kind: str
    at: int
    version: int
    state: str
    cause: str | None

    def __str__(self) -> str:
        return f"{text_of(self.at)} {self.kind} v{self.version} {self.state} caused by {self.cause}"


class Run:
    """One run of a sequence over one stack, on which others may have left their grants: the ids of all tickets and
    tenants of this one begin with its prefix."""

    def __init__(self, stack: Stack, world: World, name: str):
        self.world, self.name, self.directory = world, f"{name}-{secrets.token_hex(3)}", stack.directory
        self.prefix = f"{secrets.token_hex(3)}-"
        self.bootstrap = stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
        self.database = Database(stack.env["LOCKBOX_SUPERUSER_URL"])
        self.enforcer = Database(as_role(stack.env["LOCKBOX_DATABASE_URL"], "lockbox_enforcer"))
        self.publisher = Publisher(self.bootstrap)
        self.follower = Follower(self.bootstrap)
        self.ids: dict[int, str] = {}         # of requests, by the number of the draft that asked for them
        self.digests: dict[str, str] = {}
        self.published: dict[int, Published] = {}
        self.expected: dict[str, deque[Answer]] = defaultdict(deque)  # not yet come out, by request
        self.got: dict[str, deque[dict]] = defaultdict(deque)         # not yet explained
        self.states: dict[str, tuple[int, str, int]] = {}             # version, state and decide_by of each request
        self.caused: dict[str, list[dict]] = defaultdict(list)
        self.inputs: list[str] = []
        self.about: dict[str, list[int]] = defaultdict(list)          # tag → places in inputs
        self.tags: dict[str, frozenset[str]] = {}                     # request → tags of what made it
        self.told: dict[str, list[Told]] = defaultdict(list)           # request → what came out
        self.over: dict[str, Told] = {}                               # request → what ended it, until the reference has ended it
        self.broken: dict[str, str] = {}                              # request or event → the first difference
        self.counts: Counter = Counter()
        self.verdicts: Counter = Counter()                            # state, decision, verdict
        self.reasons: Counter = Counter()
        self.kinds: Counter = Counter()
        self.lateness: list[int] = []                                 # of what time does
        self.expirer_since = 0                                        # when it came back
        self.readings: dict[str, int] = {}                            # event → the clock as it was handled
        self.steps = 0
        self.spent: Counter = Counter()                               # seconds
        self.quarantined = self.database.value("SELECT coalesce(max(quarantine_id), 0) FROM lockbox.quarantine")

    def now(self) -> int:
        return time_of(self.database.value("SELECT clock_timestamp()").isoformat())

    # ---- publishing ----

    def resolve(self, draft: Draft, now: int) -> dict:
        def put(value):
            if isinstance(value, Ref):
                known = self.ids.get(value.number, "019ab1a4-0000-7c3e-9f21-6b8d0e4a7c52")
                return known.upper() if value.is_shouted else known
            if isinstance(value, In):
                return text_of(now + value.offset)
            return value
        data = {name: put(value) for name, value in draft.data.items()}
        for member in ("signature", "assertion"):
            if isinstance(data.get(member), Signature):
                data[member] = data[member].over(data, self.digests.get(data.get("request_id")), now // 1_000_000)
        return data

    def write(self, draft: Draft, now: int) -> Published:
        if draft.repeats is not None:
            before = self.published[draft.repeats]
            record, event = before.record, before.input
            if draft.spoils:
                record = dataclasses.replace(record, value=record.value + b" ")
                event = dataclasses.replace(event, identity=event.identity + b" ")
            return Published(draft, event, record)
        data = self.resolve(draft, now)
        event = event_in(draft.kind, data, id=f"{self.name}-{draft.number}")
        key = self.resolve(dataclasses.replace(draft, data={"key": draft.key}), now)["key"]
        topic, member, _ = place_of(draft.kind)
        if member not in data:  # the SDK asks it for the key
            event = event_in(draft.kind, {**data, member: key}, id=f"{self.name}-{draft.number}")
            record = outgoing(event, "structured")
            body = json.loads(record.value)
            del body["data"][member]
            record = dataclasses.replace(record, value=json.dumps(body).encode())
        else:
            record = dataclasses.replace(outgoing(event, draft.mode), key=key)
        return Published(draft, Input(event.get_id(), draft.source, draft.kind, data, key,
                                      sha256(record.value + repr(record.headers).encode()).digest()), record)

    def publish(self, drafts: list[Draft], send) -> list[Published]:
        now = self.now()
        written = []
        for draft in drafts:
            written.append(self.write(draft, now))
            self.published[draft.number] = written[-1]
            self.published.pop(draft.number - 3000, None)
        for published, sent in zip(written, send([it.record for it in written])):
            published.place = sent.place
        return written

    def await_handled(self, written: list[Published]) -> None:
        """Waits until the workers have committed all of these, and the relay has published what came of them."""
        ends: dict[tuple[str, int], int] = {}
        for topic, partition, offset in (it.place for it in written):
            ends[topic, partition] = max(offset, ends.get((topic, partition), -1))

        def passed() -> bool:
            rows = self.database.rows('SELECT topic, "partition", max(next_offset) FROM lockbox.consumer_offset'
                                      " GROUP BY topic, 2")
            reached = {(topic, partition): offset for topic, partition, offset in rows}
            return all(reached.get(place, 0) > end for place, end in ends.items())

        wait_until(passed, f"workers pass {ends}", SECONDS, every=0.005)

    def await_told(self) -> None:
        last = self.database.value("SELECT coalesce(max(seq), 0) FROM lockbox.outbox")
        wait_until(lambda: not self.database.value("SELECT EXISTS (SELECT FROM lockbox.outbox"
                                                   " WHERE published_at IS NULL AND seq <= %s)", last),
                   "the relay publishes", SECONDS, every=0.005)
        for event in self.follower.read():
            self.take(event)

    def take(self, event: dict) -> None:
        """Something came out."""
        kind = kind_of(event)
        if kind.startswith("request.") and not event["data"]["request"]["ticket_id"].startswith(self.prefix):
            return
        self.kinds[kind] += 1
        if "causationid" in event:
            self.caused[event["causationid"]].append(event)
        if not kind.startswith("request."):
            return
        request = event["data"]["request"]
        request_id = request["request_id"]
        self.told[request_id].append(Told(kind, time_of(event["time"]), request["version"], request["state"],
                                          event.get("causationid")))
        if request["state"] in OVER:
            self.over.setdefault(request_id, self.told[request_id][-1])
        version, state, decide_by = self.states.get(request_id, (0, None, 0))
        if request["version"] != version + 1:
            self.differ(request_id, f"version {request['version']} after {version}")
        if kind in FIRST and request.get("digest") != digest_of(request):
            self.differ(request_id, f"digest {request.get('digest')}, by the page on signatures {digest_of(request)}")
        if request.get("digest") != self.digests.setdefault(request_id, request.get("digest")):
            self.differ(request_id, "the digest changed")
        if kind == REMINDER:
            at = time_of(event["time"])
            if state != "customer_notified" or request["state"] != state or "causationid" in event or at >= decide_by:
                self.differ(request_id, f"a reminder at {event['time']} in state {state}")
        else:
            self.got[request_id].append(event)
        decide_by = time_of(request.get("decide_by") or event["time"])
        self.states[request_id] = request["version"], request["state"], decide_by

    # ---- comparing ----

    def differ(self, what: str, difference: str) -> None:
        self.broken.setdefault(what, difference)

    def step(self, drafts: list[Draft], send=None, is_race: bool = False) -> None:
        """Publishes them, waits, and compares. In a race, what is published together may meet in any order: the reference
        takes the order of the clock readings."""
        self.steps += 1
        self.racing = is_race
        before = self.now()
        clock = [time.monotonic()]
        written = self.publish(drafts, send or (lambda records: self.publisher.send(*records)))
        clock.append(time.monotonic())
        self.await_handled(written)
        clock.append(time.monotonic())
        after = self.now()
        self.await_told()
        clock.append(time.monotonic())
        self.spent.update({name: end - start for name, start, end in zip(
            ("publishing", "handling", "telling"), clock, clock[1:])})
        bounds = self.bounds(written, after)
        if is_race:
            written = self.in_order(written, bounds)
        dead = {it.place for it in written if not self.judge(it, before, bounds[it.place])}
        self.compare_dead_letters(dead)
        for answer in self.world.pass_all_time(after):
            self.expect(answer)
        self.match()
        self.over = {request_id: told for request_id, told in self.over.items()
                     if request_id in self.world.requests and self.world.requests[request_id].state in LIVE}

    def bounds(self, written: list[Published], after: int) -> dict[tuple, int]:
        """The clock reading as each was handled, by its place; where no answer tells, that of the next in its partition: it
        was handled no later."""
        found = {}
        next_one: dict[tuple, int] = {}
        for it in sorted(written, key=lambda it: it.place, reverse=True):
            caused = self.caused.get(it.input.id, ()) if it.draft.repeats is None else ()
            told = [time_of(event["time"]) for event in caused]
            found[it.place] = next_one[it.place[:2]] = min(told, default=next_one.get(it.place[:2], after))
        return found

    def in_order(self, written: list[Published], bounds: dict[tuple, int]) -> list[Published]:
        """By the clock readings, which have milliseconds; of one reading by the versions that the inputs caused, those last
        that were only judged: what another input ended before has no earlier reading. And each key in its order."""
        ranks: dict[tuple, tuple] = {}
        last: dict[tuple, tuple] = {}
        for it in sorted(written, key=lambda it: it.place):
            caused = self.caused.get(it.input.id, ())
            versions = [int(event["sequence"]) for event in caused if "sequence" in event]
            rank = min([(bounds[it.place], min(versions, default=10 ** 9 if caused else 0)), *self.still_waiting(it, caused)])
            key = it.place[0], it.record.key
            ranks[it.place] = last[key] = max(rank, last.get(key, rank))
        return sorted(written, key=lambda it: (ranks[it.place], it.place))

    def still_waiting(self, it: Published, caused: list[dict]) -> list[tuple]:
        """Where a revoke found its request still waiting, the place before what came of the request next, whatever their Kafka
        times: one worker reads decisions, another tickets, and a verdict alone makes no version."""
        verdicts_of = [event["data"].get("verdict") for event in caused]
        if it.input.data.get("decision") != "revoke" or verdicts_of != ["conflict"]:
            return []
        told = self.told.get(it.input.data["request_id"], ())
        return [(event.at, 0) for event in told if event.state != "customer_notified"][:1]

    def over_before(self, caused: list[dict], at: int) -> frozenset[str]:
        """The requests that came out as over, and that an input had no effect on: they were over when it was handled, though its
        Kafka time may be earlier than their end. Outside of a race only time comes between."""
        moved = {event["subject"] for event in caused}
        return frozenset(request_id for request_id, end in self.over.items() if request_id not in moved
                         and (self.racing or end.cause is None and end.at > at))

    def judge(self, it: Published, before: int, after: int) -> bool:
        """Applies an input to the reference, and compares what it caused; False where it is a dead letter."""
        draft, event = it.draft, it.input
        self.counts[draft.kind] += 1
        place = len(self.inputs)
        self.inputs.append(f"{event.id} at {it.place} step {self.steps} {draft.kind}{' again' if draft.repeats else ''}"
                           f" {json.dumps(event.data)}")
        for tag in draft.tags:
            self.about[tag].append(place)
        caused = self.caused.pop(event.id, [])
        first = next((it for it in caused if kind_of(it) in FIRST), None)
        readings = {time_of(it["time"]) for it in caused}
        if len(readings) > 1:
            self.differ(event.id, f"several clock readings: {readings}")
        at = min(readings, default=after)
        if readings:
            self.readings[event.id] = at
        if not before - 1000 <= at <= after:  # Kafka's times have milliseconds
            self.differ(event.id, f"clock reading {text_of(at)}, handled {text_of(before)} to {text_of(after)}")
        request = first["data"]["request"] if first else {}
        try:
            if not is_malformed(event) and self.world.is_repeat(event):
                if caused:
                    self.differ(event.id, f"answered twice: {[kind_of(it) for it in caused]}")
                return True
            if draft.kind in ("access.requested", "access.emergency_declared") and first is None:
                self.differ(event.id, "no answer")
                return True
            answers = self.world.apply(event, Seen(at, request.get("request_id"), request.get("digest"),
                                                   self.over_before(caused, at)))
        except Quarantined as quarantined:
            answers = quarantined.answers
            if len(answers) != len(caused) and not draft.repeats:
                self.differ(event.id, f"a dead letter has answers: {[kind_of(it) for it in caused]}")
            for answer, told in zip(answers, caused):
                self.verdicts[None, None, answer.data["verdict"]] += 1
                if found := differences(answer, told):
                    self.differ(event.id, "; ".join(found))
            return False
        if isinstance(event.data.get("extends"), str):
            self.tags[event.data["extends"]] = self.tags.get(event.data["extends"], frozenset()) | draft.tags
        if first is not None:
            self.ids[draft.number] = request["request_id"]
            self.tags[request["request_id"]] = draft.tags
        others = [it for it in caused if not kind_of(it).startswith("request.")]
        for answer in answers:
            if answer.kind.startswith("request."):
                self.expect(answer)
                continue
            if answer.kind == "decision.judged":
                request = self.world.requests.get(answer.subject)
                state = request and request.state
                if len(answers) > 1 and answers[-2].cause:
                    state = answers[-2].data["previous_state"]
                self.verdicts[state, answer.data["decision"], answer.data["verdict"]] += 1
            else:
                self.reasons[answer.data.get("reason")] += 1
            found = differences(answer, others.pop(0)) if others else ["no answer"]
            if found:
                request_id = answer.data.get("request_id")
                state = self.world.requests[request_id].state if request_id in self.world.requests else None
                self.differ(request_id if state else event.id, f"{event.id} ({draft.kind} {event.data.get('decision', '')}"
                            f" in state {state}): {'; '.join(found)}")
        if others:
            self.differ(event.id, f"answered more than once: {[kind_of(it) for it in others]}")
        return True

    def expect(self, answer: Answer) -> None:
        self.expected[answer.subject].append(answer)
        if answer.kind in FIRST:
            self.reasons[answer.data["request"]["reason"]] += 1

    def match(self) -> None:
        for request_id in [it for it in self.got if self.expected.get(it)]:
            expected, got = self.expected[request_id], self.got[request_id]
            while expected and got:
                answer, event = expected.popleft(), got.popleft()
                found = differences(answer, event)
                if found:
                    self.differ(request_id, f"{answer.kind} (caused by {answer.cause}): {'; '.join(found)}")
                elif answer.due is not None and answer.due > self.expirer_since:
                    self.lateness.append(time_of(event["time"]) - answer.due)
            for queues in (self.expected, self.got):
                if not queues[request_id]:
                    del queues[request_id]

    def compare_dead_letters(self, expected: set) -> None:
        rows = self.database.rows('SELECT quarantine_id, topic, "partition", "offset", reason FROM lockbox.quarantine'
                                  ' WHERE quarantine_id > %s', self.quarantined)
        self.quarantined = max([row.quarantine_id for row in rows], default=self.quarantined)
        got = {(row.topic, row.partition, row.offset): row.reason for row in rows}
        self.counts["dead letters"] += len(expected)
        for place in expected ^ got.keys():
            it = next((it for it in self.published.values() if it.place == place), None)
            self.differ(it.input.id if it else str(place), f"dead letter: expected {place in expected}, got {got.get(place)}")

    def finish(self) -> None:
        """Waits until time has done what it had to do by now, and compares what is left."""
        now = self.now()

        def nothing_is_missing() -> bool:
            for answer in self.world.pass_all_time(now):
                self.expect(answer)
            self.await_told()
            self.match()
            return not self.expected.keys() - self.broken.keys()

        with suppress(TimeoutError):  # below it is told what never came
            wait_until(nothing_is_missing, "what is expected", SECONDS, every=0.05)
        # What came out since then by time alone.
        for answer in self.world.pass_all_time(self.now()):
            self.expect(answer)
        self.match()
        for request_id, left in self.expected.items():
            for answer in left:
                if answer.due is None or answer.due <= now:
                    self.differ(request_id, f"never came out: {answer.kind} caused by {answer.cause}")
        for request_id, left in self.got.items():
            for event in left:
                self.differ(request_id, f"not expected: {kind_of(event)} caused by {event.get('causationid')}")

    # ---- asking ----

    def probe(self, probes: list[Probe]) -> None:
        for probe, answer, before, after in ask(self.enforcer, probes):
            self.counts["access answers"] += 1
            self.counts[f"access {answer.reason}"] += 1
            found = complaint(self.world, probe, answer, before, after)
            if found:
                self.counts["wrong access answers"] += 1
                self.differ(probe.about or repr(probe), f"access_check{probe.arguments}: {found}")

    # ---- telling ----

    def story(self, what: str) -> str:
        """What was said about a request (or an event), and what came of it."""
        number = next((number for number, request_id in self.ids.items() if request_id == what), None)
        asked = f"{self.name}-{number} "
        own = [place for place, line in enumerate(self.inputs) if what in line or line.startswith(asked)]
        places = set(own[-25:])
        for tag in self.tags.get(what, ()):
            places.update([place for place in self.about[tag] if own and place <= own[-1]
                           and self.inputs[place].split()[7].startswith(("ticket.", "tenant."))][-15:])
        lines = [self.inputs[place] for place in sorted(places)]
        return "\n".join([f"{self.name}: {what}", *(f"  in   {line[:1000]}" for line in lines),
                          *(f"  out  {line}" for line in self.told.get(what, [])), f"  DIFFERENCE  {self.broken[what]}"])

    def report(self) -> str:
        """Of all differences the shortest stories, and each in a line."""
        stories = sorted((self.story(what) for what in list(self.broken)[:300]), key=len)
        Path(self.directory, "differences.txt").write_text("\n\n".join(stories))
        alike = Counter(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "#", difference)[:160]
                        for difference in self.broken.values())
        return "\n\n".join([f"{len(self.broken)} differences, told in {self.directory}/differences.txt", *stories[:3],
                            "\n".join(f"{number} × {difference}" for difference, number in alike.most_common(30))])

    def close(self) -> None:
        self.follower.close()
        self.database.close()
        self.enforcer.close()


def verdicts(run: Run) -> str:
    """Of each decision in each state."""
    cells = defaultdict(list)
    for (state, decision, verdict), number in sorted(run.verdicts.items(), key=str):
        cells[state, decision].append(f"{verdict} {number}")
    return "\n".join(f"    {state or 'unknown'}, {decision}: {', '.join(judged)}"
                     for (state, decision), judged in cells.items())


def summary(run: Run) -> str:
    late = sorted(run.lateness) or [0]
    events = sum(number for kind, number in run.counts.items() if "." in kind)
    return (f"{events} events, {len(run.world.requests)} requests, {sum(run.verdicts.values())} verdicts,"
            f" {run.counts['access answers']} access answers ({run.counts['wrong access answers']} wrong),"
            f" {run.counts['dead letters']} dead letters, {len(run.broken)} differences,"
            f" {run.steps} steps, {', '.join(f'{what} {spent:.0f} s' for what, spent in run.spent.items())},"
            f" time told late by {late[len(late) * 99 // 100] / 1e6:.3f} s (p99)")
