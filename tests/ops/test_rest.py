"""Workers that have nothing to do, on a stack of their own that nobody asks for anything meanwhile: they sleep."""
import psycopg
import pytest

from support.group import stack_of
from support.scenario import Tenant
from support.stack import WORKERS
from support.system import System
from support.traffic import await_quiet
from support.waiting import wait_until

LOOK_S = 10
# Rounds in that time. A consumer looks for operators' orders, and hears of its partitions, every 5 s; who holds leases keeps them every 3 s; the relay
# looks for late commits and hears of its brokers as often; the auditor has two lanes and a publisher.
MOST = {"expirer": 1, "requester": 5, "decider": 5, "notifier": 5, "relay": 12, "auditor": 13}


@pytest.fixture(scope="module")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory) as stack:
        yield stack


@pytest.fixture
def database(stack):
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as connection:
        yield connection


def now(database) -> float:
    return database.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()[0]


def rounds(stack) -> dict[str, float]:
    return {worker: stack.metrics(worker)["lockbox_rounds_total"] for worker in WORKERS}


def test_a_worker_at_rest_works_as_often_as_its_timers_say(stack, database):
    """However long a window lasts on a loaded machine: it is measured by the database's clock. What is left of the
    start may fill the first windows; one that is quiet has to come."""
    last: dict[str, float] = {}

    def quiet() -> bool:
        began, before = now(database), rounds(stack)
        wait_until(lambda: now(database) > began + 2 * LOOK_S, "two looks are over", every=0.5)
        worked = {worker: count - before[worker] for worker, count in rounds(stack).items()}
        looks = (now(database) - began) / LOOK_S
        last.clear()
        last.update({worker: count for worker, count in worked.items() if count > looks * MOST[worker] + 1})
        return not last
    try:
        wait_until(quiet, "every worker rests", 70)
    except TimeoutError:
        assert last == {}


def test_the_mark_rises_while_nothing_happens(stack, database):
    """And so the expirer has looked at the clock: it never sleeps for longer than a minute, though nothing is due for days."""
    def mark():
        return database.execute("SELECT at FROM lockbox.clock_mark").fetchone()[0]
    system = System(stack)
    Tenant(system).request()
    await_quiet(system)
    system.close()
    before = mark()
    wait_until(lambda: mark() > before, "the mark rises", 90)
