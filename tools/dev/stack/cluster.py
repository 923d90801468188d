"""./dev up --cluster: etcd and a Kubernetes API server that asks the authorizer before every engineer's request.

Who somebody is there, a certificate of client-ca says: CN is the user, O a group. The API server shows the authorizer a
certificate of another authority, so that no engineer's certificate passes for it.

    cluster/ca.pem             knows the servers: the API server and the authorizer
    cluster/client-ca.pem      knows the cluster's users
    cluster/webhook-ca.pem     knows the API server, as the authorizer's client
    cluster/NAME.crt NAME.key  server, kube-apiserver, admin, engineer, customer; service-account.key
"""
import base64
import json
import ssl
import subprocess
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from statedir import replace

PROCESSES = ["etcd", "apiserver", "authorizer"]
PORTS = ["etcd", "etcd_peers", "apiserver", "authorizer", "authorizer_https"]
ID, CLIENT = "dev", "kube-apiserver"
PREFIX, GROUP = "lockbox:", "lockbox:engineers"
ENGINEER = "ines"
IDENTITIES = {"admin": ("admin", "system:masters"), "engineer": (f"{PREFIX}{ENGINEER}", GROUP), "customer": ("lockbox-customer", None)}

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: it, cluster: {{server: "{server}", certificate-authority: {ca}}}}}]
users: [{{name: {user}, user: {{client-certificate: {certificate}, client-key: {key}}}}}]
contexts: [{{name: it, context: {{cluster: it, user: {user}}}}}]
current-context: it
"""
# What is not cached is asked anew for every request: a revoke holds at the next one.
AUTHORIZATION = """\
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- type: Webhook
  name: lockbox
  webhook:
    authorizedTTL: 1s
    cacheAuthorizedRequests: false
    unauthorizedTTL: 1s
    cacheUnauthorizedRequests: false
    timeout: 3s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: Deny
    connectionInfo: {{type: KubeConfigFile, kubeConfigFile: {kubeconfig}}}
    matchConditions:
    - expression: "request.user.startsWith('{prefix}') || (has(request.groups) && '{group}' in request.groups)"
