"""What goes to another machine is encrypted, unless the operator says that it need not be: no stack needed."""
import subprocess

import pytest

from support.stack import BINARIES

ELSEWHERE = "203.0.113.7"  # of documentation: nobody is there, and nobody is asked
DATABASES = {
    f"postgresql://x@{ELSEWHERE}/lockbox": False,
    f"postgresql://x@127.0.0.1,{ELSEWHERE}/lockbox": False,
    f"postgresql://x@db.example/lockbox?hostaddr={ELSEWHERE}": False,
    f"postgresql://x@{ELSEWHERE}/lockbox?sslmode=require": False,
    f"postgresql://x@{ELSEWHERE}/lockbox?sslmode=verify-full&connect_timeout=2": True,
    "postgresql://x@127.0.0.1:1/lockbox": True,
    "postgresql:///lockbox?host=/nowhere": True,
}
SERVERS = {
    (f"{ELSEWHERE}:9092", "PLAINTEXT"): False,
    (f"127.0.0.1:1,{ELSEWHERE}:9092", "PLAINTEXT"): False,
    (f"PLAINTEXT://{ELSEWHERE}:9092", "sasl_plaintext"): False,
    ("127.0.0.1.evil.example:9092", "PLAINTEXT"): False,
    ("localhost:1,[::1]:1,127.0.0.1:1", "PLAINTEXT"): True,
}


def lockboxctl(*arguments, **settings) -> subprocess.CompletedProcess:
    return subprocess.run([BINARIES / "lockboxctl", *arguments], env=settings, capture_output=True, text=True, timeout=120)


def refused(done: subprocess.CompletedProcess) -> bool:
    return done.returncode == 2 and "LOCKBOX_ALLOW_PLAINTEXT" in done.stderr


@pytest.mark.parametrize("url", DATABASES)
def test_a_database_elsewhere_is_reached_by_tls_alone(url):
    assert refused(lockboxctl("request", "list", LOCKBOX_DATABASE_URL=url)) is not DATABASES[url]


@pytest.mark.parametrize(("servers", "protocol"), SERVERS)
def test_kafka_elsewhere_is_reached_by_tls_alone(servers, protocol):
    done = lockboxctl("topics", "check", LOCKBOX_KAFKA_BOOTSTRAP_SERVERS=servers, LOCKBOX_KAFKA_SECURITY_PROTOCOL=protocol)
    assert ("LOCKBOX_ALLOW_PLAINTEXT" in done.stderr) is not SERVERS[servers, protocol] and done.returncode != 0


def test_the_operator_may_say_that_it_need_not_be():
    done = lockboxctl("request", "list", LOCKBOX_DATABASE_URL=f"postgresql://x@{ELSEWHERE}:1/lockbox?connect_timeout=2", LOCKBOX_ALLOW_PLAINTEXT="yes")
    assert done.returncode == 3
    assert lockboxctl("config", LOCKBOX_ALLOW_PLAINTEXT="maybe").returncode == 2


def test_a_worker_does_not_start(tmp_path):
    """Exit status 2: no waiting mends it."""
    for settings in ({"LOCKBOX_DATABASE_URL": f"postgresql://x@{ELSEWHERE}/lockbox", "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
                     {"LOCKBOX_DATABASE_URL": "postgresql://x@127.0.0.1:1/lockbox", "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": f"{ELSEWHERE}:9092"}):
        done = subprocess.run([BINARIES / "decider"], env=settings, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "LOCKBOX_ALLOW_PLAINTEXT" in done.stderr
