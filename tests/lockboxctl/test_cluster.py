"""lockboxctl cluster: what config writes, and what check says of files and flags. tests/cluster has it beside an API server."""
import base64
import http.server
import json
import ssl
import subprocess
import threading

import pytest
import yaml

URL = "https://authorizer.example:8443"
FILES = ["admission.yaml", "admission/lockbox.yaml", "audit-policy.yaml", "audit.kubeconfig", "authorization.yaml",
         "authorize.kubeconfig", "authorizer-ca.pem", "flags", "rbac.yaml", "webhook-client.kubeconfig"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An authority, and the certificate of a customer's identity."""
    folder = tmp_path_factory.mktemp("made")
    for name, subject in (("ca", "/CN=ca"), ("customer", "/O=x/CN=lockbox:customer@example")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout",
                        f"{name}.key", "-out", f"{name}.crt", "-subj", subject], cwd=folder, check=True, capture_output=True)
    return folder


class Ctl:
    def __init__(self, bare, made, tmp_path):
        self.bare, self.made, self.out = bare, made, tmp_path / "out"
        self.file = tmp_path / "clusters.json"
        self.ca = made / "ca.crt"
        self.cluster = {"id": "prod", "resource_id": "/subscriptions/s/x", "client_name": "api", "certificate_file": str(made / "customer.crt")}

    def __call__(self, *arguments, **settings):
        self.file.write_text(json.dumps({"clusters": [self.cluster]}))
        return self.bare("cluster", *arguments, **{"LOCKBOX_CLUSTERS_FILE": str(self.file), "LOCKBOX_AUTHORIZER_URL": URL + "/",
                                                   "LOCKBOX_AUTHORIZER_SERVER_CA_FILE": str(self.ca), **settings})

    def config(self, *arguments, path="/etc/kubernetes/lockbox", **settings):
        return self("config", "prod", "--out", self.out, "--path", path, *arguments, **settings)

    def read(self, name: str):
        return yaml.safe_load((self.out / name).read_text())


@pytest.fixture
def ctl(bare, made, tmp_path):
    return Ctl(bare, made, tmp_path)


def test_what_is_written(ctl):
    done = ctl.config()
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(str(it.relative_to(ctl.out)) for it in ctl.out.rglob("*") if it.is_file()) == FILES
    assert sorted(done.stdout.split()) == [str(ctl.out / it) for it in FILES]
    [first, node, rbac] = ctl.read("authorization.yaml")["authorizers"]
    assert [first["type"], node["type"], rbac["type"]] == ["Webhook", "Node", "RBAC"]
    webhook = first["webhook"]
    assert (webhook["failurePolicy"], webhook["cacheAuthorizedRequests"], webhook["cacheUnauthorizedRequests"]) == ("Deny", False, False)
    assert webhook["matchConditions"] == [{"expression": "request.user.startsWith('lockbox:') || (has(request.groups) &&"
                                                         " 'lockbox:engineers' in request.groups)"}]
    assert webhook["connectionInfo"]["kubeConfigFile"] == "/etc/kubernetes/lockbox/authorize.kubeconfig"
    for page in ("authorize", "audit"):
        config = ctl.read(f"{page}.kubeconfig")
        assert config["clusters"][0]["cluster"] == {"server": f"{URL}/clusters/prod/{page}",
                                                    "certificate-authority": "/etc/kubernetes/lockbox/authorizer-ca.pem"}
        assert config["users"][0]["user"] == {"client-certificate": "/etc/kubernetes/lockbox/client.crt",
                                              "client-key": "/etc/kubernetes/lockbox/client.key"}
    [hook] = ctl.read("admission/lockbox.yaml")["webhooks"]
    assert (hook["failurePolicy"], hook["sideEffects"]) == ("Fail", "None")
    assert hook["clientConfig"] == {"url": f"{URL}/clusters/prod/admit", "caBundle": base64.b64encode(ctl.ca.read_bytes()).decode()}
    [plugin] = ctl.read("admission.yaml")["plugins"]
    assert plugin["configuration"]["staticManifestsDir"] == "/etc/kubernetes/lockbox/admission"
    assert ctl.read("webhook-client.kubeconfig")["users"][0]["name"] == "authorizer.example:8443"
    assert (ctl.out / "authorizer-ca.pem").read_bytes() == ctl.ca.read_bytes()
    assert ctl.read("audit-policy.yaml")["rules"] == [{"level": "Metadata", "userGroups": ["lockbox:engineers"]}, {"level": "None"}]


