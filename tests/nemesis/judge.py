"""What must be true of a run, during and after: by Kafka, PostgreSQL, the Maildir and what Watch saw, never by what a worker says of
itself, but for /readyz. Each invariant answers with what it found wrong; empty is well."""
import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from support.audit import audit_complaints, everything_in_kafka
from support.broker import Record
from support.history import all_complaints, histories, verdicts
from support.system import System
from support.traffic import life_complaints, mail_complaints, one_answer_each

from faults import Deed, Nemesis
from load import Life, Load
from poison import MARK
from watch import Sample, Watch
from world import World

IN_TOPICS = ("lockbox.tickets.v1", "lockbox.tenants.v1", "lockbox.decisions.v1")
MEMORY = 400 << 20
SHOWN = 10
GAP = 5.0  # seconds between two samples that say nothing of the time between them


@dataclass(frozen=True)
class Limits:
    """Seconds: what is owed is done after healing; a ready worker stands still; a worker ends after TERM. Ten and what sampling takes, on a
    machine of one's own; others are for a run beside much else."""
    drained: float = 60
    stands_still: float = 15
    term: float = 10
    others: float = 5


@dataclass
class Run:
    """All that is known of one."""
    world: World
    system: System
    load: Load
    watch: Watch
    nemesis: Nemesis
    began: float
    limits: Limits = Limits()
    healed: float = 0.0
    drained_after: float | None = None  # seconds behind healing
    owed: list[str] = field(default_factory=list)  # what was waited for, and when
    kafka: dict = field(default_factory=dict)

    @property
    def finished(self) -> list:
        return [life for life in self.load.lives if life.over]

    def deeds(self, since: float, until: float) -> list[Deed]:
        return [deed for deed in self.nemesis.deeds if deed.touches(since, until)]

    def when(self, at: float) -> str:
        return f"{at - self.began:.1f} s"


# ---- each input ----


def each_input_once(run: Run) -> list[str]:
    """Each record of the input topics has one of: an effect, a verdict, a place in quarantine; in quarantine is what was meant to be."""
    held = Counter((row.topic, row.partition, row.offset) for row in run.system.lockbox.rows(
        'SELECT topic, "partition", "offset" FROM lockbox.quarantine'))
    known = {(row.consumer.rpartition(".")[2], row.topic, row.source, row.event_id) for row in run.system.lockbox.rows(
        "SELECT consumer, topic, source, event_id FROM lockbox.inbox")}
    answers: dict[str, Counter] = defaultdict(Counter)
    for record in {it.event["id"]: it for it in run.system.events.records}.values():
        answers[record.cause or ""][record.kind] += 1
    found = [f"{place} is in quarantine {count} times" for place, count in held.items() if count > 1]
    for place, record in sorted(run.kafka.items()):
        if record.topic in IN_TOPICS:
            found += input_complaints(record, held[place], known, answers)
    return found


def input_complaints(record: Record, held: int, known: set, answers: dict[str, Counter]) -> list[str]:
    headers = dict(record.headers)
    if MARK in headers:
        return [] if held else [f"{record.place} ({headers[MARK].decode()}) is not in quarantine"]
    if held:
        return [f"{record.place} is in quarantine, and is as it must be"]
    source, event_id, kind = identity(record)
    worker = "decider" if record.topic == "lockbox.decisions.v1" else "requester"
    if (worker, record.topic, source, event_id) not in known:
        return [f"{record.place} ({kind}): the {worker} has not taken it"]
    count = sum(number for name, number in answers[event_id].items() if name.startswith(ANSWERED_BY.get(kind.split(".")[0], "none")))
    wanted = {"decision": 1, "tenant": 1}.get(kind.split(".")[0], 1 if kind == "access.requested" else 0)
    return [] if count == wanted else [f"{record.place} ({kind}): {dict(answers[event_id])}"]


ANSWERED_BY = {"decision": "decision.judged", "tenant": "tenant.", "access": "request."}


def identity(record: Record) -> tuple[str, str, str]:
    headers = dict(record.headers)
    if "ce_id" in headers:
        source, event_id, kind = (headers[f"ce_{name}"].decode() for name in ("source", "id", "type"))
    else:
        source, event_id, kind = (json.loads(record.value)[name] for name in ("source", "id", "type"))
    return source, event_id, kind.removeprefix("lockbox.").removesuffix(".v1")


