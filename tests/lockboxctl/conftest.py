"""lockboxctl against a whole stack."""
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import pytest_addoption, system, stack, tenant  # noqa: E402, F401
from support.stack import BINARIES  # noqa: E402

PROGRAM = os.environ.get("LOCKBOX_TEST_CTL", str(BINARIES / "lockboxctl"))


def run(*arguments, given: str = "", **settings) -> subprocess.CompletedProcess:
    """lockboxctl with these settings, and none of the caller's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX_", "PG"))}
    return subprocess.run([PROGRAM, *map(str, arguments)], env={**environment, **settings}, input=given,
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
def ctl(stack):  # noqa: F811
    """lockboxctl with the stack's settings, and those given."""
    mine = {name: value for name, value in stack.env.items() if name.startswith("LOCKBOX_")}
    return lambda *arguments, **settings: run(*arguments, **{**mine, **settings})


@pytest.fixture
def watched(stack):  # noqa: F811
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
