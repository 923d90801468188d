"""Every worker replaced under load, one at a time, as an upgrade does: nobody sees it."""
from support.rolling import ORDER, Load, assert_whole, replace
from support.stack import WORKERS


def test_a_rolling_restart_loses_and_repeats_nothing(road, stack):
    assert sorted(ORDER) == sorted(WORKERS)
    load = Load(road, 7, seed=11)
    for worker in ORDER:
        replace(stack, worker)
        load.go_on()
    assert_whole(road, load.finish())