def all_is_answered(run: Run) -> list[str]:
    """What was asked was answered, and Kafka took what was sent."""
    found = [f"a life of kind {life.kind} (ticket {life.ticket.id}, request {life.request.id if life.request else None}), begun at"
             f" {run.when(life.asked_at)}, waits for {' '.join(life.waits_for)}: {where_it_is(run.kafka, life)}" for life in run.load.unfinished]
    found += run.load.sender.complaints(run.kafka)
    return found + ([f"the load failed: {run.load.error!r}"] if run.load.error else [])


def where_it_is(kafka: dict[tuple, Record], life: Life) -> str:
    """How far what a life waits for came: not asked, not answered, or answered and not heard by the load."""
    role, name, kind = life.waits_for
    events = [it for it in kafka.values() if it.topic == "lockbox.events.v1" and it.kind.startswith(kind)]
    answers = [it.place for it in events if name == (it.cause if role == "cause" else it.event.get("subject"))]
    if answers:
        return f"Kafka has it at {answers}, and the load has not heard it"
    asked = [it.place for it in kafka.values() if role == "cause" and it.topic in IN_TOPICS and MARK not in dict(it.headers) and identity(it)[1] == name]
    return f"nobody answered; {f'what it is caused by is at {asked}' if asked else 'what it is caused by is not in Kafka'}"


# ---- requests and access ----


def one_history_each(run: Run) -> list[str]:
    """One request per wish; versions in order; each life as it was meant; one verdict a decision."""
    records = run.system.events.records
    twice = [f"decision {decision}: judged {len(said)} times" for decision, said in verdicts(records).items() if len(said) > 1]
    return [*run.system.events.complaints, *all_complaints(records), *one_answer_each(records), *twice, *life_complaints(records, run.finished)]


def access_under_a_grant_only(run: Run) -> list[str]:
    """Whatever access_check allowed was granted; and nothing was allowed once the end had been told."""
    happened = histories(run.system.events.records)
    found = []
    for answer in run.watch.answers:
        if answer.allowed:
            kinds = {record.kind.removeprefix("request."): record for record in happened.get(answer.request_id, [])}
            ends = [kinds[kind].timestamp_ms / 1000 for kind in ("revoked", "completed") if kind in kinds]
            if not kinds.keys() & {"approved", "emergency_started", "not_required"}:
                found.append(f"{answer.request_id}: allowed at {run.when(answer.asked)}, and never granted")
            elif ends and answer.asked > min(ends) + 0.1:
                found.append(f"{answer.request_id}: allowed at {run.when(answer.asked)}, and its end was told at {run.when(min(ends))}")
            elif answer.server_at >= answer.expires_at:
                found.append(f"{answer.request_id}: allowed {answer.server_at - answer.expires_at:.3f} s after expires_at")
    return found


def nothing_told_is_lost(run: Run) -> list[str]:
    """The database knows each version that was told."""
    versions = {str(row.request_id): row.version for row in run.system.lockbox.rows("SELECT request_id, version FROM lockbox.request")}
    return [f"{request}: version {len(events)} was told, and the database has {versions.get(request)}"
            for request, events in histories(run.system.events.records).items() if versions.get(request, 0) != events[-1].request["version"]]


# ---- audit and mail ----


def audit_is_kafka(run: Run) -> list[str]:
    found = audit_complaints(run.system)
    try:
        run.world.tool("audit", "verify", "--kafka")
    except RuntimeError as verified:  # its exit says that something is not right
        found.append(str(verified)[-1500:])
    return found


def one_root_per_size(run: Run) -> list[str]:
    roots: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in run.kafka.values():
        if record.topic == "lockbox.checkpoints.v1":
            origin, size, root = record.value.decode().split("\n")[:3]
            roots[origin, size].add(root)
    for row in run.system.audit.rows("SELECT origin, size, note FROM audit.checkpoint"):
        origin, size, root = row.note.split("\n")[:3]
        roots[origin, size].add(root)
    return [f"log {origin} has {len(several)} roots at size {size}" for (origin, size), several in roots.items() if len(several) > 1]