def test_the_customers_identity_sees_no_secret(ctl):
    assert ctl.config().returncode == 0
    role, binding = yaml.safe_load_all((ctl.out / "rbac.yaml").read_text())
    assert binding["subjects"][0]["name"] == "lockbox:customer@example"
    assert [it for it in role["rules"] if "nonResourceURLs" in it] == [{"nonResourceURLs": ["/flagz"], "verbs": ["get"]}]  # for cluster check
    for rule in role["rules"]:
        if "nonResourceURLs" in rule:
            continue
        assert "*" not in rule["apiGroups"] and not {"watch", "list", "delete", "*"} & set(rule["verbs"])
        if "" in rule["apiGroups"]:
            assert not {"secrets", "*"} & set(rule["resources"])
    groups = {group for rule in role["rules"] for group in rule.get("apiGroups", [])}
    assert not groups & {"rbac.authorization.k8s.io", "certificates.k8s.io", "admissionregistration.k8s.io", "oauth.openshift.io"}


def test_a_clusters_own_words(ctl):
    ctl.cluster |= {"username_prefix": "vendor:", "group": "vendor:people"}
    assert ctl.config().returncode == 0
    for name in ("authorization.yaml", "admission/lockbox.yaml"):
        text = (ctl.out / name).read_text()
        assert "startsWith('vendor:')" in text and "'vendor:people' in" in text and "lockbox:" not in text.replace("lockbox:customer@example", "")
    assert ctl.read("audit-policy.yaml")["rules"][0]["userGroups"] == ["vendor:people"]


OWN = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitManagedFields: true
rules:
  # Secrets are never told.
  - level: None
    resources: [{group: "", resources: [secrets]}]
  - level: Metadata
    omitStages: [RequestReceived]
