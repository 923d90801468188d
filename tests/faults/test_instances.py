"""Two instances of every worker on eight partitions: the same result as one."""
import signal
import urllib.request

import pytest

from support.broker import partitions_of
from support.stack import WORKERS, free_port
from support.traffic import Traffic, complaints_about
from support.waiting import wait_until


@pytest.fixture
def seconds(stack):
    """Worker → the second instance of it."""
    ports = {worker: free_port() for worker in WORKERS}
    children = {worker: stack.spawn(worker, "2", LOCKBOX_INSTANCE="", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}")
                for worker, port in ports.items()}

    def metric(worker: str, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[worker]}/metrics", timeout=5) as page:
            lines = page.read().decode().splitlines()
        [line] = [line for line in lines if line.startswith(f"{name}{{")]
        return float(line.rpartition(" ")[2])

    try:
        wait_until(lambda: all(stack.ready(port) for port in ports.values()), "each listens", 60)
        yield children, metric
    finally:
        for child in children.values():
            child.kill()
            child.wait()


def test_two_instances_of_every_worker_share_the_work(system, seconds):
    children, metric = seconds
    for topic in ("tickets", "tenants", "decisions", "events"):
        assert len(partitions_of(system.bootstrap, f"lockbox.{topic}.v1")) == 8
    consumers = {"requester": 8, "decider": 4, "notifier": 4, "auditor": 24}

    def shared() -> bool:
        return all(metric(worker, "lockbox_partitions") >= half and
                   system.stack.metrics(worker)["lockbox_partitions"] >= half for worker, half in consumers.items())
    wait_until(shared, "the partitions are shared out", 60)
    wait_until(lambda: [row.shards for row in system.lockbox.rows(
        "SELECT count(*) AS shards FROM lockbox.lease WHERE name = 'relay' AND holder IS NOT NULL GROUP BY holder")] == [8, 8],
        "two relays share the shards", 60)
    traffic = Traffic(system, 28, seed=5)
    lives = traffic.finish()
    assert complaints_about(system, lives) == []
    for worker in ("requester", "decider", "notifier", "auditor"):
        assert metric(worker, "lockbox_records_total") > 0, worker
    assert metric("relay", "lockbox_published_total") > 0
    for child in children.values():
        child.send_signal(signal.SIGTERM)
    ended = {worker: child.wait(10) for worker, child in children.items()}
    assert ended == dict.fromkeys(WORKERS, 0), [road.stack.log(f"{worker}-2")[-2000:] for worker in ended if ended[worker]]
