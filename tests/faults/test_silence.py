"""PostgreSQL that is there and does not answer: nobody hangs with it, and TERM ends everyone."""
import ctypes
import os
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import psycopg
import pytest
from confluent_kafka import Producer

from support.broker import client
from support.events import event_in, outgoing
from support.scenario import Tenant
from support.stack import BINARIES, WORKERS, free_port, is_alive, state_of
from support.traffic import await_quiet
from support.waiting import wait_until

CONSUMERS = ("requester", "decider", "notifier", "auditor")
STOPPED = 60  # seconds until the last of them says that it waits: a statement's deadline, and a loaded machine


def processes_of_postgres(system) -> list[int]:
    """The server, and all that it forked."""
    server = system.stack.pids["postgres"]
    return [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]


@contextmanager
def frozen(system):
    """The server and its sessions are stopped, not ended: connections stay open, and nothing comes."""
    pids = processes_of_postgres(system)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: all(state_of(pid) in ("T", "Z", "") for pid in pids), "the server is frozen")
    try:
        yield
    finally:
        for pid in pids:
            if is_alive(pid):
                os.kill(pid, signal.SIGCONT)


def a_commit_waits(system) -> bool:
    """Whether a commit made now waits for a standby. It is cancelled then: committed here alone."""
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as probe, ThreadPoolExecutor(1) as aside:
        commit = aside.submit(probe.execute, "SELECT pg_logical_emit_message(true, 'probe', '')")
        waits = wait_until(lambda: commit.done() or system.lockbox.rows(
            "SELECT pid FROM pg_stat_activity WHERE pid = %s AND wait_event = 'SyncRep'", probe.info.backend_pid),
            "the probe's commit has ended or waits")
        if waits is not True:
            probe.cancel_safe()
        commit.result()
    return waits is not True


