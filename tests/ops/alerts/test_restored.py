"""As tests/ops/alerts/test_alerts.py, with a database that was restored from an older dump: last, since it forgets what came after."""
from restoring import accept, committed, dump, restore

from support.scenario import Tenant
from support.traffic import await_quiet
from support.waiting import wait_until


def test_a_database_that_was_set_back(system, stack, prometheus):
    granted = Tenant(system).request()
    granted.approve()
    older = dump(system)
    granted.decide("revoke")
    granted.event("revoked")
    await_quiet(system)
    wait_until(lambda: committed(system) and committed(system, "notifier"), "Kafka's committed offsets are the database's")
    restore(system, older)
    assert "older than what it committed" in prometheus.await_alert("LockboxSetBack", 120)
    done = accept(system, "--only", "lockbox")
    assert done.returncode == 0, done.stderr
    stack.await_ready(seconds=120)
