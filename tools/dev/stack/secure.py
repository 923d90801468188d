"""./dev up --secure: Kafka and PostgreSQL that speak TLS only, under an authority of our own, and know everybody by a
password; in Kafka each principal may do what deploy/kafka/acls.sh grants, and nothing else.

Kafka takes passwords by SCRAM and by PLAIN (inside of TLS). Debian 12's librdkafka (2.0.2) cannot do the first with
Kafka 4 (docs/security.md), so the workers use the second, unless LOCKBOX_DEV_LIBRDKAFKA names a directory that holds
another librdkafka.so.1. Whoever shows the broker a certificate as well shows one of that authority.

    secure/ca.pem  server.pem (key, certificate)  server.key  server.crt  pgpass  secrets/NAME_password
"""
import hashlib
import os
import secrets
import shutil
import subprocess
from pathlib import Path

PRINCIPALS = ["admin", "requester", "decider", "notifier", "relay", "auditor", "ticketing", "portal", "enforcement", "authorizer",
              "operator", "replay", "verify", "trials"]
ROLES = {"postgres": "postgres", **{f"lockbox_{name}": name for name in (
    "requester", "decider", "expirer", "relay", "notifier", "authorizer", "enforcer", "auditor", "audit_writer", "worker")}}


class Secure:
    """What the two servers and their clients need, made once."""

    def __init__(self, directory: Path, librdkafka: str | None = None):
        self.directory, self.librdkafka = directory, librdkafka
        self.ca, self.server = directory / "ca.pem", directory / "server.pem"
        self.key, self.certificate = directory / "server.key", directory / "server.crt"
        self.pgpass, self.secrets = directory / "pgpass", directory / "secrets"

    def make(self) -> "Secure":
        if not (self.directory / ".complete").exists():
            shutil.rmtree(self.directory, ignore_errors=True)
            self.secrets.mkdir(parents=True)
            self.directory.chmod(0o755)
            self.make_certificates()
            for name in {*PRINCIPALS, *ROLES.values()}:
                self.private(self.secrets / f"{name}_password", secrets.token_hex(16))
            self.private(self.pgpass, "".join(f"*:*:*:{role}:{self.password(name)}\n" for role, name in ROLES.items()))
            (self.directory / ".complete").touch()
        return self

    def password(self, name: str) -> str:
        return (self.secrets / f"{name}_password").read_text()

    @staticmethod
    def private(path: Path, text: str) -> None:
        path.touch(mode=0o600)
        path.write_text(text)

    def make_certificates(self) -> None:
        def openssl(*arguments) -> None:
            subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True, cwd=self.directory)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "3650"]
        openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Lockbox dev authority",
                "-addext", "keyUsage=critical,keyCertSign")
        openssl("req", "-x509", *key, "-keyout", "server.key", "-out", "server.crt", "-subj", "/CN=lockbox-dev-server",
                "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                "-addext", "basicConstraints=critical,CA:false", "-addext", "extendedKeyUsage=serverAuth,clientAuth")
        self.private(self.server, self.key.read_text() + self.certificate.read_text())
        for name in ("ca.key", "server.key"):
            (self.directory / name).chmod(0o600)

    # Kafka

    def broker_properties(self) -> str:
        return f"""\
listener.security.protocol.map=BROKER:SASL_SSL,CONTROLLER:SSL
ssl.keystore.type=PEM
ssl.keystore.location={self.server}
ssl.truststore.type=PEM
ssl.truststore.location={self.ca}
listener.name.controller.ssl.client.auth=required
listener.name.broker.ssl.client.auth=requested
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.broker.scram-sha-512.sasl.jaas.config={self.jaas("admin")}
listener.name.broker.plain.sasl.jaas.config={self.plain_users()}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:CN=lockbox-dev-server
"""

    def jaas(self, name: str) -> str:
        return (f'org.apache.kafka.common.security.scram.ScramLoginModule required username="{name}" '
                f'password="{self.password(name)}";')

    def plain_users(self) -> str:
        users = " ".join(f'user_{name}="{self.password(name)}"' for name in PRINCIPALS)
        return f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"

    def scram_arguments(self) -> list[str]:
        """For the storage's format: everybody's password is there before the broker is."""
        return [argument for name in PRINCIPALS
                for argument in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={self.password(name)}]")]

    def as_admin(self, port: int) -> list[str]:
        """Arguments of Kafka's tools: which broker, and as whom."""
        config = self.directory / "admin.properties"
        self.private(config, "\n".join([
            "security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-512", f"sasl.jaas.config={self.jaas('admin')}",
            "ssl.truststore.type=PEM", f"ssl.truststore.location={self.ca}", ""]))
        return ["--bootstrap-server", f"127.0.0.1:{port}", "--command-config", str(config)]

    def grant_in_kafka(self, repository: Path, lockboxctl: Path, port: int) -> None:
        script = repository / "deploy/kafka/acls.sh"
        granted = self.directory / f"granted-{hashlib.sha256(script.read_bytes()).hexdigest()[:12]}"
        if granted.exists():
            return
        rules = subprocess.run([script, "--rules"], check=True, capture_output=True, text=True).stdout
        subprocess.run([lockboxctl, "topics", "grant"], input=rules, check=True, capture_output=True, text=True,
                       env={**os.environ, "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}", **self.kafka_settings("admin")})
        granted.touch()

    def kafka_settings(self, name: str) -> dict[str, str]:
        """And where the library is, if it is not the system's."""
        library = {"LD_LIBRARY_PATH": self.librdkafka} if self.librdkafka else {}
        return {**library, "LOCKBOX_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "LOCKBOX_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512" if library else "PLAIN",
                "LOCKBOX_KAFKA_SSL_CA_LOCATION": str(self.ca), "LOCKBOX_KAFKA_SASL_USERNAME": name,
                "LOCKBOX_KAFKA_SASL_PASSWORD_FILE": str(self.secrets / f"{name}_password")}

    # PostgreSQL

    def url_suffix(self) -> str:
        return f"?sslmode=verify-full&sslrootcert={self.ca}&passfile={self.pgpass}"

    def server_arguments(self, directory: Path) -> list[str]:
        hba = directory / "pg_hba.conf"
        hba.write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        return ["-c", "ssl=on", "-c", f"ssl_cert_file={self.certificate}", "-c", f"ssl_key_file={self.key}",
                "-c", f"hba_file={hba}", "-c", "password_encryption=scram-sha-256"]

    def owned_by(self, user) -> None:
        os.chown(self.key, user.pw_uid, user.pw_gid)
