"""The table of docs/integrate/kubernetes.md on content: a change passes where the object comes out as it was proposed, however it is made."""
import base64
import copy
import http.server
import json
import ssl
import threading
from pathlib import Path

import pytest

from support.cluster import GROUP, NAMESPACE, PREFIX
from support.propose import Propose
from support.waiting import wait_until
from test_propose import made
from test_road import refused

IN = ("-n", NAMESPACE)
LABELS = {"app": "it", "tier": "front"}
IMAGE = "router.example/it:"


def deployment(tag: str, labels: dict = LABELS, **more) -> dict:
    container = {"name": "it", "image": IMAGE + tag, **more}
    return made("apps/v1", "Deployment", "content", spec={
        "selector": {"matchLabels": {"app": "it"}}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}})


def container(**members) -> dict:
    return {"spec": {"template": {"spec": {"containers": [{"name": "it", **members}]}}}}


BEFORE, WANTED = deployment("1"), deployment("2")
FEWER = {"app": "it"}
READ = {"action": "list_or_get_objects", "namespace": NAMESPACE, "kind": "Deployment.apps", "name": "content"}
DEPLOYMENT = ("Deployment.apps", NAMESPACE, "content")


@pytest.fixture(scope="module")
def propose(cluster):
    return Propose(cluster.env, cluster.id)


@pytest.fixture
def gone(cluster):
    cluster.admin("delete", "deployment", "content", *IN)
    yield
    cluster.admin("delete", "deployment", "content", *IN)


@pytest.fixture
def there(cluster, gone):
    """Made without the annotation of a client's apply."""
    cluster.admin.must("create", "-f", "-", text=json.dumps(BEFORE))


def passes(done, expected) -> bool:
    return done.returncode == 0 if expected is True else refused(done, "content_changed") and expected in done.stderr


# The command, the file it is given, and whether it passes: else what the refusal names.
CREATED = {
    "create": (("create",), WANTED, True),
    "apply --server-side": (("apply", "--server-side"), WANTED, True),
    "apply": (("apply",), WANTED, "not as it was agreed to"),
    "one field more": (("create",), deployment("2", workingDir="/"), "not as it was agreed to"),
    "one label less": (("create",), deployment("2", FEWER), "not as it was agreed to"),
    "another tag": (("create",), deployment("3"), "not as it was agreed to"),
}


@pytest.mark.parametrize("command, file, expected", CREATED.values(), ids=CREATED.keys())
def test_a_creation(cluster, customer, propose, gone, command, file, expected):
    engineer = cluster.engineer()
    engineer.granted(customer, propose.of_object(engineer.person.id, WANTED))
    done = engineer.kubectl(*command, "-f", "-", text=json.dumps(file))
    assert passes(done, expected), done.stderr


def test_a_creation_proposed_with_the_annotation_of_apply(cluster, customer, propose, gone):
    """What kubectl apply would send, proposed by what kubectl itself makes of the file."""
    engineer = cluster.engineer()
    saved = engineer.kubectl.must("create", "--save-config", "--dry-run=client", "-o", "json", "-f", "-", text=json.dumps(WANTED))
    engineer.granted(customer, propose.item(engineer.person.id, "-f", "-", text=saved))
    engineer.kubectl.must("apply", "-f", "-", text=json.dumps(WANTED))


def replaced(given: dict) -> dict:
    """The whole object, with another image: what kubectl replace and a client library's update send."""
    whole = copy.deepcopy(given)
    whole["spec"]["template"]["spec"]["containers"][0]["image"] = IMAGE + "2"
    return whole


def patch(type: str, body) -> tuple:
    return ("patch", "deployment", "content", *IN, "--type", type, "-p", json.dumps(body))


IMAGE_PATH = "/spec/template/spec/containers/0/image"
UPDATED = {
    "patch --type strategic": (patch("strategic", container(image=IMAGE + "2")), None, True),
    "patch --type merge": (patch("merge", container(image=IMAGE + "2")), None, True),
    "patch --type json": (patch("json", [{"op": "replace", "path": IMAGE_PATH, "value": IMAGE + "2"}]), None, True),
    "set image": (("set", "image", "deployment/content", *IN, f"it={IMAGE}2"), None, True),
    "apply --server-side": (("apply", "--server-side", "--force-conflicts", "-f", "-"), lambda _: WANTED, True),
    "replace": (("replace", "-f", "-"), replaced, True),
    "apply": (("apply", "-f", "-"), lambda _: WANTED, "/metadata/annotations"),
    "another tag": (patch("strategic", container(image=IMAGE + "3")), None, IMAGE_PATH),
    "one field more": (patch("strategic", container(image=IMAGE + "2", workingDir="/")), None, "/spec/template/spec/containers/0/workingDir"),
    "one label less": (patch("merge", {"spec": {"template": {"metadata": {"labels": {"tier": None}}, **container(image=IMAGE + "2")["spec"]["template"]}}}),
                       None, "/spec/template/metadata/labels"),
    "another change": (patch("merge", {"spec": {"replicas": 2}}), None, "not as it was agreed to"),
}


