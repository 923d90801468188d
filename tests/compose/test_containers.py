"""How the containers are shut in, and that they come back."""
import json

import psycopg
import pytest

from composed import (ONCE, WORKERS, await_healthy, compose, container, database_url, execute, health, logs, page,
                      published, run, secret)
from support.scenario import Tenant
from support.waiting import wait_until

LONG_LIVED = ["kafka", "postgres", "mail", *WORKERS, "portal"]
OPERATIONAL = [worker for worker in WORKERS if worker != "auditor"]
PASSWORDS = ["postgres", *OPERATIONAL, "audit_writer", "enforcer", "auditor"]


@pytest.mark.parametrize("worker", WORKERS)
def test_worker_says_that_it_is_ready(worker):
    address = published(worker, 8080)
    assert page(address, "/readyz")[0] == 200
    assert f'lockbox_ready{{worker="{worker}"}} 1\n' in page(address, "/metrics")[1].decode()


@pytest.mark.parametrize("service", [*LONG_LIVED, *ONCE])
def test_container_may_little(service):
    host = container(service)["HostConfig"]
    assert host["CapDrop"] == ["ALL"] and not host["CapAdd"] and not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["ReadonlyRootfs"] == (service != "kafka")
    assert (host["RestartPolicy"]["Name"] == "unless-stopped") == (service in LONG_LIVED)


@pytest.mark.parametrize("service", LONG_LIVED)
def test_process_is_not_root(service):
    status = execute(service, "cat", "/proc/1/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split()
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"


@pytest.mark.parametrize("service", LONG_LIVED)
def test_ports_are_on_loopback(service):
    bindings = container(service)["HostConfig"]["PortBindings"]
    assert {binding["HostIp"] for all_of_port in bindings.values() for binding in all_of_port} == {"127.0.0.1"}


def test_no_password_outside_of_the_secrets():
    passwords = [secret(f"{name}_password") for name in PASSWORDS]
    for service in [*LONG_LIVED, *ONCE]:
        seen = json.dumps(container(service)) + logs(service)
        assert not [name for name, password in zip(PASSWORDS, passwords) if password in seen], service


@pytest.mark.parametrize("worker", WORKERS)
def test_worker_holds_its_own_secret_only(worker):
    expected = ["audit_database_url", "checkpoint_key"] if worker == "auditor" else ["database_url"]
    assert sorted(execute(worker, "ls", "/run/secrets").split()) == expected
    role = "lockbox_audit_writer" if worker == "auditor" else f"lockbox_{worker}"
    assert execute(worker, "cat", f"/run/secrets/{expected[0]}").startswith(f"postgresql://{role}:")


def test_portal_holds_its_own_secrets_only():
    assert sorted(execute("portal", "ls", "/run/secrets").split()) == ["auditor_database_url", "portal_oidc_client_secret", "portal_session_key"]
    host, run_as = container("portal")["Config"]["Env"], execute("portal", "id", "-u").strip()
    assert run_as == "10002" and not [it for it in host if it.startswith(("PORTAL_SESSION_KEY=", "PORTAL_OIDC_CLIENT_SECRET="))]


def test_role_without_its_password_stays_outside():
    for role in ("lockbox_worker", "lockbox_relay", "lockbox_enforcer", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(database_url(role, "auditor", "lockbox"))


@pytest.mark.parametrize("role, password_of, other", [*((f"lockbox_{worker}", worker, "audit")
                                                        for worker in OPERATIONAL),
                                                      ("lockbox_enforcer", "enforcer", "audit"),
                                                      ("lockbox_audit_writer", "audit_writer", "lockbox"),
                                                      ("lockbox_auditor", "auditor", "lockbox")])
def test_role_of_one_database_cannot_enter_the_other(role, password_of, other):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database_url(role, password_of, other))


def test_the_image_holds_no_compiler_and_no_headers():
    assert run("docker", "run", "--rm", "--network=none", container("relay")["Image"], "bash", "-c",
               "ls /usr/include; command -v gcc cmake ninja || true").split() == []


def test_not_ready_worker_is_unhealthy_and_says_why():
    check = run("docker", "run", "--rm", "--network=none", container("relay")["Image"], "bash", "-c",
                "relay >/dev/null & until lockbox-ready | grep -v 'no answer'; do sleep 0.1; done")
    assert "waiting" in check


def test_worker_ends_cleanly_and_is_started_again(system):
    before = container("requester")["State"]
    execute("requester", "bash", "-c", "kill -TERM 1")
    wait_until(lambda: container("requester")["RestartCount"] == 1 and health("requester") == "healthy",
               "the requester is back", 60, every=0.5)
    assert container("requester")["State"]["StartedAt"] > before["StartedAt"]
    assert Tenant(system).request().first.kind == "request.created"


def test_up_again_changes_nothing(system):
    request = Tenant(system).request()
    before = {service: container(service)["Id"] for service in LONG_LIVED}
    compose("up", "-d", "--no-build")
    assert {service: container(service)["Id"] for service in LONG_LIVED} == before
    assert [container(service)["State"]["ExitCode"] for service in ONCE] == [0, 0]
    request.approve()
    assert request.check().allowed


def test_state_outlives_the_containers(system):
    request = Tenant(system).request()
    request.approve()
    compose("down")
    compose("up", "-d", "--no-build")
    await_healthy(*LONG_LIVED)
    assert request.check().allowed
    assert request.decide("revoke") == "applied"
    assert not request.check().allowed
