"""Schedules of ten minutes by forty seeds, one world after the other: hours. A failing one is made shorter where asked for.

    LOCKBOX_DEV_NEMESIS_SEEDS=1-40 LOCKBOX_DEV_NEMESIS_SECONDS=600 LOCKBOX_DEV_NEMESIS_SHRINK=1 ./dev test nemesis/campaign

    LOCKBOX_DEV_NEMESIS_SCHEDULE=FILE ./dev pytest tests/nemesis/campaign    one schedule that a failure printed
"""
import os

import pytest

from runs import perform, read_schedule, shorter
from schedule import by_seed

FIRST, _, LAST = os.environ.get("LOCKBOX_DEV_NEMESIS_SEEDS", "1-40").partition("-")
SECONDS = float(os.environ.get("LOCKBOX_DEV_NEMESIS_SECONDS", "600"))
GIVEN = os.environ.get("LOCKBOX_DEV_NEMESIS_SCHEDULE", "")
SHRINKS = os.environ.get("LOCKBOX_DEV_NEMESIS_SHRINK", "") == "1"


def schedules() -> list:
    given = [read_schedule(GIVEN)] if GIVEN else []
    return given or [by_seed(seed, SECONDS) for seed in range(int(FIRST), int(LAST or FIRST) + 1)]


@pytest.mark.parametrize("schedule", schedules(), ids=lambda it: f"seed-{it.seed}")
def test_what_is_broken_loses_nothing(place, schedule):
    print(schedule)
    verdict = perform(place(), schedule)
    print(verdict)
    if verdict.found and SHRINKS:
        wanted = set(verdict.found)
        short = shorter(schedule, lambda it: bool(wanted & set(perform(place(), it).found)))
        print(f"the shortest that still fails:\n{short}\n{short.to_json()}")
    assert verdict.found == {}, str(verdict)
