"""The primary is lost, and its standby has not received everything: what was acknowledged is lost, it is said, nothing is allowed
meanwhile, and an operator derives it again."""
import re
import time

from faults import Nemesis
from judge import Run, each_input_once, nothing_told_is_lost, one_history_each, owed
from load import Load
from schedule import Schedule
from support.audit import everything_in_kafka
from support.waiting import stays, wait_until
from watch import Watch
from world import World

PATIENCE = 240
OPERATOR = ("--by", "2c1f,jonas@lockbox.example,Jonas", "--reason", "the primary is lost")


def lives_are_over(load: Load) -> bool:
    return not load.unfinished


def says_so(world: World, *kinds: str) -> bool:
    said = {worker.kind: worker.ready() for worker in world.workers.values()}
    return all("set back" in said[kind] for kind in kinds)


def lose_the_primary(run: Run) -> None:
    """What is committed from here on is on the primary alone, and told."""
    databases = run.world.databases
    databases.synchronous(False)
    databases.links[databases.primary, "standby"].set("stall")
    before = len(run.load.lives)
    wait_until(lambda: sum(life.over for life in run.load.lives[before:]) >= 10, "some lives are lived that the standby does not hear of", PATIENCE)
    run.load.quiet()
    wait_until(lambda: lives_are_over(run.load), "all lives are over", PATIENCE)
    stays(lambda: True, 3)  # Kafka hears of offsets each second
    databases.promote(loses=True)


def test_what_a_promotion_lost_is_said_and_derived_again(place):
    world = World(place(), brokers=1, instances=1)
    try:
        world.up()
        load = Load(world.system(), 1, per_second=2, people=(3, 2))
        watch = Watch(world, load, 1)
        run = Run(world, load.system, load, watch, Nemesis(world, Schedule(1, 0, ())), time.time())
        load.start()
        watch.start()
        wait_until(lambda: sum(life.over for life in load.lives) >= 10, "some lives are lived", PATIENCE)
        lose_the_primary(run)
        wait_until(lambda: says_so(world, "decider", "expirer"), "the decider and the expirer say that the database was set back", PATIENCE)
        run.kafka = everything_in_kafka(run.system)
        assert nothing_told_is_lost(run) != []
        began = time.time()
        wait_until(lambda: len([it for it in watch.answers if it.asked > began]) >= 20, "access is asked for", PATIENCE)
        assert {(it.allowed, it.reason) for it in watch.answers if it.asked > began} == {(False, "set_back")}

        world.hold("requester", "decider", "expirer")
        derived = world.tool("db", "reconcile", fails=True)
        # What time did comes again once the expirer runs.
        assert [it for it in re.findall(r"lockbox\.request\.\w+\.v1", derived) if it != "lockbox.request.completed.v1"] == [], derived
        world.let_go("requester", "decider", "expirer")
        world.tool("offsets", "accept", "--only", "audit", *OPERATOR)
        wait_until(lambda: not owed(run) and not world.not_ready(), "all is done, and all are ready", PATIENCE, every=1)
        watch.close()
        load.end()
        for invariant in (nothing_told_is_lost, one_history_each, each_input_once):
            assert invariant(run) == [], invariant.__name__
        run.system.close()
    finally:
        world.close()
