"""./dev up, down, status and env, over Kafka, PostgreSQL and the SMTP receiver; other groups test the workers."""
import json
import os
import signal
import smtplib
import socket
import subprocess
from pathlib import Path

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from support.waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
SERVERS = "kafka,postgres,smtp"


class Stack:
    def __init__(self, directory: Path):
        self.directory = directory

    def dev(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("LOCKBOX_")}
        return subprocess.run([REPOSITORY / "dev", *arguments], capture_output=True, text=True,
                              env={**mine, "LOCKBOX_DEV_DIR": str(self.directory), **settings})

    def up(self) -> None:
        done = self.dev("up", "--only", SERVERS)
        assert done.returncode == 0, done.stderr

    def pids(self) -> dict[str, int]:
        """The processes that are ready."""
        rows = json.loads(self.dev("status", "-o", "json").stdout)
        return {row["name"]: row["pid"] for row in rows if row["ready"]}

    def env(self) -> dict[str, str]:
        """What a shell holds that has evaluated ./dev env."""
        script = f'eval "$({REPOSITORY}/dev env)"; env -0'
        shell = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True,
                               env={**os.environ, "LOCKBOX_DEV_DIR": str(self.directory)})
        return dict(line.split("=", 1) for line in shell.stdout.split("\0") if line)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("stack"))
    stack.up()
    yield stack
    stack.dev("down", "--wipe")


def test_a_reader_may_leave_early(stack):
    """As head does."""
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {REPOSITORY}/dev status | true; {REPOSITORY}/dev env | true"],
                          env={**os.environ, "LOCKBOX_DEV_DIR": str(stack.directory)}, capture_output=True, text=True)
    assert done.stderr == ""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_status_shows_the_programs_themselves(stack):
    programs = {name: os.path.basename(os.readlink(f"/proc/{pid}/exe")) for name, pid in stack.pids().items()}
    assert programs == {"kafka": "java", "postgres": "postgres", "smtp": Path("/usr/bin/python3").resolve().name}


def test_status_fails_while_a_process_is_missing(stack):
    assert stack.dev("status").returncode == 1


def test_up_again_changes_nothing(stack):
    before = stack.pids()
    stack.up()
    assert stack.pids() == before


def test_up_revives_what_was_killed(stack):
    before = stack.pids()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    stack.up()
    after = stack.pids()
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_up_starts_what_was_stopped(stack):
    stack.dev("down", "--only", "smtp")
    assert "smtp" not in stack.pids()
    stack.up()
    assert "smtp" in stack.pids()


def test_env_leads_to_the_servers(stack):
    env = stack.env()
    AdminClient({"bootstrap.servers": env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]}).list_topics(timeout=10)
    for url, database in (("LOCKBOX_SUPERUSER_URL", "lockbox"), ("LOCKBOX_AUDIT_SUPERUSER_URL", "audit")):
        with psycopg.connect(env[url]) as connection:
            assert connection.execute("SELECT current_database(), current_setting('fsync')").fetchone() == (database, "on")
    assert env["LOCKBOX_AUDIT_DATABASE_URL"].startswith("postgresql://lockbox_auditor@")  # who asks it, and not the worker that writes it
    host, port = env["LOCKBOX_SMTP_URL"].removeprefix("smtp://").removesuffix("?tls=off").split(":")
    with smtplib.SMTP(host, int(port)) as client:
        client.sendmail("from@lockbox.example", ["to@customer.example"], "Subject: hello\r\n\r\nhello\r\n")
    [message] = Path(env["LOCKBOX_MAILDIR"], "new").iterdir()
    assert "X-RcptTo: to@customer.example" in message.read_text()
    assert env["PATH"].startswith(f"{REPOSITORY}/build/release/bin:")


def test_a_second_stack_stands_beside_it_even_in_a_shell_of_the_first(stack, tmp_path):
    first = stack.env()
    second = Stack(tmp_path)
    done = second.dev("up", "--only", "postgres", **{**first, "LOCKBOX_DEV_DIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert second.env()["LOCKBOX_DATABASE_URL"] != first["LOCKBOX_DATABASE_URL"]
    assert second.dev("down", "--wipe").returncode == 0
    assert not tmp_path.exists()
    assert len(stack.pids()) == 3


def test_a_port_that_was_taken_meanwhile_is_picked_anew_and_the_data_stays(stack):
    before = stack.env()
    with psycopg.connect(before["LOCKBOX_SUPERUSER_URL"]) as connection:
        connection.execute("CREATE TABLE kept ()")
    stack.dev("down")
    port = int(before["LOCKBOX_SUPERUSER_URL"].rpartition(":")[2].split("/")[0])
    with socket.create_server(("127.0.0.1", port)):
        stack.up()
    after = stack.env()
    assert after["LOCKBOX_SUPERUSER_URL"] != before["LOCKBOX_SUPERUSER_URL"]
    assert after["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"] == before["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
    with psycopg.connect(after["LOCKBOX_SUPERUSER_URL"]) as connection:
        connection.execute("TABLE kept")


def test_nobody_outlives_a_killed_supervisor(stack):
    pids = stack.pids().values()
    os.kill(int(Path(stack.directory, "run/supervisord.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)), "nothing is left")
    stack.up()


def test_down_stops_everything_and_may_be_said_twice(stack):
    pids = stack.pids().values()
    for _ in range(2):
        assert stack.dev("down").returncode == 0
    assert not [pid for pid in pids if is_alive(pid)]
    gone = stack.dev("env")
    assert (gone.returncode, gone.stdout) == (1, "")


def test_a_directory_of_somebody_elses_is_neither_used_nor_removed(tmp_path):
    (tmp_path / "theirs").touch()
    for arguments in (["up", "--only", "smtp"], ["down", "--wipe"]):
        assert Stack(tmp_path).dev(*arguments).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_an_unknown_command_is_a_usage_error(tmp_path):
    assert Stack(tmp_path).dev("upp").returncode == 2
