"""The servers of a world: Kafka's brokers, PostgreSQL's primary and standby, the mail receiver.

Each is a child of ours, that ends when we do. They are made by what ./dev up makes a stack's of (tools/dev/stack).
"""
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.clock import LIBRARY
from support.proxy import Network
from support.stack import REPOSITORY, is_alive
from support.waiting import wait_until

sys.path.append(str(REPOSITORY / "tools/dev/stack"))

import kafka  # noqa: E402
import postgres  # noqa: E402

STARTS = 240.0  # seconds within which a server is there, on a busy machine


class Children:
    """Processes that end with us. All are begun by one thread, that lives as long as they may: a process hears of the end of
    the thread that began it."""

    def __init__(self, logs: Path):
        self.logs = logs
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="children")

    def start(self, name: str, command: list, environment: dict[str, str] | None = None, stop: str = "TERM",
              privileges: tuple[str, ...] = ()) -> subprocess.Popen:
        def begin() -> subprocess.Popen:
            with (self.logs / f"{name}.log").open("ab") as log:
                return subprocess.Popen(["setpriv", "--pdeathsig", stop, *privileges, *map(str, command)], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, env=clean(environment or {}), start_new_session=True)
        return self.pool.submit(begin).result()


def clean(environment: dict[str, str]) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX_", "PG"))}
    return {**mine, **environment}


def end(child: subprocess.Popen | None, how: signal.Signals = signal.SIGKILL, seconds: float = 30) -> None:
    """Signals a child, and waits until it is gone; a stopped one goes on first, and one that stays is killed."""
    if child is None or child.poll() is not None:
        return
    child.send_signal(how)
    child.send_signal(signal.SIGCONT)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(30)


BROKER = """\
process.roles=broker,controller
node.id={node}
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map={protocols}
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
log.dirs={data}
auto.create.topics.enable=false
log.retention.ms=-1
message.max.bytes=2097152
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.quorum.election.timeout.ms=1000
controller.quorum.fetch.timeout.ms=2000
replica.lag.time.max.ms=5000
unclean.leader.election.enable=false
controlled.shutdown.enable=true
num.network.threads=1
num.io.threads=4
log.cleaner.dedupe.buffer.size=8388608
"""


class Brokers:
    """Kafka: each client that is named has a listener of its own on each broker, whose advertised address is a link's."""

    def __init__(self, directory: Path, children: Children, network: Network, count: int, clients: list[str], ports):
        self.directory, self.children, self.count, self.clients = directory, children, count, clients
        self.jars = Path(os.environ["LOCKBOX_DEV_KAFKA_JARS"])
        self.nodes = range(1, count + 1)
        self.ports = {(node, name): ports() for node in self.nodes for name in ("BROKER", "CONTROLLER", *map(listener, clients))}
        self.links = {(node, client): network.link(f"{client}>kafka-{node}", self.ports[node, listener(client)])
                      for node in self.nodes for client in clients}
        self.running: dict[int, subprocess.Popen] = {}
        self.cluster = "L" + secrets.token_urlsafe(16)[1:]

    def bootstrap(self, client: str = "") -> str:
        """What a client is given; nobody's name: past the links."""
        ports = [self.links[node, client].port if client else self.ports[node, "BROKER"] for node in self.nodes]
        return ",".join(f"127.0.0.1:{port}" for port in ports)

    def properties(self, node: int) -> str:
        names = ["BROKER", *map(listener, self.clients)]
        advertised = {listener(client): self.links[node, client].port for client in self.clients} | {
            "BROKER": self.ports[node, "BROKER"]}
        return BROKER.format(
            node=node, data=self.directory / f"kafka-{node}/data", copies=min(3, self.count),
            listeners=",".join(f"{name}://127.0.0.1:{self.ports[node, name]}" for name in [*names, "CONTROLLER"]),
            advertised=",".join(f"{name}://127.0.0.1:{port}" for name, port in advertised.items()),
            protocols=",".join(f"{name}:PLAINTEXT" for name in [*names, "CONTROLLER"]),
            voters=",".join(f"{it}@127.0.0.1:{self.ports[it, 'CONTROLLER']}" for it in self.nodes))

    def format(self, node: int) -> None:
        place = self.directory / f"kafka-{node}"
        place.mkdir()
        (place / "server.properties").write_text(self.properties(node))
        subprocess.run(kafka.tool(self.jars, "kafka.tools.StorageTool", "format", "--config", str(place / "server.properties"),
                                  "--cluster-id", self.cluster), check=True, capture_output=True)

    def start(self, node: int) -> None:
        if not self.runs(node):
            command = ["-Xmx256m" if part.startswith("-Xmx") else part
                       for part in kafka.server(self.jars, self.directory / f"kafka-{node}/server.properties")]
            self.running[node] = self.children.start(f"kafka-{node}", command)

    def runs(self, node: int) -> bool:
        child = self.running.get(node)
        return child is not None and child.poll() is None

    def up(self) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.format, self.nodes))
        for node in self.nodes:
            self.start(node)

    def why_not_ready(self, node: int) -> str | None:
        child = self.running[node]
        return "it has ended" if child.poll() is not None else kafka.why_not_ready(self.ports[node, "BROKER"])

    def await_ready(self) -> None:
        for node in self.nodes:
            wait_until(lambda: self.why_not_ready(node) is None, f"kafka-{node} is ready", STARTS)

    def close(self) -> None:
        for child in self.running.values():
            end(child)


