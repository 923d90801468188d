"""Two authorizers behind one address, as a Kubernetes Service has it; each is replaced under load, and nothing is refused that was agreed to."""
import http.client
import json
import socket
import ssl
import threading
from pathlib import Path

import pytest
import yaml

from support.cluster import NAMESPACE
from support.stack import free_port
from support.waiting import wait_until
from test_check import Mistaken, ctl  # noqa: F401
from test_propose import made
from test_road import PODS

PATH = f"/api/v1/namespaces/{NAMESPACE}"


class Service:
    """Hands each new connection to one of those that are ready, in turn."""

    def __init__(self):
        self.ready: list[int] = []
        self.turn, self.server = 0, socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            self.turn += 1
            server = socket.create_connection(("127.0.0.1", self.ready[self.turn % len(self.ready)]))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            sink.close()


class Authorizers:
    """Two more, of the stack's own settings."""

    def __init__(self, system):
        self.system, self.service, self.running, self.count = system, Service(), {}, 0

    def start(self) -> int:
        self.count += 1
        port, http_port = free_port(), free_port()
        process = self.system.stack.spawn("authorizer", f"more-{self.count}", LOCKBOX_AUTHORIZER_LISTEN=f"127.0.0.1:{port}",
                                          LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{http_port}")
        wait_until(lambda: self.system.stack.ready(http_port) == "ready", "one more authorizer is ready", 60)
        self.running[port] = process
        self.service.ready.append(port)
        return port

    def stop(self, port: int) -> None:
        """As a Service does: no new connections, then TERM."""
        self.service.ready.remove(port)
        process = self.running.pop(port)
        process.terminate()
        assert process.wait(60) == 0

    def close(self) -> None:
        for port in list(self.running):
            self.stop(port)
        self.service.server.close()


@pytest.fixture
def authorizers(system):
    authorizers = Authorizers(system)
    yield authorizers
    authorizers.close()


class Load:
    """An engineer's requests, one after another on a connection that stays: to authorization alone, and to admission, too."""

    def __init__(self, server: Mistaken, engineer):
        user = yaml.safe_load(engineer.kubectl.kubeconfig.read_text())["users"][0]["user"]
        self.context = ssl.create_default_context(cafile=Path(server.ctl.cluster.env["LOCKBOX_CLUSTERS_FILE"]).parent / "ca.pem")
        self.context.load_cert_chain(user["client-certificate"], user["client-key"])
        self.port, self.over, self.answers, self.wrong = server.port, threading.Event(), 0, []
        self.threads = [threading.Thread(target=self.ask, args=it) for it in (
            ("GET", f"{PATH}/pods", None, 200), ("POST", f"{PATH}/configmaps?dryRun=All", made("v1", "ConfigMap", "agreed", data={}), 201))]

    def ask(self, method: str, path: str, body, expected: int) -> None:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=120)
        while not self.over.is_set():
            connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
            self.answers += 1
            if answer.status != expected:
                self.wrong.append((answer.status, text))

    def more(self, count: int) -> None:
        """Lets so many more be answered."""
        until = self.answers + count
        wait_until(lambda: self.answers >= until or not any(it.is_alive() for it in self.threads), f"{count} more answers", 120)

    def __enter__(self):
        for it in self.threads:
            it.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for it in self.threads:
            it.join()


def test_an_authorizer_is_replaced_under_load(ctl, cluster, customer, authorizers, tmp_path):  # noqa: F811
    first, second = authorizers.start(), authorizers.start()
    server = Mistaken(ctl, tmp_path, "flags", authorizer=f"https://127.0.0.1:{authorizers.service.port}")
    try:
        wait_until(server.ready, "the other API server answers", 120)
        wait_until(lambda: server.has(made("v1", "Namespace", NAMESPACE, None)), "it has the namespace", 60)
        engineer = cluster.engineer()
        engineer.granted(customer, PODS, {"action": "create_object", "namespace": NAMESPACE, "kind": "ConfigMap", "name": "agreed"})
        with Load(server, engineer) as load:
            load.more(20)
            for old in (first, second):
                authorizers.start()
                load.more(20)
                authorizers.stop(old)
                load.more(20)
        assert load.wrong == [] and load.answers >= 100
    finally:
        server.close()