"""


def test_our_rule_before_the_customers_own(ctl, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    assert ctl.config("--audit-policy", own).returncode == 0
    before, policy = yaml.safe_load(OWN), ctl.read("audit-policy.yaml")
    assert policy == {**before, "rules": [{"level": "Metadata", "userGroups": ["lockbox:engineers"]}, *before["rules"]]}


@pytest.mark.parametrize("text, why", [
    (OWN + "omitStages: [RequestReceived]\n", "omitStages"), (OWN.replace("Policy", "Event"), "no Policy"),
    ("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\n", "in one line"), (OWN + "---\n" + OWN, "not one list"),
    ("apiVersion: audit.k8s.io/v1\nkind: Policy\n", "not one list"), ("", "no Policy")])
def test_a_policy_that_no_rule_can_be_put_into(ctl, tmp_path, text, why):
    own = tmp_path / "own.yaml"
    own.write_text(text)
    done = ctl.config("--audit-policy", own)
    assert done.returncode == 1 and why in done.stderr
    assert not (ctl.out / "audit-policy.yaml").exists()


@pytest.mark.parametrize("change", [{"username_prefix": "a'b:"}, {"group": 'a"b'}, {"id": "a b"}, {"group": "a\nb"}])
def test_what_would_mean_something_else_is_refused(ctl, change):
    ctl.cluster |= change
    done = ctl("config", ctl.cluster["id"], "--out", ctl.out)
    assert done.returncode == 1 and "letters, digits" in done.stderr and not ctl.out.exists()


def test_what_is_missing(ctl, bare):
    assert ctl("config", "other", "--out", ctl.out).returncode == 1
    assert ctl.config(LOCKBOX_AUTHORIZER_URL="http://x").returncode == 2
    assert ctl.config(LOCKBOX_AUTHORIZER_SERVER_CA_FILE="/nowhere").returncode == 2
    assert ctl.config(path="lockbox").returncode == 2
    assert bare("cluster", "config", "prod", "--out", ctl.out).returncode == 2
    assert ctl.config().returncode == 0
    assert ctl.config().returncode == 1  # never over what is there


# Flags and files

def check(ctl, flags: str | None = None, *arguments) -> tuple[int, dict]:
    """What check finds, without an API server: state and problem of each thing."""
    manifest = ctl.out / "manifest"
    manifest.write_text(flags if flags is not None else (ctl.out / "flags").read_text())
    done = ctl("check", "prod", "--manifest", manifest, "-o", "json")
    return done.returncode, {it["what"]: (it["state"], it["problem"]) for it in json.loads(done.stdout)}


def flags_of(found: dict) -> dict:
    return {what: it for what, it in found.items() if what.startswith(("--", "whom", "the admission"))}


def test_what_config_wrote_is_right(ctl):
    assert ctl.config(path=ctl.out).returncode == 0
    code, found = check(ctl)
    assert {it[0] for it in flags_of(found).values()} == {"ok"}
    assert code == 1 and {it[0] for what, it in found.items() if what not in flags_of(found)} == {"unknown"}  # nobody can be asked


@pytest.mark.parametrize("line", ["    - {}", '    - "{}"', "{}"])
def test_flags_are_found_in_a_manifest_and_a_command_line(ctl, line):
    assert ctl.config(path=ctl.out).returncode == 0
    flags = [line.format(it) for it in (ctl.out / "flags").read_text().split()]
    joined = " ".join(["kube-apiserver", *flags]) if line == "{}" else "\n".join(["  - command:", *flags, ""])
    assert {it[0] for it in flags_of(check(ctl, joined)[1]).values()} == {"ok"}


AUTHORIZATION, ADMISSION, POLICY = "authorization.yaml", "admission/lockbox.yaml", "audit-policy.yaml"
FIRST = "- {type: Node, name: node}"
MISTAKES = {
    "behind RBAC": (AUTHORIZATION, "authorizers:\n", "authorizers:\n- {type: RBAC, name: rbac}\n", "decides before it"),
    "behind another webhook": (AUTHORIZATION, "name: lockbox", "name: other", "decides before it"),
    "no opinion": (AUTHORIZATION, "failurePolicy: Deny", "failurePolicy: NoOpinion", "failurePolicy"),
    "Deny in a comment": (AUTHORIZATION, "failurePolicy: Deny", "failurePolicy: NoOpinion\n    # failurePolicy: Deny", "failurePolicy"),
    "a yes is remembered": (AUTHORIZATION, "cacheAuthorizedRequests: false", "cacheAuthorizedRequests: true", "(cacheAuthorizedRequests)"),
    "a no is remembered": (AUTHORIZATION, "    cacheUnauthorizedRequests: false\n", "", "(cacheUnauthorizedRequests)"),
    "authorization without the prefix": (AUTHORIZATION, "request.user.startsWith('lockbox:') || ", "", "has the prefix"),
    "authorization without the group": (AUTHORIZATION, " || (has(request.groups) && 'lockbox:engineers' in request.groups)", "", "in the group"),
    "another condition": (AUTHORIZATION, "    matchConditions:\n", "    matchConditions:\n    - expression: \"false\"\n", None),
    "another authorizer": ("authorize.kubeconfig", URL, "https://other.example", "asks https://other.example"),
    "admission fails open": (ADMISSION, "failurePolicy: Fail", "failurePolicy: Ignore", "failurePolicy"),
    "dry runs fail": (ADMISSION, "sideEffects: None", "sideEffects: NoneOnDryRun", "sideEffects"),
    "admission of some": (ADMISSION, 'operations: ["*"]', "operations: [CREATE]", "not every change"),
    "admission without the prefix": (ADMISSION, "request.userInfo.username.startsWith('lockbox:') || ", "", "has the prefix"),
    "admission without the customer's identity": (ADMISSION, " || request.userInfo.username == 'lockbox:customer@example'", "", None),
    "admission without the group": (ADMISSION, " || 'lockbox:engineers' in request.userInfo.groups", "", "in the group"),
    "admission of some objects": (ADMISSION, "  sideEffects: None\n", "  sideEffects: None\n  objectSelector: {matchLabels: {a: b}}\n", "not every object"),
    "admission in some namespaces": (ADMISSION, "  sideEffects: None\n", "  sideEffects: None\n  namespaceSelector: {matchLabels: {a: b}}\n",
                                     "not every object"),
    "whoever answers": ("authorize.kubeconfig", 'certificate-authority: "', 'insecure-skip-tls-verify: true, x: "', "shows no certificate"),
    "no admission webhook": ("admission.yaml", "ValidatingAdmissionWebhook", "MutatingAdmissionWebhook", "no ValidatingAdmissionWebhook"),
    "another rule first": (POLICY, "rules:\n", "rules:\n- {level: None, verbs: [get]}\n", "first rule"),
    "stages are left out": (POLICY, "rules:\n", "omitStages: [RequestReceived]\nrules:\n", "omitStages"),
    "another audit webhook": ("audit.kubeconfig", f"{URL}/clusters/prod/audit", "https://siem.example/in", "asks https://siem.example/in"),
    "audit in batches": ("flags", "blocking-strict", "batch", "is batch, and must be blocking-strict"),
    "audit that only blocks": ("flags", "blocking-strict", "blocking", "is blocking, and must be"),
    "the last counts": ("flags", "--audit-webhook-mode=", "--audit-webhook-mode=blocking-strict\n--audit-webhook-mode=batch\n--x=", "is batch"),
    "long events are dropped": ("flags", "--audit-webhook-mode=", "--audit-webhook-truncate-enabled=true\n--audit-webhook-mode=", "events are dropped"),
    "long events are dropped, in few words": ("flags", "--audit-webhook-mode=", "--audit-webhook-truncate-enabled\n--audit-webhook-mode=",
                                              "events are dropped"),
    "a plugin is off": ("flags", "--audit-webhook-mode=", "--disable-admission-plugins=NodeRestriction,ValidatingAdmissionWebhook\n--audit-webhook-mode=",
                        "admission asks nobody"),
    "a plugin is off, behind a space": ("flags", "--audit-webhook-mode=", "--disable-admission-plugins ValidatingAdmissionWebhook\n--audit-webhook-mode=",
                                        "admission asks nobody"),
    "a gate": ("flags", "--feature-gates=ManifestBasedAdmissionControlConfig=true\n", "", "not set"),
}


@pytest.mark.parametrize("name, before, behind, problem", MISTAKES.values(), ids=MISTAKES.keys())
def test_each_single_mistake_is_named(ctl, name, before, behind, problem):
    assert ctl.config(path=ctl.out).returncode == 0
    text = (ctl.out / name).read_text()
    assert before in text
    (ctl.out / name).write_text(text.replace(before, behind))
    code, found = check(ctl)
    wrong = [it[1] for it in flags_of(found).values() if it[0] == "wrong"]
    assert code == 1 and wrong and any((problem or "") in it for it in wrong), found


def test_what_takes_nothing_away_is_right(ctl):
    assert ctl.config(path=ctl.out).returncode == 0
    flags = (ctl.out / "flags").read_text()
    for more in ("--audit-webhook-truncate-enabled=false", "--audit-webhook-truncate-max-event-size=1", "--disable-admission-plugins=NodeRestriction"):
        assert {it[0] for it in flags_of(check(ctl, f"{flags}{more}\n")[1]).values()} == {"ok"}, more


def test_what_cannot_be_read_is_unknown(ctl):
    assert ctl.config().returncode == 0
    code, found = check(ctl)
    assert code == 1 and found["--authorization-config"][0] == "unknown" and "cannot be read here" in found["--authorization-config"][1]
    done = ctl("check", "prod")
    assert done.returncode == 1 and "give --manifest" in done.stderr


class ApiServer(http.server.BaseHTTPRequestHandler):
    """Denies as the authorizer does, and shows its flags."""

    def do_GET(self):
        self.send(200 if self.path == "/flagz" else 404, f"kube-apiserver flagz\nWarning: not for machines\n\n{self.server.flags}")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send(201, json.dumps({"status": {"allowed": False, "denied": True, "reason": "lockbox: identity: no"}}))

    def send(self, status: int, text: str):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server(made):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", "server.key",
                    "-out", "server.crt", "-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1"], cwd=made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made / "server.crt", made / "server.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.mark.parametrize("mode", ["blocking-strict", "batch"])
def test_flags_are_read_from_the_api_server(ctl, made, server, mode):
    assert ctl.config(path=ctl.out).returncode == 0
    ctl.cluster |= {"server": f"https://127.0.0.1:{server.server_port}", "ca_file": str(made / "server.crt"), "key_file": str(made / "customer.key")}
    server.flags = (ctl.out / "flags").read_text().replace("--", "").replace("blocking-strict", mode)
    done = ctl("check", "prod", "-o", "json")
    found = {it["what"]: it["state"] for it in json.loads(done.stdout)}
    assert found.pop("--audit-webhook-mode") == ("ok" if mode == "blocking-strict" else "wrong")
    assert set(found.values()) == {"ok"} and done.returncode == (0 if mode == "blocking-strict" else 1), done.stdout
