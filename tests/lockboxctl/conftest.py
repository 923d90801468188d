"""lockboxctl against a whole stack of its own (LOCKBOX_TEST_STACK=DIR: against the one of that state directory)."""
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.road import Road  # noqa: E402
from support.scenario import Tenant  # noqa: E402
from support.stack import BINARIES, Stack  # noqa: E402

KEPT = os.environ.get("LOCKBOX_TEST_STACK")
PROGRAM = os.environ.get("LOCKBOX_TEST_CTL", str(BINARIES / "lockboxctl"))


def run(*arguments, **settings) -> subprocess.CompletedProcess:
    """lockboxctl with these settings, and none of the caller's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX_", "PG"))}
    return subprocess.run([PROGRAM, *map(str, arguments)], env={**environment, **settings}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="session")
def bare():
    """lockboxctl without a stack."""
    return run


@pytest.fixture(scope="session")
def pool():
    """For what takes its time, while other tests go on."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture(scope="session", autouse=True)
def without_kafka(pool):
    """What lockboxctl says, and its exit code, where no broker answers; known once it gives up, after ten seconds."""
    commands = [("topics", "check"), ("deny", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--by", "ann,ann@x.example")]
    return {command[0]: pool.submit(run, *command, LOCKBOX_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1") for command in commands}


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    stack = Stack(KEPT or tmp_path_factory.mktemp("lockboxctl"))
    stack.attach() if KEPT else stack.up()
    yield stack
    if not KEPT:
        stack.wipe()


@pytest.fixture(scope="session")
def ctl(stack):
    """lockboxctl with the stack's settings, and those given."""
    mine = {name: value for name, value in stack.env.items() if name.startswith("LOCKBOX_")}
    return lambda *arguments, **settings: run(*arguments, **{**mine, **settings})


@pytest.fixture(scope="session")
def road(stack):
    road = Road(stack)
    yield road
    road.close()


@pytest.fixture(scope="session")
def tenant(road):
    return Tenant(road)


@pytest.fixture
def watched(stack):
    """lockboxctl as a process that goes on, and what it has printed so far."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX_", "PG"))}
    environment |= {name: value for name, value in stack.env.items() if name.startswith("LOCKBOX_")}
    running = []

    def start(*arguments):
        process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, text=True, env=environment)
        lines: list[str] = []
        reader = threading.Thread(target=lambda: [lines.append(line) for line in process.stdout])
        reader.start()
        running.append((process, reader))
        return process, lambda: "".join(lines)
    yield start
    for process, reader in running:
        process.kill()
        process.wait()
        reader.join()
