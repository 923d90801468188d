"""What groups of tests over one stack share: each group's conftest.py takes what it wants, and says what stack it is.

    pytest tests/GROUP --stack DIR    uses the stack of that state directory, and leaves it running
"""
from contextlib import contextmanager

import pytest

from .system import System
from .scenario import Tenant
from .stack import REPOSITORY, Stack

GROUPS = [line.split()[0] for line in (REPOSITORY / "tests/groups.txt").read_text().splitlines() if line[:1].isalpha()]


def pytest_ignore_collect(collection_path, config):
    """A folder that is a group of its own, within another's, runs where it is named: see tests/groups.txt."""
    name = str(collection_path.relative_to(REPOSITORY / "tests")) if collection_path.is_relative_to(REPOSITORY / "tests") else ""
    is_within = "/" in name and name in GROUPS
    return True if is_within and not any(collection_path.name in argument for argument in config.args) else None


def pytest_addoption(parser):
    try:
        parser.addoption("--stack", help="the state directory of a stack to use and to leave running")
    except ValueError:
        pass  # the folder above has it


@contextmanager
def stack_of(request, tmp_path_factory, *parts: str, options: tuple[str, ...] = (), **settings: str):
    """That of --stack as it runs, with these settings if there are any; or one of our own, of these parts or all."""
    kept = request.config.getoption("--stack")
    stack = Stack(kept or tmp_path_factory.mktemp("stack"), **settings)
    try:
        if kept and not settings:
            stack.attach()
        else:
            stack.up(*parts, options=options)
        yield stack
    finally:
        if not kept:
            stack.wipe()


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    """A whole one by the settings that ./dev up chooses."""
    with stack_of(request, tmp_path_factory) as stack:
        yield stack


@pytest.fixture(scope="session")
def system(stack):
    system = System(stack)
    yield system
    system.close()


@pytest.fixture(autouse=True)
def nothing_untoward(system):
    """Whatever a test is about: what Lockbox published meanwhile fits the schemas, and no worker died of itself."""
    before = len(system.events.complaints)
    yield
    assert system.events.complaints[before:] == []
    assert system.stack.crashed() == []


@pytest.fixture(scope="session")
def tenant(system):
    """One that any test may ask for access, but that no test changes."""
    return Tenant(system)
