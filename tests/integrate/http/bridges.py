"""Bridges of deploy/http beside a secure stack, and a client of one: it knows HTTPS and CloudEvents, and nothing of Kafka."""
import http.client
import json
import os
import re
import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cloudevents.core.bindings import http as binding
from cloudevents.core.formats.json import JSONFormat

from support.events import event_in
from support.stack import REPOSITORY, Stack, free_port
from support.waiting import wait_until

DEPLOY = REPOSITORY / "deploy/http"
PASSWORD = "changeit"
JVM = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
SECONDS = 60
OWN = """\
bridge.listen = 127.0.0.1:{port}
camel.component.netty-http.keyStoreResource = file:{directory}/server.p12
camel.component.netty-http.trustStoreResource = file:{directory}/{principal}.p12
camel.component.netty-http.passphrase = {password}
camel.component.kafka.brokers = {kafka[bootstrap.servers]}
camel.component.kafka.securityProtocol = SASL_SSL
camel.component.kafka.saslMechanism = {kafka[sasl.mechanism]}
camel.component.kafka.saslJaasConfig = org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{principal}" password="{kafka[sasl.password]}";
camel.component.kafka.sslTruststoreLocation = {kafka[ssl.ca.location]}
"""


def openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def certificate(directory: Path, name: str) -> None:
    openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2",
            "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost")


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def next(self) -> str:
        return re.fullmatch(r'<(.*)>; rel="next"', self.headers["Link"])[1]

    @property
    def events(self) -> list[dict]:
        assert (self.status, self.headers["Content-Type"]) == (200, "application/cloudevents-batch+json"), self
        return json.loads(self.body)


class Client:
    """With a certificate, or without."""

    def __init__(self, port: int, ca: Path, certificate: Path | None = None):
        self.port, self.context = port, ssl.create_default_context(cafile=ca)
        if certificate:
            self.context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> Answer:
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.context, timeout=SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def post(self, event, mode: str = "structured", **more: str) -> Answer:
        write = binding.to_structured if mode == "structured" else binding.to_binary
        message = write(event, JSONFormat())
        return self.ask("POST", "/events", message.body, {**message.headers, **more})

    def publish(self, short_type: str, data: dict, mode: str = "structured", **attributes) -> str:
        """As System.publish."""
        event = event_in(short_type, data, **attributes)
        answer = self.post(event, mode)
        assert answer.status == 202, answer
        return event.get_id()

    def following(self, path: str):
        """What stands there from that place on, as it comes, for so long."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            answer = self.ask("GET", path)
            assert answer.status == 200, answer
            yield from json.loads(answer.body)
            path = answer.next
        raise TimeoutError(f"not within {SECONDS} s from {path} on")


class Bridge:
    def __init__(self, directory: Path, principal: str, kafka: dict[str, str]):
        self.directory, self.principal, self.port = directory, principal, free_port()
        certificate(directory, principal)
        openssl(directory, "pkcs12", "-export", "-inkey", "server.key", "-in", "server.crt", "-out", "server.p12", "-passout", f"pass:{PASSWORD}")
        subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", principal, "-file", f"{principal}.crt", "-keystore", f"{principal}.p12",
                        "-storetype", "PKCS12", "-storepass", PASSWORD], cwd=directory, check=True, capture_output=True)
        (directory / f"{principal}.properties").write_text(
            OWN.format(port=self.port, directory=directory, principal=principal, password=PASSWORD, kafka=kafka))
        self.client = self.client_with(directory / f"{principal}.crt")
        self.start()

    def client_with(self, certificate: Path | None) -> Client:
        return Client(self.port, self.directory / "server.crt", certificate)

    @property
    def log(self) -> str:
        return (self.directory / f"{self.principal}.log").read_text(errors="replace")

    def start(self) -> None:
        with (self.directory / f"{self.principal}.log").open("w") as log:
            self.process = subprocess.Popen(
                ["java", *JVM, "-cp", f"{DEPLOY}:{os.environ['LOCKBOX_DEV_HTTP_JARS']}/*", "org.apache.camel.main.Main",
                 "-pl", f"file:{self.principal}.properties,classpath:application.properties"], cwd=self.directory, stdout=log, stderr=log)
        wait_until(lambda: "started in" in self.log or self.process.poll() is not None, f"the bridge of {self.principal} is up", SECONDS)
        assert self.process.poll() is None, self.log

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(SECONDS)


class Bridges:
    def __init__(self, stack: Stack, directory: Path):
        self.stack, self.directory, self.bridges = stack, directory, {}
        certificate(directory, "server")

    def __getitem__(self, principal: str) -> Bridge:
        if principal not in self.bridges:
            self.bridges[principal] = Bridge(self.directory, principal, self.stack.kafka(principal))
        return self.bridges[principal]

    def close(self) -> None:
        for bridge in self.bridges.values():
            bridge.stop()
