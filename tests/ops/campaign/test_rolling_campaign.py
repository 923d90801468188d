"""What ../test_rolling.py does in small, whole: two instances of every worker, each replaced again and again under load.

    LOCKBOX_DEV_CAMPAIGN_ROUNDS=20 LOCKBOX_DEV_CAMPAIGN_SEED=7 ./dev test ops/campaign
"""
import os
import secrets
import time

import pytest

from support.rolling import ORDER, Load, Second, assert_whole, replace, sent_twice

ROUNDS = int(os.environ.get("LOCKBOX_DEV_CAMPAIGN_ROUNDS", "10"))
SEED = int(os.environ.get("LOCKBOX_DEV_CAMPAIGN_SEED", secrets.randbelow(1_000_000)))


@pytest.fixture
def seconds(stack):
    seconds = {worker: Second(stack, worker) for worker in ORDER}
    yield seconds
    for second in seconds.values():
        second.process.kill()
        second.process.wait()


def test_rolling_restarts_lose_and_repeat_nothing(system, stack, seconds, capsys):
    with capsys.disabled():
        print(f"seed {SEED}, {ROUNDS} rounds")
    load, began_at, restarts = Load(system, 28, SEED), time.monotonic(), 0
    for _ in range(ROUNDS):
        for worker in ORDER:
            replace(stack, worker)
            load.go_on()
            seconds[worker].replace()
            load.go_on()
            restarts += 2
    lives = load.finish()
    with capsys.disabled():
        print(f"{restarts} restarts, {len(lives)} lifecycles, {len(system.events.records)} events in "
              f"{time.monotonic() - began_at:.0f} s; came twice: {sent_twice(system)}")
    assert_whole(system, lives)
    assert sent_twice(system) == {"events": 0, "mails": 0}
    for second in seconds.values():
        second.stop()
