"""Every worker behind a real pgbouncer in session mode, by deploy/pgbouncer/pgbouncer.ini as it stands."""
import subprocess

import psycopg
import pytest
from support.scenario import Tenant
from support.stack import REPOSITORY, WORKERS, free_port
from support.traffic import await_quiet
from support.waiting import wait_until

INI = REPOSITORY / "deploy/pgbouncer/pgbouncer.ini"


class Pooler:
    """One of our own, as the user postgres: it does not run as root. It knows everybody's password, as PostgreSQL does."""

    def __init__(self, stack, directory):
        self.stack, self.port = stack, free_port()
        secure = stack.directory / "secure"
        server = stack.env["LOCKBOX_SUPERUSER_URL"].partition("@127.0.0.1:")[2].partition("/")[0]
        passwords = [line.split(":") for line in (secure / "pgpass").read_text().splitlines()]
        self.file(directory / "userlist.txt", "".join(f'"{role}" "{password}"\n' for *_, role, password in passwords))
        self.file(directory / "tls.key", (secure / "server.key").read_text())
        replaced = {"host=db.example port=5432": f"host=127.0.0.1 port={server}",
                    "host=audit-db.example port=5432": f"host=127.0.0.1 port={server}",
                    "listen_port = 6432": f"listen_port = {self.port}\nunix_socket_dir =",
                    "/etc/pgbouncer/userlist.txt": f"{directory}/userlist.txt", "/etc/pgbouncer/tls.key": f"{directory}/tls.key",
                    "/etc/pgbouncer/tls.crt": f"{secure}/server.crt", "/etc/pgbouncer/ca.crt": f"{secure}/ca.pem"}
        text = INI.read_text()
        for words, instead in replaced.items():
            assert words in text
            text = text.replace(words, instead)
        self.file(directory / "pgbouncer.ini", text)
        self.log = (directory / "log").open("w")
        self.process = subprocess.Popen(
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--inh-caps=-all,+dac_override",
             "--ambient-caps=-all,+dac_override", "pgbouncer", directory / "pgbouncer.ini"],
            stdout=self.log, stderr=self.log)

    @staticmethod
    def file(path, text: str) -> None:
        path.touch(mode=0o600)
        path.write_text(text)

    def url(self, role: str, database: str) -> str:
        secure = self.stack.directory / "secure"
        return (f"postgresql://{role}@127.0.0.1:{self.port}/{database}?sslmode=verify-full&sslrootcert={secure}/ca.pem"
                f"&passfile={secure}/pgpass")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("lockbox_expirer", "lockbox"), connect_timeout=5).close()
            return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="module")
def pooler(secure, tmp_path_factory):
    pooler = Pooler(secure, tmp_path_factory.mktemp("pooler"))
    wait_until(pooler.answers, "pgbouncer answers", 60)
    yield pooler
    pooler.stop()


class Behind:
    """The six workers, behind the pooler instead of the stack's own."""

    def __init__(self, pooler):
        self.pooler, self.stack, self.children, self.ports = pooler, pooler.stack, {}, {}
        self.stack.down(*WORKERS)
        for worker in WORKERS:
            self.start(worker)

    def start(self, worker: str) -> None:
        self.ports[worker] = free_port()
        urls = {"LOCKBOX_AUDIT_DATABASE_URL": self.pooler.url("lockbox_audit_writer", "audit")} if worker == "auditor" else {
            "LOCKBOX_DATABASE_URL": self.pooler.url(f"lockbox_{worker}", "lockbox")}
        self.children[worker] = self.stack.spawn(worker, "pooled", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{self.ports[worker]}", **urls)

    def all_ready(self) -> bool:
        return all(self.stack.ready(port) == "ready" for port in self.ports.values())

    def stop(self) -> None:
        for child in self.children.values():
            child.kill()
            child.wait()
        self.stack.up()


@pytest.fixture(scope="module")
def behind(pooler):
    behind = Behind(pooler)
    wait_until(behind.all_ready, "all workers are ready behind the pooler", 120)
    yield behind
    behind.stop()


def sessions(system, worker: str) -> set[int]:
    return {row.pid for row in system.lockbox.rows("SELECT pid FROM pg_stat_activity WHERE usename = %s", f"lockbox_{worker}")}


def test_a_lifecycle_behind_the_pooler(secure_system, behind):
    tenant = Tenant(secure_system)
    request = tenant.request()
    request.approve()
    assert request.check().allowed
    assert request.decide("revoke") == "applied"
    assert not request.check().allowed
    secure_system.mailbox.wait_for(request.id, {tenant.owner.email, tenant.approver.email}, "Approval needed")
    wait_until(lambda: len(secure_system.auditor.rows("SELECT version FROM audit.request_history WHERE request_id = %s", request.id)) == 3,
               "it is in the audit store", 60)


def test_sessions_end_with_their_worker_and_with_them_its_claims(secure_system, behind):
    """A pooled session that outlived a killed notifier would hold that one's mails."""
    system = secure_system
    before = sessions(system, "notifier")
    assert before
    behind.children["notifier"].kill()
    behind.children["notifier"].wait()
    wait_until(lambda: not before & sessions(system, "notifier"), "PostgreSQL ended them", 60)
    behind.start("notifier")
    wait_until(behind.all_ready, "the notifier is ready", 60)
    request = Tenant(system).request()
    await_quiet(system)
    system.mailbox.wait_for(request.id, {request.tenant.owner.email, request.tenant.approver.email}, "Approval needed")


def test_each_session_has_the_workers_settings(secure_system, behind, pooler):
    for role, database in (("lockbox_relay", "lockbox"), ("lockbox_audit_writer", "audit")):
        with psycopg.connect(pooler.url(role, database), autocommit=True) as session:
            def said(name: str) -> str:
                return session.execute(f"SHOW {name}").fetchone()[0]
            assert (said("search_path"), said("enable_seqscan"), said("plan_cache_mode"), said("timezone")) == (
                database, "off", "force_generic_plan", "UTC")