@contextmanager
def without_standby(system):
    """Commits wait for a standby that nobody is: from when the server has read its settings again, not from the asking on."""
    change = system.lockbox
    change.rows("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    change.rows("SELECT pg_reload_conf()")
    try:
        wait_until(lambda: a_commit_waits(system), "commits wait for a standby")
        yield
    finally:
        change.rows("ALTER SYSTEM RESET synchronous_standby_names")
        change.rows("SELECT pg_reload_conf()")


def unread(system, client_ports: set[int]) -> bool:
    """Whether the server has not read what came from one of these ports: a statement is under way."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, _, remote, _, queues, *_ = line.split()
        if int(remote.rpartition(":")[2], 16) in client_ports and int(queues.rpartition(":")[2], 16) > 0:
            return True
    return False


def ports_of(system, worker: str) -> set[int]:
    rows = system.lockbox.rows("SELECT client_port FROM pg_stat_activity WHERE application_name = %s", f"lockbox-{worker}")
    return {row.client_port for row in rows}


def terminated(system, workers) -> dict[str, bool]:
    """Whether each ended within ten seconds of TERM."""
    pids = {worker: system.stack.signal(worker, signal.SIGTERM) for worker in workers}
    try:
        wait_until(lambda: not any(is_alive(pid) for pid in pids.values()), "all have ended", 10)
    except TimeoutError:
        pass
    return {worker: not is_alive(pid) for worker, pid in pids.items()}


def not_ready(system, worker: str) -> bool:
    return not system.stack.status()[worker]["ready"]


@pytest.mark.parametrize("worker", ["expirer", "relay", "requester"])
def test_term_ends_who_waits_for_a_frozen_server(system, worker):
    tenant = Tenant(system)
    ports = ports_of(system, worker)
    with frozen(system):
        tenant.publish("lockbox_enabled", by=tenant.admin.principal)
        wait_until(lambda: unread(system, ports), "a statement is under way")
        assert terminated(system, [worker]) == {worker: True}
    system.stack.await_ready()
    tenant.request().approve()


@pytest.mark.parametrize("worker", ["expirer", "relay", "requester"])
def test_a_metric_tells_how_long_a_loop_waits_for_a_frozen_server(system, worker):
    def age() -> float:
        return system.stack.metrics(worker)["lockbox_loop_age_seconds"]
    tenant = Tenant(system)
    ports = ports_of(system, worker)
    wait_until(lambda: age() == 0, "it sleeps until there is work")
    with frozen(system):
        tenant.publish("lockbox_enabled", by=tenant.admin.principal)
        wait_until(lambda: unread(system, ports), "a statement is under way")
        wait_until(lambda: age() > 2, "its step grows old")
        assert system.stack.ready(int(system.stack.env[f"LOCKBOX_HTTP_{worker.upper()}"].rpartition(":")[2]))  # it answers meanwhile
    wait_until(lambda: age() == 0, "it sleeps again")
    system.stack.await_ready()


def says(system, worker: str, what: str) -> bool:
    """What it waits for, and since when."""
    reason = system.stack.status()[worker]["reason"]
    return reason.startswith(what) and "since 20" in reason


def backends_of(system, worker: str) -> set[int]:
    return {row.pid for row in system.lockbox.rows("SELECT pid FROM pg_stat_activity WHERE application_name = %s", f"lockbox-{worker}")}


def test_a_statement_that_is_answered_late_is_cancelled(system):
    """By the worker: the server's own time-outs are switched off. The session goes on, as does the worker."""
    tenant = Tenant(system)
    system.stack.down("requester")
    url = system.stack.own_role("requester")["LOCKBOX_DATABASE_URL"]
    options = quote("-c search_path=lockbox -c timezone=UTC -c datestyle=ISO")
    worker = system.stack.spawn("requester", "late", LOCKBOX_DATABASE_URL=f"{url}{'&' if '?' in url else '?'}options={options}")
    try:
        tenant.request().event("created")
        before = backends_of(system, "requester")
        with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as blocker:
            blocker.execute("LOCK TABLE lockbox.subscription IN ACCESS EXCLUSIVE MODE")
            event = tenant.publish("lockbox_enabled", by=tenant.admin.principal)
            wait_until(lambda: '"sqlstate":"57014"' in system.stack.log("requester-late"), "the statement is cancelled", STOPPED)
        system.caused_by(event, "tenant.changed")
        assert backends_of(system, "requester") == before != set()
        assert '"message":"database connected","generation":2' not in system.stack.log("requester-late")
    finally:
        worker.terminate()
        assert worker.wait(15) == 0


def test_what_waits_for_a_lock_takes_with_it_no_more_than_it_must(system):
    """A lock's time-out fails a whole batch: halved, what stands before the record that waits is done while it waits."""
    free, locked = Tenant(system), Tenant(system)
    before = system.lockbox.value("SELECT count(*) FROM lockbox.quarantine")
    system.stack.down("requester")
    producer = Producer(client(system.bootstrap))
    changes = [event_in("tenant.contacts_set", {"tenant_id": of.id, "subscription_id": of.subscription, "alternate_emails": ["desk@contoso.example"]})
               for of in (free, locked)]
    for record in (outgoing(change, "structured") for change in changes):  # to one partition, in this order
        producer.produce(record.topic, record.value, record.key, 0, headers=list(record.headers))
    assert producer.flush(30) == 0
    refused = system.stack.log("requester").count('"sqlstate":"55P03"')
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as blocker:
        blocker.execute("SELECT 1 FROM lockbox.subscription WHERE tenant_id = %s FOR UPDATE", [locked.id])
        system.stack.dev("up", "--only", "requester", check=False)
        system.caused_by(changes[0].get_id(), "tenant.changed", 90)
        assert system.stack.log("requester").count('"sqlstate":"55P03"') > refused, "both were in one batch"
    system.caused_by(changes[1].get_id(), "tenant.changed", 60)
    system.stack.await_ready()
    assert system.lockbox.value("SELECT count(*) FROM lockbox.quarantine") == before


def healthy(system, worker: str) -> bool:
    with urlopen(f"http://{system.stack.env[f'LOCKBOX_HTTP_{worker.upper()}']}/healthz", timeout=10) as page:  # noqa: S310
        return page.status == 200


def test_everyone_says_that_a_frozen_server_is_waited_for_and_goes_on(system):
    """And nobody is to be restarted for it."""
    tenant = Tenant(system)
    pids = dict(system.stack.pids)
    with frozen(system):
        tenant.publish("lockbox_enabled", by=tenant.admin.principal)
        for worker in ("requester", "expirer", "relay", "auditor"):
            wait_until(lambda: says(system, worker, "waiting for"), f"{worker} is not ready, and says for what and since when", STOPPED)
        assert all(healthy(system, worker) for worker in WORKERS)
    system.stack.await_ready()
    assert {worker: system.stack.pids[worker] for worker in WORKERS} == {worker: pids[worker] for worker in WORKERS}
    tenant.request().approve()


def test_a_commit_that_waits_for_a_standby_is_unknown(system):
    """The session is given up; the partitions are taken again when commits come through, and nothing happens twice."""
    tenant = Tenant(system)
    with without_standby(system):
        event = tenant.publish("lockbox_enabled", by=tenant.admin.principal)
        wait_until(lambda: not_ready(system, "requester"), "the requester is not ready", STOPPED)
    system.stack.await_ready()
    system.caused_by(event, "tenant.changed")
    tenant.request().approve()
    assert len(system.events.where(lambda record: record.cause == event)) == 1


def cancelled_commits(system) -> set[str]:
    """Whose COMMIT was just now cancelled: another's may stand before the one that is looked for."""
    return {row.name for row in system.lockbox.rows("SELECT application_name AS name, pg_cancel_backend(pid) FROM pg_stat_activity"
                                                    " WHERE wait_event = 'SyncRep' AND application_name LIKE 'lockbox-%%'")}


def test_a_commit_that_is_only_local_is_unknown(system):
    """An operator cancels the wait: PostgreSQL warns that it committed here alone, and answers COMMIT all the same."""
    tenant = Tenant(system)
    with without_standby(system):
        event = tenant.publish("lockbox_enabled", by=tenant.admin.principal)
        generation = system.stack.metrics("requester")["lockbox_database_lost_total"]
        wait_until(lambda: "lockbox-requester" in cancelled_commits(system), "its COMMIT was cancelled")
        wait_until(lambda: system.stack.metrics("requester")["lockbox_database_lost_total"] > generation,
                   "the requester gave its session up")
    system.stack.await_ready()
    system.caused_by(event, "tenant.changed")
    assert len(system.events.where(lambda record: record.cause == event)) == 1


def test_term_ends_who_waits_for_a_standby(system):
    tenant = Tenant(system)
    with without_standby(system):
        tenant.publish("lockbox_enabled", by=tenant.admin.principal)
        wait_until(lambda: system.lockbox.rows("SELECT 1 AS one FROM pg_stat_activity WHERE application_name = 'lockbox-requester'"
                                             " AND (wait_event = 'SyncRep' OR wait_event_type = 'Lock')"),
                   "its COMMIT waits, or it waits for another's")
        assert terminated(system, WORKERS) == dict.fromkeys(WORKERS, True)
    system.stack.await_ready()
    tenant.request().approve()


PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207  # linux/ptrace.h
WAIT_ALL = 0x40000000  # linux/wait.h: __WALL


def hold_first_thread(pid: int) -> None:
    """The loop stands still for good, whatever it was at; the other threads go on."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        assert libc.ptrace(request, pid, None, None) == 0, os.strerror(ctypes.get_errno())
    _, status = os.waitpid(pid, WAIT_ALL)
    assert os.WIFSTOPPED(status)


def test_term_ends_whose_loop_stands_still(system):
    """Its pages' thread is one that takes the alarm."""
    worker = system.stack.spawn("expirer", "held", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{free_port()}")
    try:
        wait_until(lambda: '"message":"ready"' in system.stack.log("expirer-held"), "it is ready")
        hold_first_thread(worker.pid)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(12) == -signal.SIGALRM
    finally:
        worker.kill()
        worker.wait()


def test_term_ends_who_waits_for_a_frozen_kafka(system):
    """Whatever they would tell it at their end, and whatever they have under way to it."""
    tenant = Tenant(system)
    request = tenant.request()
    await_quiet(system)
    kafka = system.stack.signal("kafka", signal.SIGSTOP)
    wait_until(lambda: state_of(kafka) == "T", "it stands still")
    try:
        system.lockbox.rows("UPDATE lockbox.outbox SET published_at = NULL WHERE aggregateid = %s", request.id)
        system.lockbox.rows("SELECT pg_notify('lockbox_outbox', '')")
        wait_until(lambda: not_ready(system, "relay"), "the relay hears nothing", 60)
        assert terminated(system, WORKERS) == dict.fromkeys(WORKERS, True)
    finally:
        system.stack.signal("kafka", signal.SIGCONT)
    system.stack.await_ready()
    tenant.request().approve()


KEEPALIVE = "02"  # include/net/tcp_states.h's timer of an idle connection: how long until the peer is asked


def idle_seconds(ports: set[int], mine: bool) -> list[float]:
    """Until each end of these connections asks whether its peer is there: the workers' end or the server's."""
    found = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, _, timer, *_ = line.split()
        end = local if mine else remote
        if state == "01" and int(end.rpartition(":")[2], 16) in ports and timer.startswith(f"{KEEPALIVE}:"):
            found.append(int(timer[3:], 16) / os.sysconf("SC_CLK_TCK"))
    return found


def test_both_ends_ask_whether_the_other_is_there(system):
    """The system's own time is two hours."""
    system.stack.await_ready()
    ports = set().union(*(ports_of(system, worker) for worker in WORKERS))
    for mine in (True, False):
        times = wait_until(lambda: (found := idle_seconds(ports, mine)) and len(found) >= len(WORKERS) and found, "most are idle")  # noqa: B023
        assert max(times) <= 60, "at the worker" if mine else "at the server"


def test_a_silent_host_is_passed_by(system):
    """Of several hosts, one that takes a connection and says nothing costs five seconds."""
    port = urlsplit(system.stack.env["LOCKBOX_SUPERUSER_URL"]).port
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{port}"
        done = subprocess.run([BINARIES / "lockboxctl", "request", "list"], capture_output=True, text=True, timeout=60, env={
            **system.stack.worker_environment(), "LOCKBOX_DATABASE_URL": f"postgresql://postgres@{hosts}/lockbox"})
    assert done.returncode == 0, done.stderr
    assert "the server does not answer" in done.stderr


def has(system, setting: str, value: str) -> bool:
    """Whether a session that begins now has it: what asked the server to read its settings again comes before it has."""
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as fresh:
        return fresh.execute(f"SHOW {setting}").fetchone() == (value,)


def test_workers_ask_for_a_server_that_writes(system):
    """Where the server turns read-only, a worker waits, not ready, and blames no record; nor is anything lost."""
    tenant = Tenant(system)
    before = system.lockbox.value("SELECT count(*) FROM lockbox.quarantine")
    request = tenant.request()
    system.lockbox.rows("ALTER SYSTEM SET default_transaction_read_only = on")
    system.lockbox.rows("SELECT pg_reload_conf()")
    try:
        wait_until(lambda: has(system, "default_transaction_read_only", "on"), "the server is read-only")
        request.submit("approve")
        wait_until(lambda: says(system, "decider", "waiting for the database: it is read-only"), "the decider says so", STOPPED)
        wait_until(lambda: says(system, "requester", "waiting for the database: it is read-only"),
                   "who has nothing to write says so, too", STOPPED)
    finally:
        system.lockbox.rows("ALTER SYSTEM RESET default_transaction_read_only")
        system.lockbox.rows("SELECT pg_reload_conf()")
        wait_until(lambda: has(system, "default_transaction_read_only", "off"), "the server writes")
    system.stack.await_ready()
    request.event("approved")
    assert system.lockbox.value("SELECT count(*) FROM lockbox.quarantine") == before
