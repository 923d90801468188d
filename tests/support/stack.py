"""A stack of ./dev up with a state directory of its own, and its processes by pid."""
import json
import os
import shlex
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .sql import as_role
from .waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
PRESET = os.environ.get("LOCKBOX_DEV_PRESET", "release")  # of CMakePresets.json: which build is tested
BUILD = REPOSITORY / "build" / PRESET
BINARIES = BUILD / "bin"
WORKERS = ["requester", "decider", "expirer", "relay", "notifier", "auditor"]
SERVERS = ["kafka", "postgres", "smtp"]
PARTS = [*SERVERS, "schema", *WORKERS]
CLUSTER = ["etcd", "apiserver", "authorizer"]  # with the option --cluster


class Stack:
    def __init__(self, directory: Path, **settings: str):
        self.directory = Path(directory)
        self.settings = {"LOCKBOX_MAIL_DIGEST_AFTER": "0", **settings}  # tests ask one tenant often
        self.pids: dict[str, int] = {}

    def dev(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """./dev with this stack's directory and settings, and none of the caller's."""
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("LOCKBOX_") or name.startswith(("LOCKBOX_DEV_KAFKA_", "LOCKBOX_DEV_PRESET"))}
        done = subprocess.run([REPOSITORY / "dev", *arguments], capture_output=True, text=True,
                              env={**environment, "LOCKBOX_DEV_DIR": str(self.directory), **self.settings})
        if check and done.returncode != 0:
            raise RuntimeError(f"./dev {shlex.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def up(self, *parts: str, seconds: int = 120, options: tuple[str, ...] = ()) -> None:
        """Starts these parts, or all; builds nothing. What runs by other settings is restarted."""
        whole = PARTS + (CLUSTER if "--cluster" in options else [])
        self.dev("up", "--timeout", str(seconds), "--only", ",".join(parts or whole), *options)
        self.attach()

    def attach(self) -> None:
        """Gets to know the stack as it runs."""
        self.env = self.read_env()
        self.note_pids()

    def tool(self, *arguments: str) -> str:
        """lockboxctl as the databases' superuser; what it prints."""
        urls = {name: self.env[name.replace("DATABASE", "SUPERUSER")]
                for name in ("LOCKBOX_DATABASE_URL", "LOCKBOX_AUDIT_DATABASE_URL")}
        done = subprocess.run([BINARIES / "lockboxctl", *arguments], capture_output=True, text=True,
                              env=self.worker_environment(**urls))
        if done.returncode != 0:
            raise RuntimeError(f"lockboxctl {shlex.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def down(self, *parts: str) -> None:
        self.dev("down", *(["--only", ",".join(parts)] if parts else []), check=False)
        self.note_pids()

    def wipe(self) -> None:
        self.dev("down", "--wipe", check=False)

    def read_env(self) -> dict[str, str]:
        lines = self.dev("env").stdout.splitlines()
        return dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))

    def status(self) -> dict[str, dict]:
        done = self.dev("status", "-o", "json", check=False)
        return {row["name"]: row for row in json.loads(done.stdout)}

    @property
    def cluster(self) -> dict:
        """Its cluster, as the authorizer knows it."""
        return json.loads(Path(self.env["LOCKBOX_CLUSTERS_FILE"]).read_text())["clusters"][0]

    @property
    def kubernetes(self) -> Path:
        """Where kubectl is."""
        return Path(json.loads((self.directory / "stack.json").read_text())["kubernetes"])

    def note_pids(self) -> None:
        """From now on these are the processes: one that dies after this has crashed, unless a test says so."""
        self.pids = {name: row["pid"] for name, row in self.status().items() if row["pid"]}

    def crashed(self) -> list[str]:
        return [f"{name} (pid {pid})" for name, pid in self.pids.items() if not is_alive(pid)]

    def signal(self, name: str, number: signal.Signals) -> int:
        """To the process of that name, by its pid."""
        pid = self.pids[name]
        os.kill(pid, number)
        return pid

    def kill(self, name: str) -> None:
        """SIGKILL; the supervisor starts it again."""
        pid = self.signal(name, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), f"{name} is dead")
        del self.pids[name]

    def await_ready(self, *names: str, seconds: float = 60) -> None:
        """Waits until these, or all, are ready again, and notes their pids."""
        late: dict[str, str] = {}

        def ready() -> bool:
            rows = self.status()
            late.clear()
            late.update({name: rows[name]["reason"] for name in names or rows if not rows[name]["ready"]})
            return not late
        try:
            wait_until(ready, f"{', '.join(names) or 'all'} ready again", seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}, not {late}") from None
        self.note_pids()

    def metrics(self, worker: str) -> dict[str, float]:
        """Its metrics by name, without labels."""
        with urllib.request.urlopen(f"http://{self.env[f'LOCKBOX_HTTP_{worker.upper()}']}/metrics", timeout=5) as page:
            lines = [line.rsplit(" ", 1) for line in page.read().decode().splitlines() if not line.startswith("#")]
        return {name.partition("{")[0]: float(value) for name, value in lines}

    def ready(self, port: int) -> str:
        """What a worker on that port says on /readyz; empty where none answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.read().decode().strip()
        except OSError:
            return ""

    def log(self, name: str) -> str:
        return (self.directory / "log" / f"{name}.log").read_text(errors="replace")

    def worker_environment(self, **settings: str) -> dict[str, str]:
        """For one more worker beside those of the stack."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("LOCKBOX_")}
        theirs = {name: value for name, value in self.env.items() if not name.startswith("LOCKBOX_HTTP_")}
        return {**mine, **theirs, "LOCKBOX_AUDIT_DATABASE_URL": self.audit_writer_url, **settings}

    @property
    def audit_writer_url(self) -> str:
        """The audit store, by the worker's login."""
        return as_role(self.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_audit_writer")

    def kafka(self, principal: str = "") -> str | dict[str, str]:
        """For clients: the address, or all it takes where the stack is a secure one, as whoever `./dev env` is, or
        as another principal."""
        address = self.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
        if "LOCKBOX_KAFKA_SECURITY_PROTOCOL" not in self.env:
            return address
        secret = Path(self.env["LOCKBOX_KAFKA_SASL_PASSWORD_FILE"])
        name = principal or self.env["LOCKBOX_KAFKA_SASL_USERNAME"]
        return {"bootstrap.servers": address, "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
                "ssl.ca.location": self.env["LOCKBOX_KAFKA_SSL_CA_LOCATION"], "sasl.username": name,
                "sasl.password": secret.with_name(f"{name}_password").read_text()}

    def own_role(self, worker: str) -> dict[str, str]:
        return {"LOCKBOX_DATABASE_URL": as_role(self.env["LOCKBOX_DATABASE_URL"], f"lockbox_{worker}")}

    def spawn(self, worker: str, instance: str, **settings: str) -> subprocess.Popen:
        """One more instance, our own child; its log stands beside the others'."""
        with (self.directory / "log" / f"{worker}-{instance}.log").open("ab") as log:
            return subprocess.Popen([BINARIES / worker], stdout=log, stderr=log,
                                    env=self.worker_environment(**{"LOCKBOX_INSTANCE": instance, **self.own_role(worker), **settings}))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def is_alive(pid: int) -> bool:
    return state_of(pid) not in ("", "Z")


def state_of(pid: int) -> str:
    """R, S, T (stopped), Z, …; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
