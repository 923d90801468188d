"""An authorizer beside a stack without a cluster: its certificates are made here, its cluster's discovery is as recorded."""
import http.server
import json
import os
import secrets
import ssl
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
sys.path.append(str(Path(__file__).resolve().parents[1] / "model"))

from support.group import nothing_untoward, pytest_addoption, pytest_ignore_collect, stack_of, system  # noqa: E402, F401
from support.scenario import Tenant  # noqa: E402
from support.stack import free_port  # noqa: E402
from support.waiting import wait_until  # noqa: E402

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"]


class Certificates:
    """One authority for all, another that nobody trusts."""

    def __init__(self, directory: Path):
        self.directory = directory
        for name in ("ca", "other-ca"):
            self.openssl("req", "-x509", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}",
                         "-addext", "keyUsage=critical,keyCertSign")
        self.make("server", "server", "subjectAltName=IP:127.0.0.1", "extendedKeyUsage=serverAuth")

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.directory)

    def make(self, name: str, common_name: str, *extensions: str, authority: str = "ca") -> None:
        more = [argument for it in extensions for argument in ("-addext", it)]
        self.openssl("req", "-x509", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={common_name}",
                     "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", *more)

    def path(self, name: str) -> str:
        return str(self.directory / name)

    def client(self, name: str, common_name: str, authority: str = "ca") -> ssl.SSLContext:
        self.make(name, common_name, "extendedKeyUsage=clientAuth", authority=authority)
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        context.load_cert_chain(self.path(f"{name}.crt"), self.path(f"{name}.key"))
        return context


class ApiServer(http.server.BaseHTTPRequestHandler):
    """Discovery as recorded; for everything else what a test says (server.answer), which then sees what is asked (server.asked)."""

    def do_GET(self):
        if self.path in RECORDED["discovery"]:
            self.send(200, RECORDED["discovery"][self.path])
        else:
            self.ask()

    def ask(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = (self.command, self.path, self.headers.get("Content-Type"), json.loads(body) if body else None)
        self.server.asked.append(asked)
        self.send(*self.server.answer(*asked))

    do_POST = do_PATCH = do_PUT = do_DELETE = ask

    def send(self, status: int, answer: dict):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Authorizer:
    def __init__(self, system, directory: Path):
        self.system, self.certificates, self.port = system, Certificates(directory), free_port()
        self.resource_id = (f"/subscriptions/{uuid.uuid4()}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"
                            "openShiftClusters/aro")
        self.subscription = self.resource_id.split("/")[2]
        self.apiserver = self.certificates.client("apiserver", "kube-apiserver")
        self.previewer = self.certificates.client("previewer", "lockboxctl")
        self.file = directory / "clusters.json"
        self.discovery = self.serve_discovery()
        self.file.write_text(json.dumps({"clusters": [{
            "id": "one", "resource_id": self.resource_id, "client_name": "kube-apiserver", "preview_clients": ["lockboxctl"],
            "server": f"https://127.0.0.1:{self.discovery.server_port}", "ca_file": self.certificates.path("ca.crt"),
            "certificate_file": self.certificates.path("apiserver.crt"), "key_file": self.certificates.path("apiserver.key")}]}))
        self.http_port = free_port()
        self.process = self.spawn("1", self.file, self.http_port, self.port)
        wait_until(lambda: system.stack.ready(self.http_port) == "ready", "the authorizer is ready")

    def spawn(self, instance: str, file: Path, http_port: int, port: int) -> subprocess.Popen:
        path = self.certificates.path
        return self.system.stack.spawn(
            "authorizer", instance, LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{http_port}", LOCKBOX_AUTHORIZER_LISTEN=f"127.0.0.1:{port}",
            LOCKBOX_AUTHORIZER_CERTIFICATE_FILE=path("server.crt"), LOCKBOX_AUTHORIZER_KEY_FILE=path("server.key"),
            LOCKBOX_AUTHORIZER_CLIENT_CA_FILE=path("ca.crt"), LOCKBOX_CLUSTERS_FILE=str(file))

    def serve_discovery(self) -> http.server.HTTPServer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates.path("server.crt"), self.certificates.path("server.key"))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
        server.asked, server.answer = [], lambda *_: (404, {"message": "not found"})
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0
        self.discovery.shutdown()


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    parts = ("kafka", "postgres", "schema", "requester", "decider", "relay", "auditor")
    with stack_of(request, tmp_path_factory, *parts) as stack:
        yield stack


@pytest.fixture(scope="session")
def authorizer(system, tmp_path_factory):  # noqa: F811
    authorizer = Authorizer(system, tmp_path_factory.mktemp("authorizer"))
    yield authorizer
    authorizer.close()


@pytest.fixture(scope="session")
def customer(system, authorizer):  # noqa: F811
    return Tenant(system, subscription=authorizer.subscription)


@pytest.fixture(scope="session")
def sizes():
    """How many random reviews, how many around the ends of grants, and how many random changes."""
    return {"reviews": 3000, "late": 2000, "mutations": 600}


@pytest.fixture(scope="session")
def seed():
    """The same every day; LOCKBOX_TEST_SEED tries another, and "random" any."""
    given = os.environ.get("LOCKBOX_TEST_SEED", "19")
    return secrets.randbelow(1 << 31) if given == "random" else int(given)
