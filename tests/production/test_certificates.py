"""Certificates of Kafka, PostgreSQL and the workers are renewed as docs/production.md says, and so are the authorities behind them."""
import socket
import ssl
import struct
import subprocess
from contextlib import contextmanager

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from support.broker import client
from support.scenario import Tenant
from support.stack import WORKERS, free_port
from support.system import System
from support.waiting import wait_until

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "90"]
SERVER = ("subjectAltName=IP:127.0.0.1,DNS:localhost", "basicConstraints=critical,CA:false", "extendedKeyUsage=serverAuth,clientAuth")


class Files:
    """Those of the stack's secure/, each written in its place, so that its owner and mode stay."""

    def __init__(self, secure):
        self.directory = secure.directory / "secure"

    def path(self, name: str):
        return self.directory / name

    def text(self, *names: str) -> str:
        return "".join(self.path(name).read_text() for name in names)

    def make_authority(self, name: str) -> None:
        self.openssl(name, f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign")

    def make(self, name: str, common_name: str, authority: str, *extensions: str) -> None:
        """name.key and name.crt, by authority.crt and its key."""
        more = [argument for it in extensions for argument in ("-addext", it)]
        self.openssl(name, f"/CN={common_name}", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", *more)

    def openssl(self, name: str, subject: str, *arguments: str) -> None:
        subprocess.run(["openssl", "req", "-x509", *NEW_KEY, "-keyout", "new.key", "-out", "new.crt", "-subj", subject, *arguments],
                       check=True, capture_output=True, cwd=self.directory)
        for suffix in ("key", "crt"):
            path = self.path(f"{name}.{suffix}")
            path.touch(mode=0o600)
            path.write_text(self.text(f"new.{suffix}"))

    def renew_servers(self, authority: str) -> bytes:
        """A certificate for both servers; as they show it."""
        self.make("server", "lockbox-dev-server", authority, *SERVER)
        self.path("server.pem").write_text(self.text("server.key", "server.crt"))
        return ssl.PEM_cert_to_DER_cert(self.text("server.crt"))


@pytest.fixture(scope="module")
def files(secure):
    files = Files(secure)
    files.path("ca.crt").write_text(files.text("ca.pem"))  # the name of one authority alone; ca.pem is whom all believe
    return files


@contextmanager
def kafkas_session(secure, context: ssl.SSLContext):
    port = int(secure.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as session:
        yield session


def shown_by_kafka(secure) -> bytes:
    with kafkas_session(secure, ssl.create_default_context(cafile=secure.directory / "secure/ca.pem")) as session:
        return session.getpeercert(True)


def shown_by_postgres(secure) -> bytes:
    port = secure.env["LOCKBOX_SUPERUSER_URL"].partition("@127.0.0.1:")[2].partition("/")[0]
    done = subprocess.run(["openssl", "s_client", "-starttls", "postgres", "-connect", f"127.0.0.1:{port}", "-showcerts"], input="",
                          capture_output=True, text=True, timeout=30)
    return ssl.PEM_cert_to_DER_cert(done.stdout[done.stdout.index("-----BEGIN"):done.stdout.index("-----END CERTIFICATE-----") + 26])


def reload_kafka(system, store: str, path) -> None:
    """What `kafka-configs.sh --alter --entity-type brokers --entity-name 1` does: a keystore or a truststore is read again."""
    entries = [ConfigEntry(f"listener.name.broker.ssl.{store}.{name}", value, incremental_operation=AlterConfigOpType.SET)
               for name, value in (("type", "PEM"), ("location", str(path)))]
    broker = ConfigResource(ConfigResource.Type.BROKER, "1", incremental_configs=entries)
    admin = AdminClient(client(system.stack.kafka()))  # lives as long as its answers are waited for
    for done in admin.incremental_alter_configs([broker]).values():
        done.result(60)


def reload_postgres(system) -> None:
    assert system.lockbox.value("SELECT pg_reload_conf()")


def end_sessions(system) -> None:
    system.lockbox.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lockbox-%%'")


def lifecycle(tenant: Tenant) -> None:
    request = tenant.request()
    request.approve()
    assert request.decide("revoke") == "applied"


def restart_each(secure, tenant: Tenant) -> None:
    """One after another; what is asked and decided meanwhile is done once that one is there again."""
    for worker in WORKERS:
        request = tenant.request()
        secure.down(worker)
        decision = request.submit("approve")
        changed = tenant.publish("contacts_set", alternate_emails=[f"{worker}@contoso.example"])
        secure.up(worker)
        assert tenant.system.caused_by(decision, "decision.judged", 120).data["verdict"] == "applied"
        assert tenant.system.caused_by(changed, "tenant.", 120).kind == "tenant.changed"
    secure.await_ready(*WORKERS)


def test_certificates_are_renewed_without_a_restart(secure, secure_system, files):
    tenant = Tenant(secure_system)
    before = {name: secure.pids[name] for name in WORKERS}
    new = files.renew_servers("ca")
    reload_postgres(secure_system)
    reload_kafka(secure_system, "keystore", files.path("server.pem"))
    wait_until(lambda: shown_by_postgres(secure) == new, "PostgreSQL shows the new one", 60)
    wait_until(lambda: shown_by_kafka(secure) == new, "Kafka shows the new one", 60)

    end_sessions(secure_system)
    secure.await_ready(*WORKERS)
    lifecycle(tenant)
    assert {name: secure.pids[name] for name in WORKERS} == before


class Relay:
    """The stack's relay, replaced by one that shows both servers a certificate: of Debian's own librdkafka, which has PLAIN."""

    def __init__(self, secure, system, files):
        self.secure, self.system, self.port = secure, system, free_port()
        certificate, key = files.path("relay.crt"), files.path("relay.key")
        url = secure.own_role("relay")["LOCKBOX_DATABASE_URL"]
        self.settings = {"LOCKBOX_HTTP_LISTEN": f"127.0.0.1:{self.port}", "LOCKBOX_DATABASE_URL": f"{url}&sslcert={certificate}&sslkey={key}",
                         "LOCKBOX_KAFKA_SSL_CERTIFICATE_LOCATION": str(certificate), "LOCKBOX_KAFKA_SSL_KEY_LOCATION": str(key),
                         "LOCKBOX_KAFKA_SASL_MECHANISM": "PLAIN", "LD_LIBRARY_PATH": ""}
        self.start()

    def start(self) -> None:
        self.child = self.secure.spawn("relay", "certified", **self.settings)

    def stop(self) -> None:
        self.child.terminate()
        assert self.child.wait(30) == 0

    def is_ready(self) -> bool:
        return self.secure.ready(self.port) == "ready"

    def await_ready(self) -> None:
        wait_until(self.is_ready, "the relay is ready", 60)

    def log(self) -> str:
        return self.secure.log("relay-certified")

    def serials(self) -> set[int]:
        """Of the certificates by which its sessions logged in."""
        return {int(row.serial) for row in self.system.lockbox.rows(
            "SELECT client_serial AS serial FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'lockbox_relay'")}


def kafka_takes(secure, files) -> bool:
    """Whether the broker answers who shows relay.crt as it is now. (Newer clients do not show it to a broker that does not know its authority.)"""
    context = ssl.create_default_context(cafile=files.path("ca.pem"))
    context.load_cert_chain(files.path("relay.crt"), files.path("relay.key"))
    api_versions = struct.pack(">ihhih", 10, 18, 0, 1, -1)
    try:
        with kafkas_session(secure, context) as session:
            session.sendall(api_versions)
            return len(session.recv(4)) == 4
    except (ssl.SSLError, ConnectionError):
        return False


def serial_of(files, name: str) -> int:
    done = subprocess.run(["openssl", "x509", "-in", files.path(name), "-noout", "-serial"], check=True, capture_output=True, text=True)
    return int(done.stdout.strip().partition("=")[2], 16)


def believe(system, files, *people: str) -> None:
    """Whose certificates of workers both servers take. Kafka's listener for brokers has to know the brokers' own authority as well."""
    files.path("people.pem").write_text(files.text("ca.crt", *(f"{name}.crt" for name in people)))
    files.path("people.pem").chmod(0o644)
    reload_postgres(system)
    reload_kafka(system, "truststore", files.path("people.pem"))


@pytest.fixture
def asked(secure, secure_system, files):
    """PostgreSQL lets the relay in by its certificate alone, Kafka looks at what it shows; both believe the authority "people"."""
    system = secure_system
    files.make_authority("people")
    [[hba]] = system.lockbox.rows("SELECT current_setting('hba_file')")
    before = open(hba).read()
    with open(hba, "w") as file:
        file.write("hostssl all lockbox_relay 127.0.0.1/32 cert\n" + before)
    system.lockbox.rows("ALTER SYSTEM SET ssl_ca_file = %s" % repr(str(files.path("people.pem"))))
    believe(system, files, "people")
    secure.down("relay")
    yield
    with open(hba, "w") as file:
        file.write(before)
    system.lockbox.rows("ALTER SYSTEM RESET ssl_ca_file")
    reload_postgres(system)
    secure.up("relay")


def test_workers_own_certificates_and_their_authority(secure, secure_system, files, asked):
    """PostgreSQL sees the new one at the next session, Kafka at the next start of a worker."""
    system = secure_system
    files.make("relay", "lockbox_relay", "people", "extendedKeyUsage=clientAuth")
    wait_until(lambda: kafka_takes(secure, files), "Kafka believes that authority", 60)
    relay = Relay(secure, system, files)
    try:
        relay.await_ready()
        assert relay.serials() == {serial_of(files, "relay.crt")}
        files.make_authority("next-people")
        believe(system, files, "people", "next-people")

        files.make("relay", "lockbox_relay", "next-people", "extendedKeyUsage=clientAuth")
        wait_until(lambda: kafka_takes(secure, files), "Kafka believes the new authority, too", 60)
        new = serial_of(files, "relay.crt")
        assert new not in relay.serials()
        end_sessions(system)
        wait_until(lambda: relay.serials() == {new}, "PostgreSQL knows it by the new one", 60)
        relay.await_ready()
        lifecycle(Tenant(system))

        relay.stop()
        relay.start()
        relay.await_ready()
        believe(system, files, "next-people")
        end_sessions(system)
        wait_until(lambda: relay.is_ready() and relay.serials() == {new}, "it is there again", 60)
        lifecycle(Tenant(system))

        assert kafka_takes(secure, files)
        files.make("relay", "lockbox_relay", "people", "extendedKeyUsage=clientAuth")
        wait_until(lambda: not kafka_takes(secure, files), "Kafka does not know the old authority any more", 60)
        end_sessions(system)
        wait_until(lambda: "unknown ca" in relay.log(), "nor does PostgreSQL", 60)
        assert not relay.is_ready() and relay.serials() == set()
    finally:
        relay.stop()


def test_a_new_authority_of_both_servers(secure, secure_system, files):
    """Both authorities in the file, the workers one after another, the servers, then the new one alone."""
    files.make_authority("next")
    files.path("ca.pem").write_text(files.text("ca.crt", "next.crt"))
    reload_kafka(secure_system, "truststore", files.path("ca.pem"))
    system = System(secure)
    try:
        tenant = Tenant(system)
        restart_each(secure, tenant)
        before = {name: secure.pids[name] for name in WORKERS}
        new = files.renew_servers("next")
        reload_postgres(system)
        reload_kafka(system, "keystore", files.path("server.pem"))
        wait_until(lambda: (shown_by_postgres(secure), shown_by_kafka(secure)) == (new, new), "both show the new one", 60)
        end_sessions(system)
        secure.await_ready(*WORKERS)
        lifecycle(tenant)
        assert {name: secure.pids[name] for name in WORKERS} == before

        files.path("ca.pem").write_text(files.text("next.crt"))
        end_sessions(system)
        restart_each(secure, tenant)
        lifecycle(tenant)
    finally:
        system.close()
