"""Several instances of the portal on one PostgreSQL database: each record is read once, and each shows what the others read and sent."""
import json
import urllib.parse
import uuid
from pathlib import Path

import psycopg
import pytest

from support.portal import Portal
from support.scenario import Tenant
from support.waiting import wait_until
from visitor import Visitor


@pytest.fixture(scope="module")
def database(stack):
    """A database of the portal's own; its URL as PostgreSQL writes it."""
    name, superuser = f"portal_{uuid.uuid4().hex[:8]}", stack.env["LOCKBOX_SUPERUSER_URL"]
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield urllib.parse.urlsplit(superuser)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def instances(stack, database, tmp_path_factory):
    bootstrap = stack.worker_environment()["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
    started = [Portal(bootstrap, stack.env["PATH"], Path(tmp_path_factory.mktemp("portal")), PORTAL_DATABASE_URL=database) for _ in range(2)]
    yield started
    for portal in started:
        portal.close()


def test_each_shows_what_there_is(system, instances, database):
    tenant = Tenant(system)
    requests = [tenant.request() for _ in range(3)]
    visitors = [Visitor(portal, tenant.owner) for portal in instances]
    for visitor in visitors:
        for request in requests:
            wait_until(lambda: f"/requests/{request.id}" in visitor.page("/"), "the instance shows it")
    with psycopg.connect(database, autocommit=True) as connection:
        for request in requests:
            steps = connection.execute("SELECT version FROM step WHERE request_id = %s ORDER BY 1", [request.id]).fetchall()
            assert [version for [version] in steps] == [record.request["version"] for record in request.events]


def test_what_was_sent_twice_is_one_decision(system, instances):
    """The same page's decision, sent to both: the second says what the first said."""
    tenant = Tenant(system)
    request = tenant.request()
    visitors = [Visitor(portal, tenant.owner) for portal in instances]
    for visitor in visitors:
        wait_until(lambda: f"/requests/{request.id}" in visitor.page("/"), "the instance shows it")
    content = {"event_id": str(uuid.uuid4()), "version": 1, "decision": "deny", "comment": "Not now."}
    assert visitors[0].send(f"/requests/{request.id}/decisions", content) == 202
    assert request.judged(content["event_id"]).data["verdict"] == "applied"
    for visitor in visitors:
        wait_until(lambda: json.loads(visitor.page(f"/sent/{content['event_id']}"))["says"] == "applied", "both have the answer")


def test_one_that_ends_leaves_the_other(system, instances):
    instances[0].close()
    tenant = Tenant(system)
    visitor = Visitor(instances[1], tenant.owner)
    request = tenant.request()
    wait_until(lambda: f"/requests/{request.id}" in visitor.page("/"), "the other reads on")
