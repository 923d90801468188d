"""The authorizer's certificate and its clients' authorities are replaced, and read at SIGHUP, while an API server asks: each review is answered."""
import http.client
import json
import shutil
import signal
import socket
import ssl
import threading
from types import SimpleNamespace

import pytest

from api import granted, item, post, reviews
from support.stack import free_port
from support.waiting import wait_until

LOGS = item("get_pod_logs")


class Asking(threading.Thread):
    """An API server with a connection that it keeps, or with a new one for each review."""

    def __init__(self, port: int, context: ssl.SSLContext, review: bytes, *, keeps: bool):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
        self.review, self.keeps = review, keeps
        self.answers, self.shown, self.stop = [], set(), threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            self.answers.append(self.ask())

    def ask(self) -> str:
        try:
            self.connection.request("POST", "/clusters/one/authorize", self.review, {"Content-Type": "application/json"})
            self.shown.add(self.connection.sock.getpeercert(True))
            answer = self.connection.getresponse()
            text = answer.read()
            if not self.keeps:
                self.connection.close()
            return "allowed" if answer.status == 200 and json.loads(text)["status"]["allowed"] else f"{answer.status} {text!r}"
        except OSError as error:
            self.connection.close()
            return repr(error)

    def await_more(self) -> None:
        """Until a review was answered that began after now."""
        wanted = len(self.answers) + 2
        wait_until(lambda: len(self.answers) >= wanted, "the next review is answered")

    def end(self) -> list[str]:
        self.stop.set()
        self.join(60)
        self.connection.close()
        return self.answers


class Renewed:
    """An authorizer by files of its own, which tests replace."""

    def __init__(self, authorizer, system, directory):
        self.authorizer, self.system, self.directory = authorizer, system, directory
        self.certificates = authorizer.certificates
        self.port, self.http_port, self.name = free_port(), free_port(), directory.name
        self.replace("server")
        self.replace_authorities("ca")
        self.process = system.stack.spawn(
            "authorizer", self.name, LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{self.http_port}", LOCKBOX_AUTHORIZER_LISTEN=f"127.0.0.1:{self.port}",
            LOCKBOX_AUTHORIZER_CERTIFICATE_FILE=str(directory / "tls.crt"), LOCKBOX_AUTHORIZER_KEY_FILE=str(directory / "tls.key"),
            LOCKBOX_AUTHORIZER_CLIENT_CA_FILE=str(directory / "client-ca.crt"), LOCKBOX_CLUSTERS_FILE=str(authorizer.file))
        wait_until(lambda: system.stack.ready(self.http_port) == "ready", "the authorizer is ready")

    def replace(self, certificate: str, key: str = "") -> None:
        shutil.copy(self.certificates.path(f"{certificate}.crt"), self.directory / "tls.crt")
        shutil.copy(self.certificates.path(f"{key or certificate}.key"), self.directory / "tls.key")

    def replace_authorities(self, *names: str) -> None:
        (self.directory / "client-ca.crt").write_text("".join(open(self.certificates.path(f"{name}.crt")).read() for name in names))

    def read(self, said: str = '"certificates read"') -> None:
        before = self.log().count(said)
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.log().count(said) > before, f"the log has {said}")

    def log(self) -> str:
        return self.system.stack.log(f"authorizer-{self.name}")

    def shows(self) -> bytes:
        """The certificate that it begins a connection with."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 10) as plain, context.wrap_socket(plain) as session:
            return session.getpeercert(True)

    def client(self, name: str, authority: str) -> ssl.SSLContext:
        """An API server's, that believes both authorities."""
        context = self.certificates.client(name, "kube-apiserver", authority=authority)
        context.load_verify_locations(self.certificates.path("other-ca.crt"))
        return context

    def der(self, name: str) -> bytes:
        return ssl.PEM_cert_to_DER_cert(open(self.certificates.path(f"{name}.crt")).read())


@pytest.fixture
def renewed(authorizer, system, tmp_path):
    renewed = Renewed(authorizer, system, tmp_path)
    yield renewed
    renewed.process.terminate()
    assert renewed.process.wait(30) == 0


@pytest.fixture
def review(authorizer, customer):
    engineer, _ = granted(authorizer, customer, LOGS)
    return json.dumps(reviews("logs", "authorize", engineer)[-1]).encode()


def test_each_review_is_answered_while_everything_is_replaced(renewed, review):
    """Both authorities, then the certificates of both sides, then the new authority alone: docs/production.md's order."""
    renewed.certificates.make("renewed", "server", "subjectAltName=IP:127.0.0.1", "extendedKeyUsage=serverAuth", authority="other-ca")
    old, new = renewed.client("old", "ca"), renewed.client("new", "other-ca")
    asking = [Asking(renewed.port, old, review, keeps=keeps) for keeps in (True, False)]
    for it in asking:
        it.start()
        it.await_more()

    renewed.replace_authorities("ca", "other-ca")
    renewed.replace("renewed")
    renewed.read()
    assert renewed.shows() == renewed.der("renewed")
    for it in asking:
        it.await_more()
        wait_until(lambda it=it: renewed.der("renewed") in it.shown, "it was shown to who asks")
        assert set(it.end()) == {"allowed"} and it.shown == {renewed.der("server"), renewed.der("renewed")}

    asking = [Asking(renewed.port, new, review, keeps=keeps) for keeps in (True, False)]
    for it in asking:
        it.start()
        it.await_more()
    kept = Asking(renewed.port, old, review, keeps=True)
    assert kept.ask() == "allowed"
    renewed.replace_authorities("other-ca")
    renewed.read()
    assert kept.ask() == "401 b''"  # by the connection that it had
    assert post(SimpleNamespace(port=renewed.port), "/clusters/one/authorize", review, old)[0] == 401
    for it in asking:
        it.await_more()
        assert set(it.end()) == {"allowed"}
    kept.connection.close()


@pytest.mark.parametrize("slip", ["another's key", "no authority", "no certificate", "no file"])
def test_what_does_not_fit_is_not_taken(renewed, review, slip):
    renewed.certificates.make("next", "server", "subjectAltName=IP:127.0.0.1", "extendedKeyUsage=serverAuth")
    renewed.replace("next", key="server" if slip == "another's key" else "")
    for name, wrong in (("client-ca.crt", "no authority"), ("tls.crt", "no certificate")):
        if slip == wrong:
            (renewed.directory / name).write_text("none\n")
    if slip == "no file":
        (renewed.directory / "client-ca.crt").unlink()
    renewed.read('"certificates are as they were"')
    assert '"bad setting","setting":"LOCKBOX_AUTHORIZER_C' in renewed.log()
    assert renewed.shows() == renewed.der("server")
    client = renewed.client("client", "ca")
    assert post(SimpleNamespace(port=renewed.port), "/clusters/one/authorize", review, client)[0] == 200

    renewed.replace("next")
    renewed.replace_authorities("ca")
    renewed.read()
    assert renewed.shows() == renewed.der("next")
