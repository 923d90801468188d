"""A stack whose PostgreSQL writes a logical log, and a Kafka Connect worker beside it with Debezium's connector."""
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.debian import POSTGRES, java  # noqa: E402
from support.group import system  # noqa: E402, F401
from support.scenario import Tenant  # noqa: E402
from support.stack import REPOSITORY, Stack, free_port  # noqa: E402
from support.waiting import wait_until  # noqa: E402

DEPLOY = REPOSITORY / "deploy/debezium"
SECONDS = 60  # a JVM that scans its jars, and a snapshot
WORKER = """\
bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:{port}
offset.storage.file.filename={directory}/offsets
offset.flush.interval.ms=500
plugin.discovery=service_load
plugin.path={jars}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
config.providers=env
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.providers.env.param.allowlist.pattern=LOCKBOX_DEBEZIUM_.*
"""


class Connect:
    """A standalone worker, and in it the connector of deploy/debezium/outbox.json, untouched."""

    def __init__(self, stack: Stack, directory: Path):
        self.directory, self.port = directory, free_port()
        self.jars = os.environ["LOCKBOX_DEV_CONNECT_JARS"]
        self.properties = directory / "worker.properties"
        self.properties.write_text(WORKER.format(bootstrap=stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], port=self.port,
                                                 directory=directory, jars=self.jars))
        database = urlsplit(stack.env["LOCKBOX_DATABASE_URL"])
        self.environment = {**os.environ, "LOCKBOX_DEBEZIUM_HOST": database.hostname,
                            "LOCKBOX_DEBEZIUM_PORT": str(database.port), "LOCKBOX_DEBEZIUM_PASSWORD": "unused"}
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [java(), "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                   "-cp", f"{self.jars}/*", "org.apache.kafka.connect.cli.ConnectStandalone", str(self.properties)]
        with (self.directory / "connect.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)
        wait_until(lambda: self.call("GET", "/connectors") is not None, "Kafka Connect answers", SECONDS, every=0.2)
        self.call("PUT", "/connectors/lockbox-outbox/config", json.loads((DEPLOY / "outbox.json").read_text()))
        wait_until(lambda: self.states() == ["RUNNING", "RUNNING"], "the connector and its task run", SECONDS, every=0.2)

    def call(self, method: str, path: str, body: dict | None = None):
        assert self.process.poll() is None, self.log()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode() if body else None,
                                         method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            assert error.code in (404, 409), error.read()
            return None
        except (ConnectionError, urllib.error.URLError):
            return None

    def states(self) -> list[str]:
        status = self.call("GET", "/connectors/lockbox-outbox/status") or {"connector": {"state": "none"}, "tasks": []}
        failed = [task["trace"] for task in status["tasks"] if task["state"] == "FAILED"]
        assert failed == [], failed[0]
        return [status["connector"]["state"], *(task["state"] for task in status["tasks"])]

    def log(self) -> str:
        return (self.directory / "connect.log").read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def psql(stack: Stack, *arguments: str) -> str:
    done = subprocess.run([POSTGRES / "psql", stack.env["LOCKBOX_SUPERUSER_URL"], "-qtAX", "-v",
                           "ON_ERROR_STOP=1", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("debezium"))
    stack.up()
    psql(stack, "-c", "ALTER SYSTEM SET wal_level = logical")
    stack.down("postgres")
    stack.up()
    for _ in range(2):  # again does nothing
        psql(stack, "-f", str(DEPLOY / "setup.sql"))
    yield stack
    stack.wipe()


@pytest.fixture(scope="session")
def published(system):  # noqa: F811
    """A tenant, whose events the relay published while it was there."""
    return Tenant(system)


@pytest.fixture(scope="session")
def connect(stack, system, published, tmp_path_factory):  # noqa: F811
    """In the relay's place. What the relay left unpublished, Debezium finds when it starts."""
    stack.down("relay")
    connect = Connect(stack, tmp_path_factory.mktemp("connect"))
    connect.left = published.ticket()
    connect.left_wish = connect.left.publish("access.requested", **connect.left.wish())
    wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL"),
               "an event waits in the outbox")
    connect.start()
    yield connect
    connect.kill()
