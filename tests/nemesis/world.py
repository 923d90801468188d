"""Everything a schedule breaks: brokers, primary and standby, two of each worker, and a link between any two that talk.

World has what support.system.System asks of a stack, so that the tests' tools work on it: past the links, and by whichever server
writes.
"""
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from support.proxy import Network
from support.stack import BINARIES, REPOSITORY, WORKERS
from support.system import System
from support.waiting import wait_until

from servers import Brokers, Children, Databases, clean, end

sys.path.append(str(REPOSITORY / "tools/dev/stack"))
from statedir import PORTS, is_free  # noqa: E402

TALKS_TO_KAFKA = [worker for worker in WORKERS if worker != "expirer"]


@dataclass
class Exit:
    at: float
    name: str
    code: int
    meant: bool  # we killed or ended it


@dataclass(eq=False)
class Worker:
    """One instance, that is started again when it ends."""
    world: "World"
    kind: str
    number: int
    port: int
    child: subprocess.Popen | None = None
    ended_by_us: set[int] = field(default_factory=set)  # pids
    started_at: float = 0.0
    most_memory: int = 0

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.number}"

    @property
    def pid(self) -> int:
        return self.child.pid if self.child and self.child.poll() is None else 0

    def start(self) -> None:
        self.started_at = time.time()
        self.child = self.world.children.start(self.name, [BINARIES / self.kind], self.world.environment_of(self))

    def signal(self, number: signal.Signals) -> int:
        """To it, if it runs; its pid."""
        pid = self.pid
        if pid:
            if number in (signal.SIGKILL, signal.SIGTERM):
                self.ended_by_us.add(pid)
            os.kill(pid, number)
        return pid

    def ready(self) -> str:
        """What it says on /readyz; empty where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1.5) as answer:
                return answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.read().decode().strip()
        except OSError:
            return ""

    def look(self) -> None:
        """Its memory so far; and starts it again where it ended."""
        if self.pid:
            self.most_memory = max(self.most_memory, most_memory(self.pid))
        elif self.child is not None and not self.world.closing and self.kind not in self.world.held:
            pid, code = self.child.pid, self.child.returncode
            self.world.exits.append(Exit(time.time(), self.name, code, pid in self.ended_by_us))
            self.start()


def most_memory(pid: int) -> int:
    """In bytes; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


