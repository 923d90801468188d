"""The primary is lost, and its synchronous standby takes its place: nothing that was told is lost, and nobody halts. What an asynchronous
one loses, and how it is derived again, is tests/nemesis/campaign/test_lossy_promotion.py's."""
import time

from faults import Nemesis
from judge import Run, each_input_once, nothing_told_is_lost, one_history_each, owed
from load import Load
from schedule import Schedule
from support.audit import everything_in_kafka
from support.waiting import wait_until
from watch import Watch
from world import World

PATIENCE = 240


def lived(load: Load, since: int) -> int:
    return sum(life.over for life in load.lives[since:])


def test_a_synchronous_standby_takes_over_and_nobody_halts(place):
    world = World(place, brokers=1, instances=1)
    try:
        world.up()
        load = Load(world.system(), 1, per_second=2, people=(3, 2))
        watch = Watch(world, load, 1)
        run = Run(world, load.system, load, watch, Nemesis(world, Schedule(1, 0, ())), time.time())
        load.start()
        watch.start()
        wait_until(lambda: lived(load, 0) >= 10, "some lives are lived", PATIENCE)
        world.databases.promote(loses=False)
        before = len(load.lives)
        wait_until(lambda: lived(load, before) >= 10, "some are lived that began behind it", PATIENCE)
        load.quiet()
        wait_until(lambda: not load.unfinished and not owed(run) and not world.not_ready(), "all is done, and all are ready", PATIENCE, every=1)
        watch.close()
        load.end()
        run.kafka = everything_in_kafka(run.system)
        for invariant in (nothing_told_is_lost, one_history_each, each_input_once):
            assert invariant(run) == [], invariant.__name__
        assert [said for sample in watch.samples for said in sample.ready.values() if "set back" in said] == []
        assert run.system.lockbox.value("SELECT count(*) FROM lockbox.set_back") == 0
        run.system.close()
    finally:
        world.close()
