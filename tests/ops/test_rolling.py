"""Every worker replaced under load, one at a time, as an upgrade does: nobody sees it."""
from support.rolling import ORDER, Load, assert_whole, replace
from support.stack import WORKERS


def test_a_rolling_restart_loses_and_repeats_nothing(system, stack):
    assert sorted(ORDER) == sorted(WORKERS)
    load = Load(system, 7, seed=11)
    for worker in ORDER:
        replace(stack, worker)
        load.go_on()
    assert_whole(system, load.finish())
