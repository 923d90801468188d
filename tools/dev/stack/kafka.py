"""Apache Kafka in KRaft mode: one node that is broker and controller, on loopback."""
import os
import secrets
import shlex
import socket
import ssl
import struct
import subprocess
from pathlib import Path

from distribution import java, version_of
from secure import Secure
from statedir import replace

JVM = ["-Xmx512m", "-XX:+ExitOnOutOfMemoryError", "-Dorg.slf4j.simpleLogger.showDateTime=true",
       "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]
# Starts in half the processor time, and never compiles further: a benchmark sets LOCKBOX_DEV_KAFKA_JVM to nothing.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=BROKER://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{broker}
{security}inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
log.dirs={data}

# Topics are created on purpose, and keep everything.
auto.create.topics.enable=false
log.retention.ms=-1
message.max.bytes=2097152

# One node holds every replica; groups form without waiting for more members.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0

# A broker that was killed comes back under its old number only once that session has ended (9 s by default).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# A small machine.
log.cleaner.dedupe.buffer.size=8388608
"""

ACLS = "org.apache.kafka.tools.AclCommand"
PLAIN = "listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT\n"


# What archive.py makes: one JVM's, of no use to another version.
ARCHIVE = f"kafka-{version_of('openjdk')}.jsa"


def classes(jars: Path) -> list[str]:
    """The JVM's options for Kafka's classes. Where archive.py's archive is missing or does not fit, it reads the jars."""
    return [f"-XX:SharedArchiveFile={jars}/{ARCHIVE}", "-Xlog:cds=off,cds+dynamic=off", "-cp", f"{jars}/*"]


def tool(jars: Path, *arguments: str) -> list[str]:
    """Java with Kafka's classes, for one of its tools."""
    return [java(), *QUICK.split(), *classes(jars), *arguments]


def prepare(directory: Path, jars: Path, ports: dict[str, int], secure: Secure | None = None) -> list[str]:
    """Writes the configuration, formats the storage before its first use, and returns the server's command."""
    data = directory / "data"
    properties = directory / "server.properties"
    directory.mkdir(exist_ok=True)
    replace(properties, PROPERTIES.format(broker=ports["kafka"], controller=ports["controller"], data=data,
                                          security=secure.broker_properties() if secure else PLAIN))
    if not (data / "meta.properties").exists():
        cluster_id = "L" + secrets.token_urlsafe(16)[1:]  # one that begins with "-" would be read as an option
        scram = secure.scram_arguments() if secure else []
        subprocess.run(tool(jars, "kafka.tools.StorageTool", "format", "--config", str(properties), "--cluster-id", cluster_id,
                            *scram), check=True, capture_output=True, text=True)
    return server(jars, properties)


def server(jars: Path, properties: Path) -> list[str]:
    chosen = shlex.split(os.environ.get("LOCKBOX_DEV_KAFKA_JVM", QUICK))
    return [java(), *JVM, *chosen, *classes(jars), "kafka.Kafka", str(properties)]


def connection(port: int, secure: Secure | None) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=1)
    return ssl.create_default_context(cafile=secure.ca).wrap_socket(plain, server_hostname="127.0.0.1") if secure else plain


def why_not_ready(port: int, secure: Secure | None = None) -> str | None:
    """Asks for the API versions: the broker answers once it has caught up and is unfenced."""
    api_versions = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with connection(port, secure) as broker:
            broker.sendall(struct.pack(">i", len(api_versions)) + api_versions)
            return None if broker.recv(4) else "closes connections"
    except TimeoutError:
        return "starting"
    except OSError as error:
        return error.strerror
