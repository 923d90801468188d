"""Records what a real API server asks the authorizer: python tests/authorizer/record.py, into recorded.json beside it.

It takes the authorizer's place in the stack of LOCKBOX_DEV_DIR, of which only etcd and the API server run, and says yes
to everything:

    ./dev up --cluster --only etcd,apiserver && python tests/authorizer/record.py
"""
import http.server
import json
import os
import ssl
import subprocess
import threading
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
NAMESPACE = "openshift-ingress"
CONFIG_MAP = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: {NAMESPACE}}}\ndata: {{a: b}}\n"
COMMANDS = {
    "list": ("get", "pods", "-n", NAMESPACE),
    "get": ("get", "deployment.apps", "router", "-n", NAMESPACE),
    "list by name": ("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods?fieldSelector=metadata.name%3Drouter-1"),
    "logs": ("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/router-1/log"),
    "create": ("create", "--validate=false", "-f", "-"),
    "update": ("replace", "--validate=false", "-f", "-"),
    "patch": ("patch", "configmap", "settings", "-n", NAMESPACE, "--type=merge", "-p", '{"data":{"a":"c"}}'),
    "apply": ("apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-"),
    "delete": ("delete", "configmap", "settings", "-n", NAMESPACE, "--wait=false"),
    "namespace": ("get", "namespace", NAMESPACE),
    "exec": ("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/router-1/exec?command=sh", "-f", "-"),
    "scale": ("scale", "deployment/router", "-n", NAMESPACE, "--replicas=2"),
    "watch": ("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods?watch=1&timeoutSeconds=1"),
    "can-i": ("auth", "can-i", "get", "pods"),
    "token": ("create", "token", "default", "-n", NAMESPACE),
    "version": ("get", "--raw", "/version"),
    "metrics": ("get", "--raw", "/metrics"),
}
KEPT_GROUPS = {"", "apps", "authorization.k8s.io", "events.k8s.io"}
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[dict] = []

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        page = self.path.split("?")[0].rsplit("/", 1)[1]
        self.seen.append({"page": page, "review": review})
        said = {"authorize": {"status": {"allowed": True, "reason": "recorded"}},
                "admit": {"response": {"uid": review.get("request", {}).get("uid"), "allowed": True}}}.get(page, {})
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], **said}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def discovery(env: dict, cluster: dict, path: str) -> dict:
    context = ssl.create_default_context(cafile=cluster["ca_file"])
    context.load_cert_chain(cluster["certificate_file"], cluster["key_file"])
    request = urllib.request.Request(cluster["server"] + path, headers={"Accept": DISCOVERY})
    with urllib.request.urlopen(request, context=context) as answer:
        found = json.load(answer)
    found["items"] = [it for it in found["items"] if it["metadata"].get("name", "") in KEPT_GROUPS]
    return found


def main() -> None:
    state = Path(os.environ["LOCKBOX_DEV_DIR"])
    memory = json.loads((state / "stack.json").read_text())
    env, directory = memory["settings"], state / "cluster"
    cluster = json.loads(Path(env["LOCKBOX_CLUSTERS_FILE"]).read_text())["clusters"][0]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(env["LOCKBOX_AUTHORIZER_CERTIFICATE_FILE"], env["LOCKBOX_AUTHORIZER_KEY_FILE"])
    host, port = env["LOCKBOX_AUTHORIZER_LISTEN"].split(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), Recorder)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kubectl = [Path(memory["kubernetes"]) / "kubectl", "--cache-dir", state / "kubectl-cache", "--kubeconfig"]
    subprocess.run([*kubectl, directory / "admin.kubeconfig", "create", "namespace", NAMESPACE], capture_output=True)
    subprocess.run([*kubectl, directory / "admin.kubeconfig", "delete", "configmap", "settings", "-n", NAMESPACE], capture_output=True)
    recorded = {}
    for name, command in COMMANDS.items():
        Recorder.seen.clear()
        subprocess.run([*kubectl, directory / "engineer.kubeconfig", *command], input=CONFIG_MAP, text=True, capture_output=True)
        is_path = name in ("version", "metrics")
        recorded[name] = [it for it in Recorder.seen if it["page"] != "authorize"
                          or is_path == ("nonResourceAttributes" in it["review"]["spec"])]
    pages = {path: discovery(env, cluster, path) for path in ("/api", "/apis")}
    (HERE / "recorded.json").write_text(json.dumps({"reviews": recorded, "discovery": pages}, indent=1) + "\n")


main()
