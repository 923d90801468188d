"""How each kind of fault is done to a world, and undone. What a fault finds impossible (its victim is down already) it leaves."""
import contextlib
import signal
import threading
import time
from dataclasses import dataclass, field

import psycopg
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from support.broker import client, partitions_of, set_topic
from support.clock import set_clock
from support.stack import REPOSITORY, is_alive
from support.waiting import wait_until

from schedule import Fault, Schedule
from servers import end, freeze, thaw
from world import World


@dataclass
class Deed:
    """A fault as it was done."""
    fault: Fault
    began: float
    ended: float | None = None  # None: under way
    said: str = ""

    def touches(self, since: float, until: float) -> bool:
        return self.began <= until and (self.ended is None or self.ended >= since)


@dataclass
class Nemesis:
    """Does a schedule to a world, each fault in a thread of its own, and puts right whatever was broken."""
    world: World
    schedule: Schedule
    deeds: list[Deed] = field(default_factory=list)
    ends: list[tuple[str, float]] = field(default_factory=list)  # worker, seconds that it took after TERM
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, began: float) -> None:
        """Returns once the schedule's time is over, with every fault undone."""
        threads = []
        for fault in self.schedule.faults:
            self.rest(began + fault.at - time.time())
            if self.stopping.is_set():
                break
            threads.append(threading.Thread(target=self.do, args=(fault,), name=fault.kind, daemon=True))
            threads[-1].start()
        self.rest(began + self.schedule.seconds - time.time())
        self.stopping.set()
        for thread in threads:
            thread.join(150)
        self.heal()

    def rest(self, seconds: float) -> None:
        self.stopping.wait(max(0.0, seconds))

    def do(self, fault: Fault) -> None:
        deed = Deed(fault, time.time())
        self.deeds.append(deed)
        try:
            deed.said = getattr(self, "do_" + fault.kind.replace(" ", "_").replace("-", "_"))(fault) or ""
        except Exception as error:  # a victim that is down already
            deed.said = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        deed.ended = time.time()

    # ---- workers ----

    def do_kill(self, fault: Fault) -> None:
        self.world.workers[fault.target].signal(signal.SIGKILL)

    def do_term(self, fault: Fault) -> str:
        worker = self.world.workers[fault.target]
        pid = worker.signal(signal.SIGTERM)
        began = time.monotonic()
        stood_still = self.stands_still(fault.target)
        wait_until(lambda: not pid or not is_alive(pid), f"{fault.target} ends", 120)
        took = time.monotonic() - began
        if not stood_still and not self.stands_still(fault.target):
            self.ends.append((fault.target, took))
        return f"ended after {took:.1f} s"

    def stands_still(self, worker: str) -> bool:
        return any(deed.fault.kind == "stop" and deed.fault.target == worker and deed.touches(time.time() - 12, time.time())
                   for deed in self.deeds)

    def do_stop(self, fault: Fault) -> None:
        pid = self.world.workers[fault.target].signal(signal.SIGSTOP)
        try:
            self.rest(fault.seconds)
        finally:
            thaw([pid] if pid else [])

    # ---- links ----

    def links_of(self, worker: str) -> list:
        return [link for name, link in self.world.network.links.items() if name.startswith(f"{worker}>")]

    def break_links(self, links: list, fault: Fault) -> None:
        try:
            for link in links:
                link.set(fault.detail, fault.number)
            self.rest(fault.seconds)
        finally:
            for link in links:
                link.set("pass")

    def do_link(self, fault: Fault) -> str:
        links = self.links_of(fault.target)
        chosen = links[int(fault.at * 10) % len(links)]
        self.break_links([chosen], fault)
        return chosen.name

    def do_cut_off(self, fault: Fault) -> None:
        self.break_links(self.links_of(fault.target), fault)

    # ---- Kafka ----

    def node(self, fault: Fault) -> int:
        nodes = list(self.world.kafka_servers.nodes)
        return nodes[(fault.number - 1) % len(nodes)]

    def do_broker_killed(self, fault: Fault) -> str:
        return self.without_broker(self.node(fault), fault.seconds)

    def without_broker(self, node: int, seconds: float) -> str:
        kafka = self.world.kafka_servers
        end(kafka.running[node])
        try:
            self.rest(seconds)
        finally:
            kafka.start(node)
        return f"broker {node}"

    def do_broker_stopped(self, fault: Fault) -> str:
        node = self.node(fault)
        pids = [self.world.kafka_servers.running[node].pid]
        freeze(pids)
        try:
            self.rest(fault.seconds)
        finally:
            thaw(pids)
        return f"broker {node}"

    def leader(self, topic: str, partition: int) -> int:
        admin = AdminClient(client(self.world.kafka()))
        return admin.list_topics(topic, timeout=20).topics[topic].partitions[partition].leader

    def do_leader_killed_twice(self, fault: Fault) -> str:
        place = ("lockbox.events.v1", fault.number)
        first = self.leader(*place)
        self.without_broker(first, fault.seconds / 2)
        second = wait_until(lambda: (now := self.leader(*place)) > 0 and now, "there is a leader", 30)
        self.without_broker(second, fault.seconds / 2)
        return f"brokers {first}, {second}"

    def do_limit_lowered(self, fault: Fault) -> None:
        set_topic(self.world.kafka(), fault.target, max_message_bytes=str(fault.number))
        try:
            self.rest(fault.seconds)
        finally:
            self.restore_limits()

    def restore_limits(self) -> None:
        set_topic(self.world.kafka(), "lockbox.deadletter.v1", max_message_bytes=None)

    def do_partitions_added(self, fault: Fault) -> str:
        wanted = len(partitions_of(self.world.kafka(), fault.target)) + 1
        admin = AdminClient(client(self.world.kafka()))
        for done in admin.create_partitions([NewPartitions(fault.target, wanted)], request_timeout=30).values():
            done.result(30)
        return f"{wanted} partitions"

    # ---- PostgreSQL ----

    def do_read_only(self, fault: Fault) -> None:
        databases = self.world.databases
        databases.configure("default_transaction_read_only", "on")
        try:
            self.rest(fault.seconds)
        finally:
            databases.configure("default_transaction_read_only", "off")

    def do_standby_away(self, fault: Fault) -> None:
        pids = self.world.databases.processes(self.world.databases.standby)
        freeze(pids)
        try:
            self.rest(fault.seconds)
        finally:
            thaw(pids)

    def do_promoted(self, fault: Fault) -> str:
        databases = self.world.databases
        if not databases.streams() or databases.ask("SHOW synchronous_standby_names") != "standby":
            return "no standby streams"
        databases.promote(loses=False)
        self.rest(fault.seconds / 2)
        self.restore_standby()
        return f"postgres-{databases.primary} writes"

    def restore_standby(self) -> None:
        self.world.databases.make_standby()
        wait_until(self.world.databases.streams, "the standby streams", 60)
        self.world.databases.synchronous(True)

    def do_database_frozen(self, fault: Fault) -> None:
        pids = self.world.databases.processes(self.world.databases.primary)
        freeze(pids)
        try:
            self.rest(fault.seconds)
        finally:
            thaw(pids)

    def do_clock(self, fault: Fault) -> None:
        set_clock(self.world, fault.number)
        try:
            self.rest(fault.seconds)
        finally:
            set_clock(self.world, 0)

    def do_sessions_ended(self, fault: Fault) -> str:
        return self.world.databases.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE"
                                        f" 'lockbox-{fault.target}%'") + " sessions"

    def do_long_snapshot(self, fault: Fault) -> None:
        with psycopg.connect(self.world.env["LOCKBOX_SUPERUSER_URL"]) as session:
            session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            session.execute("SELECT count(*) FROM lockbox.outbox")
            self.rest(fault.seconds)
            session.rollback()

    # ---- mail ----

    def do_receiver_killed(self, fault: Fault) -> None:
        world = self.world
        end(world.smtp)
        try:
            self.rest(fault.seconds)
        finally:
            world.start_receiver()

    # ---- healing ----

    def heal(self) -> None:
        """Whatever is broken is put right; what faults did for good (promotions, partitions) stays."""
        world = self.world
        world.network.heal()
        set_clock(world, 0)
        for node in world.kafka_servers.nodes:
            thaw([world.kafka_servers.running[node].pid])
            world.kafka_servers.start(node)
        for worker in world.workers.values():
            worker.signal(signal.SIGCONT)
        databases = world.databases
        for name in "ab":
            thaw(databases.processes(name))
        databases.configure("default_transaction_read_only", "off")
        if world.smtp.poll() is not None:
            world.start_receiver()
        if not databases.streams():
            with contextlib.suppress(TimeoutError):
                wait_until(databases.streams, "the standby streams again", 20)
        if not databases.streams():
            self.restore_standby()
        databases.synchronous(True)
        world.kafka_servers.await_ready()
        self.restore_limits()
        # The next attempt of a dead letter that was refused is minutes away.
        databases.ask("UPDATE lockbox.quarantine SET next_attempt_at = now() WHERE published_at IS NULL AND refused_at IS NOT NULL",
                      database="lockbox")
