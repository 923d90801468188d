"""A short schedule of faults, under load, and what must be true of it during and after. Another seed, longer, or a given schedule:

    LOCKBOX_DEV_NEMESIS_SEED=7 LOCKBOX_DEV_NEMESIS_SECONDS=120 ./dev pytest tests/nemesis/test_nemesis.py -s
    LOCKBOX_DEV_NEMESIS_SCHEDULE=FILE ./dev pytest tests/nemesis/test_nemesis.py -s
"""
import os

from judge import Limits
from runs import perform, read_schedule
from schedule import Schedule, by_seed

SEED = int(os.environ.get("LOCKBOX_DEV_NEMESIS_SEED", "0"))
SECONDS = float(os.environ.get("LOCKBOX_DEV_NEMESIS_SECONDS", "60"))
GIVEN = os.environ.get("LOCKBOX_DEV_NEMESIS_SCHEDULE", "")


def chosen() -> Schedule:
    if GIVEN:
        return read_schedule(GIVEN)
    # Workers killed, ended and stopped, a broker killed, a link and all of a worker's slow, the clock an hour ahead.
    return by_seed(SEED, SECONDS) if SEED else by_seed(2572, 40, pause=(3, 7), longest=12)


def test_what_is_broken_by_a_seed_loses_nothing(place):
    schedule = chosen()
    print(schedule)
    verdict = perform(place(), schedule, people=(8, 4), limits=Limits(drained=150, stands_still=45, term=30, others=30))
    print(verdict)
    assert verdict.found == {}, str(verdict)
