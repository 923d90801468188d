"""Two PostgreSQL servers, the second a synchronous standby that is promoted: what was decided stands, and work goes on."""
from support.scenario import Tenant
from support.waiting import wait_until
from world import World

SECONDS = 240


def test_a_promoted_synchronous_standby_has_all_that_was_decided(place):
    world = World(place, brokers=1, instances=1)
    try:
        world.up()
        system = world.system()
        tenant = Tenant(system)
        granted, revoked, asked = tenant.request(), tenant.request(), tenant.request()
        granted.approve()
        revoked.approve()
        assert revoked.decide("revoke") == "applied"

        world.databases.promote(loses=False)
        wait_until(lambda: not world.not_ready(), "all workers are ready again", SECONDS)
        assert granted.check().allowed
        assert not revoked.check().allowed
        asked.approve()
        tenant.request().approve()
        assert system.lockbox.value("SELECT count(*) FROM lockbox.set_back") == 0

        world.databases.make_standby()
        world.databases.synchronous(True)
        wait_until(world.databases.streams, "the new standby streams", SECONDS)
        tenant.request().approve()
        system.close()
    finally:
        world.close()
