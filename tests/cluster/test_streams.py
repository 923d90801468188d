"""A log that is followed outlives its grant: lockboxctl cluster report names it. The node is ours, its kubelet a server that writes a line at a time."""
import http.server
import json
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from support.cluster import NAMESPACE
from support.waiting import wait_until
from test_check import Ctl

IN = ("-n", NAMESPACE)


class Kubelet(http.server.BaseHTTPRequestHandler):
    """Answers for every log: a line, and then no more until the test is over."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"first line\n")
        self.wfile.flush()
        if "follow=true" in self.path:
            self.server.over.wait(120)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def pod(cluster):
    """One that runs on our node."""
    files = Path(cluster.env["LOCKBOX_CLUSTERS_FILE"]).parent
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "server.crt", files / "server.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Kubelet)
    server.socket, server.over = context.wrap_socket(server.socket, server_side=True), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ours"}}
    status = {"status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                         "daemonEndpoints": {"kubeletEndpoint": {"Port": server.server_port}}}}
    spec = {"nodeName": "ours", "containers": [{"name": "it", "image": "router.example/it"}]}
    cluster.admin("create", "-f", "-", text=json.dumps(node))
    cluster.admin.must("patch", "node", "ours", "--subresource", "status", "--type", "merge", "-p", json.dumps(status))
    cluster.admin("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {
        "name": "streaming", "namespace": NAMESPACE}, "spec": spec}))
    yield "streaming"
    server.over.set()
    cluster.admin("delete", "pod", "streaming", *IN, "--grace-period=0", "--force")
    cluster.admin("delete", "node", "ours")
    server.shutdown()


def test_a_log_that_outlives_its_grant_is_named(cluster, customer, pod):
    ctl, engineer = Ctl(cluster), cluster.engineer()
    request = engineer.granted(customer, {"action": "get_pod_logs", "namespace": NAMESPACE, "name": pod}, duration="PT6S")
    assert engineer.kubectl.must("logs", pod, *IN) == "first line\n"
    following = subprocess.Popen([cluster.binary, "--kubeconfig", engineer.kubectl.kubeconfig, "logs", "-f", pod, *IN],
                                 stdout=subprocess.PIPE, text=True)

    def outlived() -> list:
        rows = json.loads(ctl("report", cluster.id, "-o", "json", "--limit", "10000").stdout)
        return [it for it in rows if it["what"] == "outlived" and it["request_id"] == request.id]

    try:
        assert following.stdout.readline() == "first line\n"
        assert outlived() == []
        request.await_access_end()
        [running] = wait_until(outlived, "the report names the stream", 60)
        assert (running["action"], running["name"], running["last"]) == ("get_pod_logs", pod, None)
    finally:
        following.terminate()
        following.wait()
    [ended] = wait_until(lambda: [it for it in outlived() if it["last"]], "and when it ended", 60)
    assert ended["last"] > ended["first"]