OF_ONE_WORKER = {"kill", "term", "stop", "link", "cut off"}
OF_MAIL = {"promoted", "database frozen", "standby away", "read-only", "receiver killed", "clock"}  # of servers that every notifier needs
JUST_BEFORE = 10.0  # seconds before the first of two arrivals in which what makes the second may have ended


def breaks_a_notifier(deed: Deed) -> bool:
    kind, target = deed.fault.kind, deed.fault.target
    return kind in OF_MAIL or kind in OF_ONE_WORKER and target.startswith("notifier") or kind == "sessions ended" and target in ("notifier", "")


def each_mail_at_least_once(run: Run) -> list[str]:
    """And twice only where something broke a notifier's doing, from just before the one arrival until the other."""
    found = mail_complaints(run.system, run.finished)
    for mail, times in arrivals(run).items():
        for first, second in pairwise(times):
            if not any(breaks_a_notifier(deed) for deed in run.deeds(first - JUST_BEFORE, second)):
                found.append(f"mail {mail} came at {run.when(first)} and {run.when(second)}; {under_way(run, first - JUST_BEFORE, second)}")
    return found


def arrivals(run: Run) -> dict[tuple[str, str], list[float]]:
    """When each mail came, by its id and recipient."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for name, mail in run.system.mailbox.read_all().items():
        found[mail.id, mail.recipient].append((run.system.mailbox.directory / name).stat().st_mtime)
    return {mail: sorted(times) for mail, times in found.items()}


# ---- readiness, memory, time ----


def ready_means_progress(run: Run) -> list[str]:
    """Whoever says to be ready moves: no partition of theirs stands still for long while it has records."""
    stands: dict[tuple, tuple[float, int, int]] = {}  # place → since when, at which offset, whose
    found: dict[tuple, str] = {}
    before = 0.0
    for sample in run.watch.samples:
        if sample.at - before > GAP:  # nobody looked: a server was frozen, and its answer awaited
            stands.clear()
        before = sample.at
        owners = {pid: name for name, pid in sample.pids.items() if pid}
        for place, (offset, pid) in sample.offsets.items():
            end, name = sample.ends.get(place[1:]), owners.get(pid, "")
            waits = end is not None and end > offset and sample.ready.get(name) == "ready"
            since, stood, whose = stands.setdefault(place, (sample.at, offset, pid))
            if not waits or (stood, whose) != (offset, pid):
                stands[place] = (sample.at, offset, pid)
            elif sample.at - since > run.limits.stands_still:
                found[place, since] = (f"{name} is ready, and {place[1]}/{place[2]} stands at {offset} of {end} from {run.when(since)} to"
                                       f" {run.when(sample.at)}; {under_way(run, since, sample.at)}")
        gone = stands.keys() - sample.offsets.keys()
        for place in gone:
            del stands[place]
    return list(found.values())


def under_way(run: Run, since: float, until: float) -> str:
    return "under way: " + ("; ".join(str(deed.fault).strip() for deed in run.deeds(since - 5, until)) or "nothing")


def all_are_ready_in_the_end(run: Run) -> list[str]:
    last: Sample = run.watch.samples[-1]
    return [f"{name} is not ready in the end: {said or 'no answer'}" for name, said in last.ready.items() if said != "ready"]


def drained(run: Run) -> list[str]:
    return [] if run.drained_after is not None and run.drained_after <= run.limits.drained else [
        f"not drained within {run.limits.drained:.0f} s of healing"
        f" ({f'but after {run.drained_after:.0f} s' if run.drained_after else 'nor later'}); {run.owed[-1]}"]


def owed(run: Run) -> str:
    """What is not done yet; empty when all is. The place where it stands is named."""
    sample = run.watch.sample()
    if not sample.offsets or not sample.ends:
        return f"{'Kafka' if sample.offsets else 'PostgreSQL'} does not answer; {'; '.join(run.watch.failures[-3:])}"
    behind = [f"{consumer} is at {offset} of {sample.ends[topic, partition]} of {topic}/{partition}"
              for (consumer, topic, partition), (offset, _) in sample.offsets.items() if sample.ends.get((topic, partition), 0) > offset
              and topic != "lockbox.checkpoints.v1"]
    rows = run.watch.lockbox.row("""
        SELECT (SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL) AS outbox,
               (SELECT count(*) FROM lockbox.quarantine WHERE published_at IS NULL) AS quarantine,
               (SELECT count(*) FROM lockbox.notification WHERE next_attempt_at IS NOT NULL) AS mails""")
    behind += [f"{count} rows of {name}" for name, count in rows._asdict().items() if count]
    return "; ".join(behind[:SHOWN])


def memory_is_bounded(run: Run) -> list[str]:
    return [f"{worker.name} took {worker.most_memory >> 20} MiB" for worker in run.world.workers.values() if worker.most_memory > MEMORY]


def nobody_ends_by_themselves(run: Run) -> list[str]:
    return [f"{it.name} ended by itself at {run.when(it.at)}: exit {it.code}; {under_way(run, it.at - 10, it.at)}"
            for it in run.world.exits if not it.meant]


def ends_in_time(run: Run) -> list[str]:
    return [f"{name} took {took:.1f} s to end after TERM" for name, took in run.nemesis.ends if took > run.limits.term]


BESIDE = {"long snapshot", "limit lowered", "receiver killed"}  # nothing that a life waits for goes through what these break
BESIDE_WORKERS = ("notifier", "auditor")
RECOVERED = 20  # seconds


def waits_of_others(run: Run) -> list[float]:
    """How long lives waited for what no fault was in the way of, nor just before."""
    faults = [deed for deed in run.nemesis.deeds if deed.fault.kind not in BESIDE and not deed.fault.target.startswith(BESIDE_WORKERS)]
    return [seconds for life in run.finished for began, seconds in life.took
            if not any(deed.touches(began - RECOVERED, began + seconds) for deed in faults)]


def others_go_on(run: Run) -> list[str]:
    slow = percentile(waits_of_others(run), 0.99)
    return [] if slow <= run.limits.others else [f"what no fault was in the way of took {slow:.1f} s (p99)"]


INVARIANTS = (all_is_answered, each_input_once, one_history_each, access_under_a_grant_only, nothing_told_is_lost, audit_is_kafka, one_root_per_size,
              each_mail_at_least_once, ready_means_progress, all_are_ready_in_the_end, drained, memory_is_bounded, nobody_ends_by_themselves,
              ends_in_time, others_go_on)


def judge(run: Run) -> dict[str, list[str]]:
    """Invariant → what was found wrong."""
    run.kafka = everything_in_kafka(run.system)
    found = {}
    for invariant in INVARIANTS:
        try:
            wrong = invariant(run)
        except Exception as error:  # what cannot be looked at is not known to be well
            wrong = [f"cannot be judged: {type(error).__name__}: {str(error)[:1500]}"]
        if wrong:
            found[invariant.__name__.replace("_", " ")] = wrong
    return found


def mails_by_time(run: Run) -> list[int]:
    """How many arrived in each ten seconds of the run."""
    at = [int((path.stat().st_mtime - run.began) // 10) for path in (run.world.directory / "mail/new").glob("*")]
    return [at.count(ten) for ten in range(max(at, default=-1) + 1)]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def figures(run: Run) -> dict:
    """Of the run as a whole, for the report."""
    every = [seconds for life in run.finished for _, seconds in life.took]
    return {"lives": len(run.load.lives), "poison": len(run.load.poison), "faults": len(run.nemesis.deeds), "answers": len(run.watch.answers),
            "others' p99": round(percentile(waits_of_others(run), 0.99), 2), "p50": round(percentile(every, 0.5), 2), "p99": round(percentile(every, 0.99), 2),
            "drained after": run.drained_after and round(run.drained_after, 1),
            "most memory MiB": max(worker.most_memory for worker in run.world.workers.values()) >> 20,
            "exits": len(run.world.exits), "mails each 10 s": mails_by_time(run), "records": len(run.kafka), "digest": digest(run)}


def digest(run: Run) -> str:
    """Of what was broken, so that two runs of a seed can be told to be of one schedule."""
    return hashlib.sha256(run.nemesis.schedule.to_json().encode()).hexdigest()[:12]