- {{type: Node, name: node}}
- {{type: RBAC, name: rbac}}
"""
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {{level: Metadata, userGroups: ["{group}"]}}
- {{level: None}}
"""
ADMISSION = """\
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: ValidatingAdmissionWebhook
  configuration:
    apiVersion: apiserver.config.k8s.io/v1
    kind: WebhookAdmissionConfiguration
    kubeConfigFile: {kubeconfig}
    staticManifestsDir: {manifests}
"""
MANIFEST = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: lockbox.static.k8s.io}}
webhooks:
- name: admit.lockbox.example
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  matchPolicy: Exact
  timeoutSeconds: 3
  clientConfig: {{url: "{url}", caBundle: {ca}}}
  rules: [{{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"], scope: "*"}}]
  matchConditions:
  - name: engineers
    expression: "request.userInfo.username.startsWith('{prefix}') || '{group}' in request.userInfo.groups"
"""


class Cluster:
    def __init__(self, directory: Path, binaries: Path, ports: dict[str, int]):
        self.directory, self.binaries, self.ports = directory, binaries, ports
        self.file = directory / "clusters.json"
        self.url = f"https://127.0.0.1:{ports['apiserver']}"
        self.authorizer_url = f"https://127.0.0.1:{ports['authorizer_https']}"

    def path(self, name: str) -> str:
        return str(self.directory / name)

    # files

    def make(self) -> None:
        """Certificates once; what names ports, each time."""
        self.directory.mkdir(exist_ok=True)
        if not (self.directory / ".complete").exists():
            self.make_certificates()
            (self.directory / ".complete").touch()
        for name in ("admin", "engineer"):
            self.kubeconfig(name, self.url, name)
        self.kubeconfig("authorize", f"{self.authorizer_url}/clusters/{ID}/authorize", CLIENT)
        replace(self.directory / "authorization.yaml", AUTHORIZATION.format(
            kubeconfig=self.path("authorize.kubeconfig"), prefix=PREFIX, group=GROUP))
        self.kubeconfig("audit", f"{self.authorizer_url}/clusters/{ID}/audit", CLIENT)
        replace(self.directory / "audit-policy.yaml", AUDIT_POLICY.format(group=GROUP))
        self.make_admission()
        self.make_clusters_file()

    def make_certificates(self) -> None:
        for authority in ("ca", "client-ca", "webhook-ca"):
            self.openssl("req", "-x509", *NEW_KEY, "-keyout", f"{authority}.key", "-out", f"{authority}.pem",
                         "-subj", f"/CN=Lockbox dev {authority}", "-addext", "keyUsage=critical,keyCertSign")
        self.certificate("server", "ca", "/CN=127.0.0.1", "extendedKeyUsage=serverAuth",
                         "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self.certificate(CLIENT, "webhook-ca", f"/CN={CLIENT}", "extendedKeyUsage=clientAuth")
        for name, (user, group) in IDENTITIES.items():
            self.certificate(name, "client-ca", f"/CN={user}{f'/O={group}' if group else ''}", "extendedKeyUsage=clientAuth")
        self.openssl("genpkey", "-algorithm", "RSA", "-out", "service-account.key")

    def certificate(self, name: str, authority: str, subject: str, *extensions: str) -> None:
        more = [argument for it in ("basicConstraints=critical,CA:false", *extensions) for argument in ("-addext", it)]
        self.openssl("req", "-x509", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", subject,
                     "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", *more)

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True, cwd=self.directory)

    def kubeconfig(self, name: str, server: str, user: str) -> None:
        replace(self.directory / f"{name}.kubeconfig", KUBECONFIG.format(
            server=server, ca=self.path("ca.pem"), user=user, certificate=self.path(f"{user}.crt"), key=self.path(f"{user}.key")))

    def make_admission(self) -> None:
        manifests = self.directory / "admission"
        manifests.mkdir(exist_ok=True)
        ca = base64.b64encode((self.directory / "ca.pem").read_bytes()).decode()
        replace(manifests / "lockbox.yaml", MANIFEST.format(url=f"{self.authorizer_url}/clusters/{ID}/admit", ca=ca,
                                                            prefix=PREFIX, group=GROUP))
        user = {"name": f"127.0.0.1:{self.ports['authorizer_https']}",
                "user": {"client-certificate": self.path(f"{CLIENT}.crt"), "client-key": self.path(f"{CLIENT}.key")}}
        replace(self.directory / "webhook-client.kubeconfig",
                json.dumps({"apiVersion": "v1", "kind": "Config", "users": [user]}, indent=2) + "\n")
        replace(self.directory / "admission.yaml", ADMISSION.format(kubeconfig=self.path("webhook-client.kubeconfig"),
                                                                    manifests=manifests))

    def make_clusters_file(self) -> None:
        """The resource id is made once: its subscription is nobody's until somebody publishes it."""
        known = json.loads(self.file.read_text())["clusters"] if self.file.exists() else [{
            "id": ID, "client_name": CLIENT,
            "resource_id": f"/subscriptions/{uuid.uuid4()}/resourceGroups/rg-dev/providers/Microsoft.RedHatOpenShift/"
                           "openShiftClusters/aro-dev"}]
        known[0] |= {"username_prefix": PREFIX, "group": GROUP, "server": self.url, "ca_file": self.path("ca.pem"),
                     "certificate_file": self.path("customer.crt"), "key_file": self.path("customer.key")}
        replace(self.file, json.dumps({"clusters": known}, indent=2) + "\n")

    # processes

    def etcd(self) -> list[str]:
        clients, peers = (f"http://127.0.0.1:{self.ports[name]}" for name in ("etcd", "etcd_peers"))
        return [str(self.binaries / "etcd"), "--data-dir", self.path("etcd"), "--listen-client-urls", clients,
                "--advertise-client-urls", clients, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                "--initial-cluster", f"default={peers}", "--log-level", "warn"]

    def apiserver(self) -> list[str]:
        return [str(self.binaries / "kube-apiserver"),
                f"--etcd-servers=http://127.0.0.1:{self.ports['etcd']}", "--bind-address=127.0.0.1",
                f"--secure-port={self.ports['apiserver']}", "--service-cluster-ip-range=10.0.0.0/24",
                f"--cert-dir={self.path('unused')}", f"--tls-cert-file={self.path('server.crt')}",
                f"--tls-private-key-file={self.path('server.key')}", f"--client-ca-file={self.path('client-ca.pem')}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self.path('service-account.key')}",
                f"--service-account-signing-key-file={self.path('service-account.key')}",
                f"--authorization-config={self.path('authorization.yaml')}",
                f"--admission-control-config-file={self.path('admission.yaml')}",
                f"--audit-policy-file={self.path('audit-policy.yaml')}",
                f"--audit-webhook-config-file={self.path('audit.kubeconfig')}", "--audit-webhook-mode=blocking-strict",
                f"--audit-log-path={self.path('audit.log')}",
                "--feature-gates=ManifestBasedAdmissionControlConfig=true",
                "--disable-admission-plugins=ServiceAccount"]

    def settings(self) -> dict[str, str]:
        return {"LOCKBOX_AUTHORIZER_LISTEN": f"127.0.0.1:{self.ports['authorizer_https']}",
                "LOCKBOX_AUTHORIZER_URL": self.authorizer_url,
                "LOCKBOX_AUTHORIZER_CERTIFICATE_FILE": self.path("server.crt"),
                "LOCKBOX_AUTHORIZER_KEY_FILE": self.path("server.key"),
                "LOCKBOX_AUTHORIZER_SERVER_CA_FILE": self.path("ca.pem"),
                "LOCKBOX_AUTHORIZER_CLIENT_CA_FILE": self.path("webhook-ca.pem"),
                "LOCKBOX_CLUSTERS_FILE": str(self.file)}

    def printed(self) -> dict[str, str]:
        return {"LOCKBOX_KUBECONFIG_ENGINEER": self.path("engineer.kubeconfig"),
                "LOCKBOX_KUBECONFIG_ADMIN": self.path("admin.kubeconfig"),
                "LOCKBOX_CLUSTER_CLIENT_CA_FILE": self.path("client-ca.pem"),
                "LOCKBOX_CLUSTER_CLIENT_CA_KEY_FILE": self.path("client-ca.key"),
                "LOCKBOX_HTTP_AUTHORIZER": f"127.0.0.1:{self.ports['authorizer']}"}

    def why_not_ready(self, name: str) -> str | None:
        try:
            if name == "etcd":
                urllib.request.urlopen(f"http://127.0.0.1:{self.ports['etcd']}/health", timeout=1).close()
            else:
                context = ssl.create_default_context(cafile=self.path("ca.pem"))
                context.load_cert_chain(self.path("admin.crt"), self.path("admin.key"))
                urllib.request.urlopen(f"{self.url}/readyz", timeout=2, context=context).close()
            return None
        except urllib.error.HTTPError as error:
            return f"HTTP {error.code}"
        except OSError as error:
            reason = getattr(error, "reason", error)
            return getattr(reason, "strerror", None) or "no answer"


NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "3650"]
