"""A stack of which a partition breaks now and then: its clients take no more than a megabyte at once."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import pytest_addoption, pytest_ignore_collect, stack_of, system  # noqa: E402, F401
from support.sql import Database, as_role  # noqa: E402
from support.stack import BINARIES  # noqa: E402


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_KAFKA_FETCH_MAX_BYTES="1000000",
                  LOCKBOX_KAFKA_RECEIVE_MESSAGE_MAX_BYTES="1001000") as stack:
        yield stack


@pytest.fixture(scope="session")
def ctl(stack):
    """lockboxctl by an operator's login, or by those given."""
    admin = Database(stack.env["LOCKBOX_SUPERUSER_URL"])
    admin.rows("CREATE ROLE jonas LOGIN IN ROLE lockbox_operator, lockbox_audit_operator")
    admin.close()
    env = {name: value for name, value in stack.env.items() if name.startswith("LOCKBOX_")}
    operator = {"LOCKBOX_DATABASE_URL": as_role(env["LOCKBOX_DATABASE_URL"], "jonas"),
                "LOCKBOX_AUDIT_DATABASE_URL": as_role(env["LOCKBOX_AUDIT_DATABASE_URL"], "jonas")}
    caller = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX_", "PG"))}

    def run(*arguments, **settings) -> subprocess.CompletedProcess:
        return subprocess.run([BINARIES / "lockboxctl", *map(str, arguments)], env={**caller, **env, **operator, **settings},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return run
