"""Every worker replaced under load, one at a time, as an upgrade does: nobody sees it."""
import signal

from support.stack import WORKERS
from support.traffic import Traffic, complaints_about
from support.waiting import wait_until

ORDER = ["auditor", "notifier", "relay", "expirer", "decider", "requester"]


def test_a_rolling_restart_loses_and_repeats_nothing(road, stack):
    assert sorted(ORDER) == sorted(WORKERS)
    loads = [Traffic(road, 7, seed=11)]
    for worker in ORDER:
        stack.note_pids()
        old = stack.signal(worker, signal.SIGTERM)
        wait_until(lambda: stack.status()[worker]["pid"] not in (old, None), f"{worker} is replaced", 30)
        stack.await_ready(worker)
        if loads[-1].is_over:
            loads.append(Traffic(road, 7, seed=11 + len(loads)))
    lives = [life for load in loads for life in load.finish()]
    assert complaints_about(road, lives) == []
    for worker in ("requester", "decider", "notifier", "auditor"):
        wait_until(lambda: stack.metrics(worker)["lockbox_lag_records"] == 0, f"{worker} has read everything", 60)
    assert road.lockbox.value("SELECT count(*) FROM (SELECT 1 FROM lockbox.access_item GROUP BY request_id, number"
                              " HAVING count(*) > 1) AS twice") == 0
