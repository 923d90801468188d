"""kill -9 of each worker at random through lifecycles of every kind, PostgreSQL and Kafka restarted once each.

Here a small share of it, by a fixed seed; tests/campaign does it whole.
"""
from support.sabotage import Saboteur
from support.stack import WORKERS
from support.traffic import Traffic, complaints_about
from support.waiting import wait_until


def test_kills_change_nothing_that_anybody_sees(system):
    traffic = Traffic(system, 20, seed=3)
    saboteur = Saboteur(system.stack, seed=3, servers_after=3)
    saboteur.start()
    wanted = {*WORKERS, "postgres", "kafka"}
    wait_until(lambda: traffic.is_over and wanted <= saboteur.deeds.keys() or saboteur.error, "traffic and sabotage", 400)
    deeds = saboteur.finish()
    system.stack.up()
    lives = traffic.finish()
    assert len(lives) == 20 and wanted <= deeds.keys()
    assert complaints_about(system, lives) == []