def listener(client: str) -> str:
    return client.upper().replace("-", "")


class Databases:
    """Two servers, "a" and "b": one writes, the other streams from it through a link, and may be promoted in its place."""

    def __init__(self, directory: Path, run: Path, children: Children, network: Network, clients: list[str], ports):
        self.directory, self.run, self.children = directory, run, children
        self.ports = {name: ports() for name in "ab"}
        self.links = {(name, client): network.link(f"{client}>postgres-{name}", self.ports[name])
                      for name in "ab" for client in [*clients, "standby"]}
        self.running: dict[str, subprocess.Popen] = {}
        self.primary = "a"
        self.clock = directory / "postgres.clock"
        self.promotions: list[tuple[float, bool]] = []  # when, and whether it may have lost something

    @property
    def standby(self) -> str:
        return "b" if self.primary == "a" else "a"

    def url(self, role: str, database: str, client: str = "") -> str:
        """Both hosts, whichever writes; nobody's client: past the links."""
        ports = [self.links[name, client].port if client else self.ports[name] for name in "ab"]
        more = "sslmode=disable" if client else "sslmode=disable&target_session_attrs=read-write&connect_timeout=5"
        return f"postgresql://{role}@{','.join(f'127.0.0.1:{port}' for port in ports)}/{database}?{more}"

    def start(self, name: str) -> None:
        if (child := self.running.get(name)) is None or child.poll() is not None:
            place = self.directory / f"postgres-{name}"
            command = postgres.prepare(place, self.run, self.ports[name])
            options = ("wal_level=replica", "max_wal_senders=8", "hot_standby=on", "wal_keep_size=512MB", "wal_receiver_timeout=5s",
                       "wal_sender_timeout=10s", "wal_retrieve_retry_interval=500ms", "shared_buffers=64MB", "max_connections=200",
                       "log_lock_waits=on", "log_min_duration_statement=5s")
            self.running[name] = self.children.start(
                f"postgres-{name}", [*command, *(part for it in options for part in ("-c", it))],
                postgres.with_clock(self.clock, str(LIBRARY)), "INT", tuple(postgres.privileges()))

    def up(self) -> None:
        self.start("a")
        self.await_ready("a")
        postgres.create_databases(self.ports["a"])

    def await_ready(self, name: str) -> None:
        wait_until(lambda: postgres.why_not_ready(self.ports[name]) is None, f"postgres-{name} is ready", STARTS)

    def ask(self, query: str, name: str = "", database: str = "postgres") -> str:
        """As the superuser of one of them, or of the primary; past the links."""
        done = subprocess.run([postgres.BIN / "psql", postgres.superuser_url(self.ports[name or self.primary], database), "-qtAX",
                               "-v", "ON_ERROR_STOP=1", "-c", query], capture_output=True, text=True, timeout=60,
                              env=clean({"PGCONNECT_TIMEOUT": "5"}))
        if done.returncode != 0:
            raise RuntimeError(f"{query}: {done.stderr}")
        return done.stdout.strip()

    def make_standby(self) -> None:
        """Of the server that does not write: a copy of the one that does, which then streams."""
        name, port = self.standby, self.links[self.primary, "standby"].port
        end(self.running.get(name))
        place = self.directory / f"postgres-{name}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        data = place / "data"
        primary = f"host=127.0.0.1 port={port} user=postgres application_name=standby"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(data, "postgres", "postgres")
        subprocess.run(["setpriv", *postgres.privileges(), postgres.BIN / "pg_basebackup", "-D", data, "-d", primary, "-R",
                        "-X", "stream", "-c", "fast"], check=True, capture_output=True, text=True, env=clean({}), timeout=120)
        self.start(name)
        self.await_ready(name)

    def synchronous(self, on: bool) -> None:
        """Commits wait for the standby from here on: its checkpointer tells them so, which read its settings before it makes a checkpoint."""
        self.configure("synchronous_standby_names", "standby" if on else "")
        if on:
            self.ask("CHECKPOINT")

    def configure(self, name: str, value: str) -> None:
        """Once a new session has it, the server has read its settings, and told its processes to."""
        self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask("SELECT pg_reload_conf()")
        wait_until(lambda: self.ask(f"SHOW {name}") == value, f"the server has {name} = '{value}'", STARTS)

    def streams(self) -> bool:
        return self.ask("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND state = 'streaming'") == "1"

    def promote(self, loses: bool) -> None:
        """The standby takes over from the primary, which is killed first, and never comes back as it was."""
        end(self.running[self.primary])
        self.promotions.append((time.time(), loses))
        self.primary = self.standby
        subprocess.run(["setpriv", *postgres.privileges(), postgres.BIN / "pg_ctl", "promote", "-D",
                        self.directory / f"postgres-{self.primary}/data", "-t", "60"], check=True, capture_output=True, text=True)
        self.synchronous(False)

    def processes(self, name: str) -> list[int]:
        """The server, and all that it forked."""
        server = self.running[name].pid
        try:
            return [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]
        except OSError:
            return []

    def close(self) -> None:
        for child in self.running.values():
            end(child)


def freeze(pids: list[int]) -> None:
    for pid in pids:
        if is_alive(pid):
            os.kill(pid, signal.SIGSTOP)


def thaw(pids: list[int]) -> None:
    for pid in pids:
        if is_alive(pid):
            os.kill(pid, signal.SIGCONT)

