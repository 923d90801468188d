"""kubectl while a server or the authorizer is killed, hangs and is slow: refused or answered rightly, never allowed wrongly; and afterwards all that
was carried out is recorded."""
import signal
import threading
import time

import pytest

from support.cluster import PREFIX
from support.waiting import be_slow, wait_until
from test_audit import own_log
from test_road import GET_PODS, PODS

SECONDS = 6  # of a fault
PARTS = ["postgres", "kafka", "authorizer"]


class Load:
    """Two engineers with kubectl at the same time, one without any grant, until the fault is over."""

    def __init__(self, cluster, customer):
        self.granted, self.stranger = cluster.engineer(), cluster.engineer()
        self.granted.granted(customer, PODS)
        self.over, self.wrong = threading.Event(), []
        self.threads = [threading.Thread(target=self.ask, args=(it,)) for it in (self.granted, self.stranger)]

    def ask(self, engineer) -> None:
        while not self.over.is_set():
            done = engineer.kubectl(*GET_PODS, seconds=300)
            if done.returncode == 0 and (engineer is self.stranger or done.stdout.split() != self.expected):
                self.wrong.append((engineer.person.id, done.stdout))

    def __enter__(self):
        self.expected = self.granted.kubectl.must(*GET_PODS).split()
        for it in self.threads:
            it.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for it in self.threads:
            it.join()


def kill(stack, part: str) -> None:
    stack.kill(part)
    be_slow(SECONDS)  # what is asked meanwhile is the test
    stack.await_ready(seconds=120)


def hang(stack, part: str) -> None:
    stack.signal(part, signal.SIGSTOP)
    be_slow(SECONDS)
    stack.signal(part, signal.SIGCONT)


def slow(stack, part: str) -> None:
    """It runs for one part of the time in three."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        stack.signal(part, signal.SIGSTOP)
        be_slow(0.2)
        stack.signal(part, signal.SIGCONT)
        be_slow(0.1)


@pytest.mark.parametrize("fault", [kill, hang, slow])
@pytest.mark.parametrize("part", PARTS)
def test_a_fault_allows_nothing(system, cluster, customer, part, fault):
    with Load(cluster, customer) as load:
        fault(system.stack, part)
    assert load.wrong == []
    wait_until(lambda: load.granted.kubectl(*GET_PODS).returncode == 0, "the engineer is answered again", 120)
    assert load.stranger.kubectl(*GET_PODS).returncode != 0


def carried_out(system) -> dict[str, str]:
    """auditID → engineer, of the requests that the API server's own log says were answered."""
    return own_log(system, lambda event: event["responseStatus"]["code"] < 400)


def test_all_that_was_carried_out_is_recorded(system, cluster, customer):
    """Also what was carried out during these faults."""
    def missing():
        rows = system.audit.rows("SELECT audit_id, engineer_id FROM audit.access WHERE audit_id IS NOT NULL")
        return carried_out(system).items() - {(row.audit_id, row.engineer_id) for row in rows}

    assert carried_out(system) and all(not it.startswith(PREFIX) for it in carried_out(system).values())
    wait_until(lambda: not missing(), "every request that was carried out is recorded", 120)
    twice = system.audit.rows("SELECT audit_id FROM audit.access WHERE audit_id IS NOT NULL GROUP BY audit_id HAVING count(*) > 1")
    assert twice == []
