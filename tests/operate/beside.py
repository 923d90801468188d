"""What an operator finds in place: authorities, and a Kafka that asks for passwords inside of TLS and allows what is granted."""
import secrets
import socket
import ssl
import subprocess
from pathlib import Path

import kafka as of_stack
from support.waiting import wait_until

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=CLIENT://127.0.0.1:9093,WITHIN://127.0.0.1:9094,CONTROLLER://127.0.0.1:9095
advertised.listeners=CLIENT://kafka.example:9093,WITHIN://127.0.0.1:9094
listener.security.protocol.map=CLIENT:SASL_SSL,WITHIN:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=WITHIN
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:9095
log.dirs={directory}/data
auto.create.topics.enable=false
message.max.bytes=2097152
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
sasl.enabled.mechanisms=PLAIN
listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required {users};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
"""


class Authority:
    """ca.pem, and a NAME.pem (key and certificate) for whoever asks."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir()
        self.openssl("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=operator's authority", "-addext", "keyUsage=critical,keyCertSign")

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30", *arguments],
                       check=True, capture_output=True, text=True, cwd=self.directory)

    def certificate(self, name: str) -> Path:
        self.openssl("-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:false",
                     "-addext", "extendedKeyUsage=serverAuth,clientAuth")
        both = self.directory / f"{name}.pem"
        both.write_text(self.read(f"{name}.key") + self.read(f"{name}.crt"))
        return both

    def read(self, name: str) -> str:
        return (self.directory / name).read_text()

    def context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate(name))
        return context


class Kafka:
    """One broker, whose administrators know `admin` and whom the operator names to them."""

    def __init__(self, directory: Path, jars: Path, authority: Authority):
        self.directory, self.jars, self.authority = directory, jars, authority
        self.admin = secrets.token_hex(16)
        self.process: subprocess.Popen | None = None

    def start(self, users: str) -> None:
        self.directory.mkdir()
        properties = self.directory / "server.properties"
        properties.write_text(PROPERTIES.format(directory=self.directory, keystore=self.authority.certificate("kafka.example"),
                                                users=" ".join([f'user_admin="{self.admin}"', *users.split("\n")]).strip()))
        subprocess.run(of_stack.tool(self.jars, "kafka.tools.StorageTool", "format", "--config", str(properties), "--cluster-id",
                                     "L" + secrets.token_urlsafe(16)[1:]), check=True, capture_output=True, text=True)
        with (self.directory / "log").open("w") as log:
            self.process = subprocess.Popen(of_stack.server(self.jars, properties), stdout=log, stderr=log)
        wait_until(self.answers, "Kafka takes connections", 120, every=0.2)

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.directory / "log").read_text()[-3000:]
        try:
            socket.create_connection(("127.0.0.1", 9093), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
