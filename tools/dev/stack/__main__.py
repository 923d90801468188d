"""./dev up, down, status and env: the stack of Kafka, PostgreSQL, an SMTP receiver and the six workers."""
import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import cluster
import kafka
import portal
import postgres
import settings
from cluster import Cluster
from portal import Portal
from settings import WORKERS
from secure import Secure
from statedir import Refused, StateDir, pick_ports
from supervise import Program, Supervisor, wait_until

REPOSITORY = Path(__file__).resolve().parents[3]
BINARIES = REPOSITORY / "build" / os.environ.get("LOCKBOX_DEV_PRESET", "release") / "bin"

SERVERS = ["kafka", "postgres", "smtp"]
PROCESSES = SERVERS + WORKERS
PARTS = SERVERS + ["schema"] + WORKERS  # schema: the tables and the topics, no process

PROGRAMS = {"kafka": Program("kafka", stop_seconds=30),
            "postgres": Program("postgres", stop_signal="INT", stop_seconds=30, drop_signal="QUIT"),
            "smtp": Program("smtp"),
            **{worker: Program(worker) for worker in WORKERS},
            **{name: Program(name) for name in [*cluster.PROCESSES, *portal.PROCESSES]}}


class NotReady(Exception):
    """What has been waited for did not come; the message says what and why."""


def why_not_ready(name: str, port: int, secure: Secure | None) -> str | None:
    match name:
        case "kafka":
            return kafka.why_not_ready(port, secure)
        case "postgres":
            return postgres.why_not_ready(port)
        case "smtp":
            return why_smtp_not_ready(port)
        case "provider":
            return why_not_answered(port, ".well-known/openid-configuration")
        case _:
            return why_worker_not_ready(port)


def why_smtp_not_ready(port: int) -> str | None:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return None if connection.recv(3) == b"220" else "answers without 220"
    except OSError as error:
        return error.strerror or "no answer"


def why_worker_not_ready(port: int) -> str | None:
    return why_not_answered(port, "readyz")


def why_not_answered(port: int, path: str) -> str | None:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=1).close()
        return None
    except urllib.error.HTTPError as error:
        return " ".join(error.read(1000).decode(errors="replace").split()) or f"HTTP {error.code}"
    except OSError as error:
        reason = getattr(error, "reason", error)
        return getattr(reason, "strerror", None) or "no answer"


