"""What is looked at while a world is broken: who says to be ready, how far each consumer is, and what access_check answers."""
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from support.broker import client
from support.sql import Database, as_role

from load import Load
from world import World

EVERY = 1.0
OFFSETS = 'SELECT consumer, topic, "partition", next_offset, owner FROM {}.consumer_offset'
Place = tuple[str, str, int]  # consumer, topic, partition


@dataclass(frozen=True)
class Sample:
    at: float
    ready: dict[str, str]
    pids: dict[str, int]
    offsets: dict[Place, tuple[int, int]]  # next offset, owner's pid
    ends: dict[tuple[str, int], int]


@dataclass(frozen=True)
class Answer:
    """Of access_check: asked between two times of ours; server_at is the database's."""
    asked: float
    answered: float
    engineer: str
    allowed: bool
    reason: str
    request_id: str
    expires_at: float
    server_at: float


class Watch:
    def __init__(self, world: World, load: Load, seed: int):
        self.world, self.load, self.chance = world, load, random.Random(seed)
        self.samples: list[Sample] = []
        self.failures: list[str] = []  # to look at something
        self.answers: list[Answer] = []
        self.stopping = threading.Event()
        self.pool = ThreadPoolExecutor(len(world.workers) + 3)
        more = "&options=-c%20statement_timeout%3D3000"
        self.lockbox, self.audit = Database(world.env["LOCKBOX_SUPERUSER_URL"] + more), Database(world.env["LOCKBOX_AUDIT_SUPERUSER_URL"] + more)
        self.enforcer = Database(as_role(world.env["LOCKBOX_DATABASE_URL"], "lockbox_enforcer") + more)
        self.admin = AdminClient(client(world.kafka()))
        self.threads = [threading.Thread(target=it, daemon=True, name=it.__name__) for it in (self.look, self.ask)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
        self.pool.shutdown(wait=False)
        for database in (self.lockbox, self.audit, self.enforcer):
            database.close()

    # ---- readiness and progress ----

    def look(self) -> None:
        while not self.stopping.wait(EVERY):
            self.samples.append(self.sample())

    def sample(self) -> Sample:
        workers = self.world.workers
        at, pids = time.time(), {name: worker.pid for name, worker in workers.items()}
        ready = {name: self.pool.submit(worker.ready) for name, worker in workers.items()}
        offsets = [self.pool.submit(self.offsets, database, schema) for database, schema in ((self.lockbox, "lockbox"), (self.audit, "audit"))]
        found = [self.result(future) for future in offsets]
        read = {place: row for rows in found for place, row in rows.items()}
        ends = self.result(self.pool.submit(self.ends, sorted({place[1:] for place in read})))
        return Sample(at, {name: future.result() for name, future in ready.items()}, pids, read, ends)

    def result(self, future) -> dict:
        try:
            return future.result(20)
        except Exception as error:  # it is down: no sample of it
            self.failures.append(f"{type(error).__name__}: {str(error)[:200]}")
            return {}

    @staticmethod
    def offsets(database: Database, schema: str) -> dict[Place, tuple[int, int]]:
        return {(row.consumer, row.topic, row.partition): (row.next_offset, pid_in(row.owner)) for row in database.rows(OFFSETS.format(schema))}

    def ends(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """Of partitions whose leader runs. Of one that does not, nothing is asked: the client would try to connect without a pause (librdkafka 2.16)."""
        known = self.admin.list_topics(timeout=3).topics if places else {}
        runs = self.world.kafka_servers.runs
        led = [it for it in places if it[0] in known and it[1] in known[it[0]].partitions and runs(known[it[0]].partitions[it[1]].leader)]
        asked = self.admin.list_offsets({TopicPartition(*place): OffsetSpec.latest() for place in led}, request_timeout=3) if led else {}
        found = {}
        for place, future in asked.items():
            try:
                found[place.topic, place.partition] = future.result(5).offset
            except Exception as error:  # its leader has just gone
                self.failures.append(f"{place}: {str(error)[:200]}")
        return found

    # ---- access ----

    def ask(self) -> None:
        while not self.stopping.wait(0.1):
            lives = self.load.lives[-400:]
            if lives:
                self.ask_about(self.chance.choice(lives))

    def ask_about(self, life) -> None:
        ticket = life.ticket
        began = time.time()
        try:
            row = self.enforcer.row("SELECT *, clock_timestamp() AS at FROM lockbox.access_check(%s, %s, %s, %s, %s, %s)", ticket.engineer.id,
                                    ticket.tenant.resource, "get_pod_logs", "openshift-ingress", None, None)
        except psycopg.Error:
            return
        expires = row.expires_at.timestamp() if row.expires_at else 0.0
        self.answers.append(Answer(began, time.time(), ticket.engineer.id, row.allowed, row.reason, str(row.request_id or ""), expires,
                                   row.at.timestamp()))


def pid_in(owner: str) -> int:
    number = owner.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


