"""Certificates of Kafka and PostgreSQL are renewed under the same authority, and no worker is restarted."""
import socket
import ssl
import subprocess

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from support.broker import client
from support.scenario import Tenant
from support.stack import WORKERS
from support.waiting import wait_until


def renew(secure) -> str:
    """Makes a key and a certificate in the places of the old ones; the certificate, in PEM."""
    directory = secure.directory / "secure"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "90",
                    "-keyout", "new.key", "-out", "new.crt", "-subj", "/CN=lockbox-dev-server", "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=critical,CA:false",
                    "-addext", "extendedKeyUsage=serverAuth,clientAuth"], check=True, capture_output=True, cwd=directory)
    key, certificate = (directory / "new.key").read_text(), (directory / "new.crt").read_text()
    for name, text in (("server.key", key), ("server.crt", certificate), ("server.pem", key + certificate)):
        (directory / name).write_text(text)  # in place: owner and mode stay
    return certificate


def kafkas(secure, port: int) -> str:
    """The certificate that a broker shows."""
    context = ssl.create_default_context(cafile=secure.directory / "secure/ca.pem")
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as session:
        return ssl.DER_cert_to_PEM_cert(session.getpeercert(True))


def postgres_pem(port: int) -> str:
    done = subprocess.run(["openssl", "s_client", "-starttls", "postgres", "-connect", f"127.0.0.1:{port}", "-showcerts"], input="",
                          capture_output=True, text=True, timeout=30)
    return done.stdout[done.stdout.index("-----BEGIN"):done.stdout.index("-----END CERTIFICATE-----") + 26]


def reload_kafka(secure_system, path) -> None:
    """What `kafka-configs.sh --alter --entity-type brokers --entity-name 1` does."""
    entry = ConfigEntry("listener.name.broker.ssl.keystore.location", str(path), incremental_operation=AlterConfigOpType.SET)
    kind = ConfigEntry("listener.name.broker.ssl.keystore.type", "PEM", incremental_operation=AlterConfigOpType.SET)
    broker = ConfigResource(ConfigResource.Type.BROKER, "1", incremental_configs=[kind, entry])
    admin = AdminClient(client(secure_system.bootstrap))  # lives as long as its answers are waited for
    for done in admin.incremental_alter_configs([broker]).values():
        done.result(60)


def test_certificates_are_renewed_without_a_restart(secure, secure_system):
    system = secure_system
    tenant = Tenant(system)
    before = {name: secure.pids[name] for name in WORKERS}
    new = ssl.PEM_cert_to_DER_cert(renew(secure))
    kafka_port = int(secure.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2])
    postgres_port = int(secure.env["LOCKBOX_SUPERUSER_URL"].partition("@127.0.0.1:")[2].partition("/")[0])
    system.lockbox.rows("SELECT pg_reload_conf()")
    reload_kafka(system, secure.directory / "secure/server.pem")
    wait_until(lambda: ssl.PEM_cert_to_DER_cert(postgres_pem(postgres_port)) == new, "PostgreSQL shows the new one", 60)
    wait_until(lambda: ssl.PEM_cert_to_DER_cert(kafkas(secure, kafka_port)) == new, "Kafka shows the new one", 60)

    system.lockbox.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lockbox-%%'")
    secure.await_ready(*WORKERS)
    request = tenant.request()
    request.approve()
    assert request.decide("revoke") == "applied"
    assert {name: secure.pids[name] for name in WORKERS} == before