class Stack:
    def __init__(self, state: StateDir):
        self.state = state
        self.supervisor = Supervisor(state)
        self.memory = state.load()
        self.ports: dict[str, int] = self.memory.get("ports", {})
        self.librdkafka = os.environ.get("LOCKBOX_DEV_LIBRDKAFKA") or self.memory.get("librdkafka")
        self.clock_library = os.environ.get("LOCKBOX_DEV_POSTGRES_CLOCK") or self.memory.get("clock_library")
        self.secure = Secure(state.path / "secure", self.librdkafka) if self.memory.get("secure") else None
        self.kubernetes = self.memory.get("kubernetes")
        self.cluster = self.make_cluster() if self.kubernetes else None
        self.portal_python = self.memory.get("portal")

    def make_cluster(self) -> Cluster:
        return Cluster(self.state.path / "cluster", Path(self.kubernetes), BINARIES / "lockboxctl", self.ports)

    @property
    def processes(self) -> list[str]:
        return PROCESSES + (cluster.PROCESSES if self.kubernetes else []) + (portal.PROCESSES if self.portal_python else [])

    def why_not_ready(self, name: str) -> str | None:
        if name in ("etcd", "apiserver"):
            return self.cluster.why_not_ready(name)
        return why_not_ready(name, self.ports[name], self.secure)

    # up

    def up(self, parts: list[str] | None, jars: Path, seconds: float, secure: bool, kubernetes: str | None,
           portal_python: str | None) -> None:
        self.kubernetes = kubernetes or self.kubernetes
        self.portal_python = portal_python or self.portal_python
        parts = parts or PARTS + self.processes[len(PROCESSES):]
        if secure and not self.secure:
            if self.memory:
                raise Refused("this stack was made without --secure: ./dev down --wipe, then up --secure")
            self.secure = Secure(self.state.path / "secure", self.librdkafka)
        started_at = time.monotonic()
        self.deadline = started_at + seconds
        running = {name for name, info in self.supervisor.processes().items() if info["pid"]}
        in_use = running | ({"controller"} if "kafka" in running else set())
        in_use |= {"etcd_peers"} if "etcd" in running else set()
        in_use |= {"authorizer_https"} if "authorizer" in running else set()
        more = [*(cluster.PORTS if self.kubernetes else []), *(portal.PROCESSES if self.portal_python else [])]
        self.ports = pick_ports([*PROCESSES, "controller", *more], self.ports, in_use)
        if self.kubernetes:
            self.cluster = self.make_cluster()
            self.cluster.make()
        if self.secure:
            self.secure.make()
        pages = Portal(self.state.path / "portal", REPOSITORY, self.portal_python, self.ports) if self.portal_python else None
        self.settings = settings.chosen(self.ports, self.state.checkpoint_key(), self.secure, self.cluster, pages)
        self.state.save({"ports": self.ports, "settings": self.settings, "secure": self.secure is not None,
                         "librdkafka": self.librdkafka, "clock_library": self.clock_library, "kubernetes": self.kubernetes,
                         "portal": self.portal_python})
        self.supervisor.start(list(PROGRAMS.values()))
        self.start_servers(parts, jars)
        self.await_ready([part for part in SERVERS if part in parts])
        if "postgres" in parts:
            postgres.create_databases(self.ports["postgres"], self.secure)
        if "schema" in parts and self.secure:
            self.secure.grant_in_kafka(REPOSITORY, BINARIES / "lockboxctl", self.ports["kafka"])
            postgres.set_passwords(self.ports["postgres"], self.secure, REPOSITORY / "deploy/compose/roles.sql")
        if "schema" in parts:
            self.lockboxctl("db", "migrate")
            self.lockboxctl("topics", "create", "--dev")
        workers = [part for part in [*WORKERS, "authorizer"] if part in parts]
        for worker in workers:
            environment = settings.of_worker(self.settings, worker, self.ports[worker], self.secure)
            self.supervisor.run_program(PROGRAMS[worker], environment, [str(BINARIES / worker)])
        pages_parts = [part for part in portal.PROCESSES if part in parts]
        if pages and pages_parts:
            self.start_portal(pages)
        self.await_ready([*workers, *(part for part in ("etcd", "apiserver") if part in parts), *pages_parts])
        if self.cluster and "apiserver" in parts:
            self.cluster.admit_customer()
        print(f"ready after {time.monotonic() - started_at:.1f} s: {', '.join(parts)}")

    def start_portal(self, pages: Portal) -> None:
        pages.make()
        mine = pages.settings(self.settings["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], BINARIES, self.secure)
        self.supervisor.run_program(PROGRAMS["provider"], {}, pages.provider())
        self.supervisor.run_program(PROGRAMS["portal"], mine, pages.command())

    def start_servers(self, parts: list[str], jars: Path) -> None:
        """Starts the servers without waiting; those that make their data directory first come last."""
        path, run = self.state.path, self.supervisor.run_program
        if "smtp" in parts:
            sink = str(REPOSITORY / "tools/dev/smtp_sink.py")
            run(PROGRAMS["smtp"], {}, ["/usr/bin/python3", sink, str(self.ports["smtp"]), str(path / "mail")])
        if "etcd" in parts:
            run(PROGRAMS["etcd"], {}, self.cluster.etcd())
        if "apiserver" in parts:
            run(PROGRAMS["apiserver"], {}, self.cluster.apiserver())
        if "kafka" in parts:
            run(PROGRAMS["kafka"], {}, kafka.prepare(path / "kafka", jars, self.ports, self.secure))
        if "postgres" in parts:
            command = postgres.prepare(path / "postgres", self.state.run, self.ports["postgres"], self.secure)
            environment = postgres.with_clock(path / "postgres.clock", self.clock_library) if self.clock_library else {}
            run(PROGRAMS["postgres"], environment, command, postgres.privileges())

    def lockboxctl(self, *arguments: str) -> None:
        superuser = settings.of_superuser(self.ports, self.secure)
        environment = {**os.environ, **self.settings,
                       "LOCKBOX_DATABASE_URL": superuser["LOCKBOX_SUPERUSER_URL"],
                       "LOCKBOX_AUDIT_DATABASE_URL": superuser["LOCKBOX_AUDIT_SUPERUSER_URL"]}
        subprocess.run([BINARIES / "lockboxctl", *arguments], env=environment, check=True, capture_output=True, text=True,
                       timeout=self.seconds_left())

    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def await_ready(self, names: list[str]) -> None:
        waiting = {name: "" for name in names}
        began_at = time.monotonic()

        def all_ready() -> bool:
            for name in list(waiting):
                waiting[name] = self.why_not_ready(name)
                if waiting[name] is None:
                    del waiting[name]
                    print(f"  {name:<10} ready  {time.monotonic() - began_at:5.1f} s", flush=True)
            return not waiting

        if not wait_until(all_ready, self.seconds_left()):
            raise NotReady("\n".join(self.account_of(name, why) for name, why in waiting.items()))

    def account_of(self, name: str, why: str) -> str:
        log = self.state.log / f"{name}.log"
        last = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        return "\n".join([f"{name} is not ready: {why}. The end of {log}:", *(f"    {line}" for line in last)])

    # down

    def down(self, names: list[str], wipe: bool) -> None:
        if not self.supervisor.is_running:
            print("nothing is running")
            return
        self.supervisor.stop([name for name in names if name in [*WORKERS, *portal.PROCESSES, "authorizer", "apiserver"]])
        if wipe:
            self.supervisor.drop([PROGRAMS[name] for name in SERVERS])
        self.supervisor.stop([name for name in names if name in [*SERVERS, "etcd"]])
        if names == self.processes:
            self.supervisor.shutdown()
        print(f"stopped: {', '.join(names)}")

    # status and env

    def status(self) -> list[dict]:
        processes = self.supervisor.processes()
        return [self.status_of(name, processes.get(name, {})) for name in self.processes]

    def status_of(self, name: str, info: dict) -> dict:
        pid = info.get("pid") or None
        why = self.why_not_ready(name) if pid else info.get("spawnerr") or "not running"
        state = "running" if why is None else info.get("statename", "STOPPED").lower()
        return {"name": name, "pid": pid, "state": state, "ready": why is None, "reason": why or ""}

    def env(self) -> dict[str, str]:
        return settings.printed(self.memory["settings"], self.ports, self.state.path, BINARIES, self.secure, self.cluster)


def print_status(rows: list[dict]) -> None:
    green, red, plain = ("\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
    for row in rows:
        state = f"{green}ready{plain}" if row["ready"] else f"{red}not ready: {row['reason']}{plain}"
        print(f"{row['name']:<10} {row['pid'] or '-':>7}  {row['state']:<9} {state}")


def part_list(known: list[str]):
    def parse(text: str) -> list[str]:
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        return [name for name in known if name in names]
    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev", add_help=False)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", add_help=False)
    up.add_argument("--only", type=part_list(PARTS + cluster.PROCESSES + portal.PROCESSES))
    up.add_argument("--timeout", type=float, default=60)
    up.add_argument("--secure", action="store_true")
    up.add_argument("--cluster", action="store_true")
    up.add_argument("--portal", action="store_true")
    down = commands.add_parser("down", add_help=False)
    down.add_argument("--only", type=part_list(PROCESSES + cluster.PROCESSES + portal.PROCESSES))
    down.add_argument("--wipe", action="store_true")
    status = commands.add_parser("status", add_help=False)
    status.add_argument("-o", choices=["table", "json"], default="table")
    commands.add_parser("env", add_help=False)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    state = StateDir(Path(os.environ["LOCKBOX_DEV_DIR"]))
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    match options.command:
        case "up":
            state.check()
            with state.lock():
                Stack(state).up(options.only, Path(os.environ["LOCKBOX_DEV_KAFKA_JARS"]), options.timeout, options.secure,
                                os.environ["LOCKBOX_DEV_KUBERNETES"] if options.cluster else None,
                                os.environ["LOCKBOX_DEV_PORTAL_PYTHON"] if options.portal else None)
        case "down":
            if state.is_ours:
                with state.lock():
                    stack = Stack(state)
                    stack.down((None if options.wipe else options.only) or stack.processes, options.wipe)
            if options.wipe:
                state.wipe()
        case "status":
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader such as head may leave early
            rows = Stack(state).status()
            print(json.dumps(rows, indent=2)) if options.o == "json" else print_status(rows)
            return 0 if all(row["ready"] for row in rows) else 1
        case "env":
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            stack = Stack(state)
            if not any(info["pid"] for info in stack.supervisor.processes().values()):
                raise Refused("no stack is running: start it with ./dev up")
            for name, value in stack.env().items():
                print(f"export {name}={shlex.quote(value)}")
    return 0


try:
    sys.exit(main())
except Refused as error:
    sys.exit(f"./dev: {error}")
except NotReady as error:
    print(f"./dev: gave up waiting\n{error}", file=sys.stderr)
    sys.exit(3)
except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
    print(f"./dev: {error}\n{error.stderr or error.stdout or ''}", file=sys.stderr)
    sys.exit(3)