@pytest.mark.parametrize("command, file, expected", UPDATED.values(), ids=UPDATED.keys())
def test_an_update(cluster, customer, propose, there, command, file, expected):
    engineer = cluster.engineer()
    reading = engineer.granted(customer, READ)
    item = propose.of_patch(engineer.person.id, "strategic", container(image=IMAGE + "2"), *DEPLOYMENT)
    assert item["content"]["changes"] == [{"path": IMAGE_PATH, "before": IMAGE + "1", "after": IMAGE + "2"}]
    assert reading.decide("revoke") == "applied"
    engineer.granted(customer, item)
    text = file and json.dumps(file(json.loads(engineer.kubectl.must("get", "deployment", "content", *IN, "-o", "json"))))
    done = engineer.kubectl(*command, text=text)
    assert passes(done, expected), done.stderr
    if expected is True:
        assert cluster.admin.must("get", "deployment", "content", *IN, "-o", "jsonpath={..image}") == IMAGE + "2"


def agreed_update(cluster, customer, propose):
    engineer = cluster.engineer()
    engineer.granted(customer, READ)
    engineer.granted(customer, propose.of_patch(engineer.person.id, "strategic", container(image=IMAGE + "2"), *DEPLOYMENT))
    return engineer


def test_an_object_that_somebody_changed_since(cluster, customer, propose, there):
    engineer = agreed_update(cluster, customer, propose)
    cluster.admin.must("annotate", "deployment", "content", *IN, "by=somebody")
    done = engineer.kubectl(*UPDATED["patch --type strategic"][0])
    assert passes(done, "the object was changed since it was agreed to"), done.stderr


class Sidecars(http.server.BaseHTTPRequestHandler):
    """A mutating webhook."""

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        added = [{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "sidecar", "image": "sidecar.example/it"}}]
        response = {"uid": review["request"]["uid"], "allowed": True}
        if len(review["request"]["object"]["spec"]["template"]["spec"]["containers"]) == 1:
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(added).encode()).decode()}
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def sidecars(cluster):
    """The webhook's configuration, not applied yet; gone afterwards."""
    files = Path(cluster.env["LOCKBOX_CLUSTERS_FILE"]).parent
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "server.crt", files / "server.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sidecars)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "sidecars"},
           "webhooks": [{"name": "sidecars.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                         "clientConfig": {"url": f"https://127.0.0.1:{server.server_port}/",
                                          "caBundle": base64.b64encode((files / "ca.pem").read_bytes()).decode()},
                         "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"]}]}]}
    cluster.admin("delete", "mutatingwebhookconfiguration", "sidecars")
    server.shutdown()


def test_a_webhook_that_adds_a_sidecar_after_consent(cluster, customer, propose, there, sidecars):
    command = UPDATED["patch --type strategic"][0]
    engineer = agreed_update(cluster, customer, propose)

    def images() -> str:
        return cluster.admin.must(*command, "--dry-run=server", "-o", "jsonpath={..image}")

    cluster.admin.must("create", "-f", "-", text=json.dumps(sidecars))
    wait_until(lambda: "sidecar" in images(), "the webhook is asked", 60)
    done = engineer.kubectl(*command)
    assert passes(done, "/spec/template/spec/containers"), done.stderr
    cluster.admin.must("delete", "mutatingwebhookconfiguration", "sidecars")
    wait_until(lambda: "sidecar" not in images(), "the webhook is gone", 60)
    engineer.kubectl.must(*command)


def test_a_deletion_is_held_to_the_uid(cluster, customer, there):
    uid = cluster.admin.must("get", "deployment", "content", *IN, "-o", "jsonpath={.metadata.uid}")
    engineer = cluster.engineer()
    engineer.granted(customer, {**READ, "action": "delete_object", "uid": uid})
    delete = ("delete", "deployment", "content", *IN, "--wait=false")
    cluster.admin.must("delete", "deployment", "content", *IN)
    cluster.admin.must("create", "-f", "-", text=json.dumps(BEFORE))
    assert refused(engineer.kubectl(*delete), "uid_changed")
    uid = cluster.admin.must("get", "deployment", "content", *IN, "-o", "jsonpath={.metadata.uid}")
    engineer.granted(customer, {**READ, "action": "delete_object", "uid": uid})
    engineer.kubectl.must(*delete)


POD = f"/api/v1/namespaces/{NAMESPACE}/pods/router-1"
INTO = {
    "exec": ("create", "--raw", f"{POD}/exec?command=sh", "-f", "-"),
    "attach": ("create", "--raw", f"{POD}/attach", "-f", "-"),
    "portforward": ("create", "--raw", f"{POD}/portforward?ports=8080", "-f", "-"),
    "ephemeralcontainers": ("patch", "pod", "router-1", *IN, "--subresource", "ephemeralcontainers", "-p",
                            '{"spec":{"ephemeralContainers":[{"name":"debug","image":"x.example/x","targetContainerName":"router"}]}}'),
}


@pytest.mark.parametrize("subresource", INTO)
def test_nobody_gets_into_a_pod(cluster, customer, subresource):
    """Refused by name, by authorization and, behind `system:masters`, by admission."""
    engineer = cluster.engineer()
    items = [{"action": action, "namespace": NAMESPACE, "kind": "Pod", "name": "router-1"} for action in ("update_object", "delete_object")]
    engineer.granted(customer, *items)
    done = engineer.kubectl(*INTO[subresource], text="{}")
    assert refused(done, "subresource_not_permitted") and f"pods/{subresource}" in done.stderr, done.stderr
    master = cluster.identity(f"{PREFIX}{engineer.person.id}", GROUP, "system:masters")
    done = master(*INTO[subresource], text="{}")
    assert refused(done, "subresource_not_permitted") and f"/{subresource}" in done.stderr, done.stderr