class World:
    """brokers: 1 or 3. instances: of each worker. The ports are free ones of below those that the kernel hands out, by a seed of
    this process."""

    def __init__(self, directory: Path, brokers: int = 3, instances: int = 2, **settings: str):
        self.directory, self.settings = directory, settings
        self.closing = False
        self.held: set[str] = set()  # kinds of workers that are not to run
        self.exits: list[Exit] = []
        self.random = random.Random(os.getpid())
        self.ports: set[int] = set()  # that this world's servers have, or will
        for name in ("log", "run"):
            (directory / name).mkdir(parents=True)
        self.children = Children(directory / "log")
        self.network = Network()
        names = [f"{kind}-{number}" for kind in WORKERS for number in range(1, instances + 1)]
        self.kafka_servers = Brokers(directory, self.children, self.network, brokers,
                                     [name for name in names if name.rpartition("-")[0] in TALKS_TO_KAFKA], self.port)
        self.databases = Databases(directory, directory / "run", self.children, self.network, names, self.port)
        self.smtp_port = self.port()
        self.smtp_links = {name: self.network.link(f"{name}>smtp", self.smtp_port) for name in names if name.startswith("notifier")}
        self.smtp: subprocess.Popen | None = None
        self.workers = {name: Worker(self, name.rpartition("-")[0], int(name.rpartition("-")[2]), self.port()) for name in names}
        self.keeper = threading.Thread(target=self.keep, name="keeper", daemon=True)

    def port(self) -> int:
        while (port := self.random.choice(PORTS)) in self.ports or not is_free(port):
            pass
        self.ports.add(port)
        return port

    # ---- up and down ----

    def up(self) -> None:
        self.kafka_servers.up()
        self.databases.up()
        self.start_receiver()
        self.kafka_servers.await_ready()
        self.tool("db", "migrate")
        self.tool("topics", "create", *([] if self.kafka_servers.count >= 3 else ["--dev"]))
        self.databases.make_standby()
        self.databases.synchronous(True)
        for worker in self.workers.values():
            worker.start()
        self.keeper.start()
        wait_until(lambda: not self.not_ready(), "all workers are ready", 240)

    def start_receiver(self) -> None:
        self.smtp = self.children.start("smtp", ["/usr/bin/python3", REPOSITORY / "tools/dev/smtp_sink.py", self.smtp_port,
                                                 self.directory / "mail"])

    def hold(self, *kinds: str) -> None:
        """Ends these workers, as an operator does, until they are let go."""
        self.held |= set(kinds)
        for worker in self.workers.values():
            if worker.kind in kinds:
                worker.signal(signal.SIGTERM)
        wait_until(lambda: not any(worker.pid for worker in self.workers.values() if worker.kind in kinds), f"{', '.join(kinds)} end", 60)

    def let_go(self, *kinds: str) -> None:
        self.held -= set(kinds)

    def not_ready(self) -> str:
        """Who is not, and why; empty when all are."""
        said = {name: worker.ready() for name, worker in self.workers.items()}
        return "; ".join(f"{name}: {it or 'no answer'}" for name, it in said.items() if it != "ready")

    def keep(self) -> None:
        while not self.closing:
            for worker in self.workers.values():
                worker.look()
            try:
                wait_until(lambda: self.closing, "the end", 0.5)
            except TimeoutError:
                pass

    def close(self) -> None:
        self.closing = True
        if self.keeper.is_alive():
            self.keeper.join(10)
        for worker in self.workers.values():
            end(worker.child)
        for server in (self.databases, self.kafka_servers):
            server.close()
        end(self.smtp)
        self.network.close()

    # ---- settings ----

    def environment_of(self, worker: Worker) -> dict[str, str]:
        key = self.checkpoint_key()
        own = {"LOCKBOX_HTTP_LISTEN": f"127.0.0.1:{worker.port}", "LOCKBOX_INSTANCE": str(worker.number),
               "LOCKBOX_MAIL_FROM": "lockbox@lockbox.example", "LOCKBOX_LOG_ORIGIN": "lockbox.example/dev",
               "LOCKBOX_PORTAL_URL": "https://portal.example/lockbox", "LOCKBOX_MAIL_RETRY": "PT1S",
               "LOCKBOX_MAIL_DIGEST_AFTER": "0",  # behind an outage more than that wait for one person, and the judge counts each mail
               "LOCKBOX_KAFKA_SESSION_TIMEOUT_MS": "6000"}
        if worker.kind == "auditor":
            own |= {"LOCKBOX_AUDIT_DATABASE_URL": self.databases.url("lockbox_audit_writer", "audit", worker.name),
                    "LOCKBOX_CHECKPOINT_KEY_FILE": str(key)}
        else:
            own["LOCKBOX_DATABASE_URL"] = self.databases.url(f"lockbox_{worker.kind}", "lockbox", worker.name)
        if worker.kind in TALKS_TO_KAFKA:
            own["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"] = self.kafka_servers.bootstrap(worker.name)
        if worker.name in self.smtp_links:
            own["LOCKBOX_SMTP_URL"] = f"smtp://127.0.0.1:{self.smtp_links[worker.name].port}?tls=off"
        return own | self.settings

    def checkpoint_key(self) -> Path:
        from statedir import StateDir
        return StateDir(self.directory).checkpoint_key()

    @property
    def env(self) -> dict[str, str]:
        url = self.databases.url
        return {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": self.kafka_servers.bootstrap(), "LOCKBOX_MAILDIR": str(self.directory / "mail"),
                "LOCKBOX_DATABASE_URL": url("lockbox_worker", "lockbox"), "LOCKBOX_SUPERUSER_URL": url("postgres", "lockbox"),
                "LOCKBOX_AUDIT_DATABASE_URL": url("lockbox_audit_writer", "audit"),
                "LOCKBOX_AUDIT_SUPERUSER_URL": url("postgres", "audit"), "LOCKBOX_LOG_ORIGIN": "lockbox.example/dev",
                "LOCKBOX_CHECKPOINT_KEY_FILE": str(self.checkpoint_key())}

    def kafka(self) -> str:
        return self.kafka_servers.bootstrap()

    def log(self, name: str) -> str:
        """Of both instances."""
        return "\n".join((self.directory / "log" / f"{name}-{number}.log").read_text(errors="replace")[-2000:] for number in (1, 2)
                         if (self.directory / "log" / f"{name}-{number}.log").exists())

    def tool(self, *arguments: str, fails: bool = False, seconds: float = 300) -> str:
        """lockboxctl as the databases' superuser; what it prints. It may say no where it fails."""
        urls = {"LOCKBOX_DATABASE_URL": self.env["LOCKBOX_SUPERUSER_URL"],
                "LOCKBOX_AUDIT_DATABASE_URL": self.env["LOCKBOX_AUDIT_SUPERUSER_URL"]}
        done = subprocess.run([BINARIES / "lockboxctl", *arguments], capture_output=True, text=True, timeout=seconds,
                              env=clean(self.env | urls | self.settings))
        if done.returncode != 0 and not fails:
            raise RuntimeError(f"lockboxctl {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def system(self) -> System:
        return System(self)
