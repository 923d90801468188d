"""./dev up --cluster: etcd and a Kubernetes API server that asks the authorizer before every engineer's request.

Who somebody is there, a certificate of client-ca says: CN is the user, O a group. The API server shows the authorizer a
certificate of another authority, so that no engineer's certificate passes for it.

    cluster/ca.pem             knows the servers: the API server and the authorizer
    cluster/client-ca.pem      knows the cluster's users
    cluster/webhook-ca.pem     knows the API server and lockboxctl, as the authorizer's clients
    cluster/NAME.crt NAME.key  server, kube-apiserver, lockboxctl, admin, engineer, customer; service-account.key
    cluster/config             what lockboxctl cluster config writes for the API server
"""
import json
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from statedir import replace

PROCESSES = ["etcd", "apiserver", "authorizer"]
PORTS = ["etcd", "etcd_peers", "apiserver", "authorizer", "authorizer_https"]
ID, CLIENT, PREVIEW = "dev", "kube-apiserver", "lockboxctl"
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

class Cluster:
    def __init__(self, directory: Path, binaries: Path, lockboxctl: Path, ports: dict[str, int]):
        self.directory, self.binaries, self.lockboxctl, self.ports = directory, binaries, lockboxctl, ports
        self.config = directory / "config"
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
        if not (self.directory / f"{PREVIEW}.crt").exists():
            self.certificate(PREVIEW, "webhook-ca", f"/CN={PREVIEW}", "extendedKeyUsage=clientAuth")
        for name in ("admin", "engineer"):
            self.kubeconfig(name, self.url, name)
        self.make_clusters_file()
        self.make_config()

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

    def make_config(self) -> None:
        """Anew each time: it names ports."""
        shutil.rmtree(self.config, ignore_errors=True)
        self.config.mkdir()
        for name in ("crt", "key"):
            (self.config / f"client.{name}").symlink_to(self.path(f"{CLIENT}.{name}"))
        subprocess.run([self.lockboxctl, "cluster", "config", ID, "--out", self.config, "--path", self.config], check=True,
                       capture_output=True, text=True, env=self.settings())

    def make_clusters_file(self) -> None:
        """The resource id is made once: its subscription is nobody's until somebody publishes it."""
        known = json.loads(self.file.read_text())["clusters"] if self.file.exists() else [{
            "id": ID, "client_name": CLIENT,
            "resource_id": f"/subscriptions/{uuid.uuid4()}/resourceGroups/rg-dev/providers/Microsoft.RedHatOpenShift/"
                           "openShiftClusters/aro-dev"}]
        known[0] |= {"preview_clients": [PREVIEW], "username_prefix": PREFIX, "group": GROUP, "server": self.url, "ca_file": self.path("ca.pem"),
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
                *(self.config / "flags").read_text().split(), f"--audit-log-path={self.path('audit.log')}"]

    def admit_customer(self) -> None:
        """What the customer's identity may, as lockboxctl cluster config writes it; there already after the first start."""
        subprocess.run([str(self.binaries / "kubectl"), "--kubeconfig", self.path("admin.kubeconfig"), "--cache-dir", self.path("cache"),
                        "apply", "--server-side", "-f", str(self.config / "rbac.yaml")], check=True, capture_output=True, text=True)

    def settings(self) -> dict[str, str]:
        return {"LOCKBOX_AUTHORIZER_LISTEN": f"127.0.0.1:{self.ports['authorizer_https']}",
                "LOCKBOX_AUTHORIZER_URL": self.authorizer_url,
                "LOCKBOX_AUTHORIZER_CERTIFICATE_FILE": self.path("server.crt"),
                "LOCKBOX_AUTHORIZER_KEY_FILE": self.path("server.key"),
                "LOCKBOX_AUTHORIZER_SERVER_CA_FILE": self.path("ca.pem"),
                "LOCKBOX_AUTHORIZER_CLIENT_CA_FILE": self.path("webhook-ca.pem"),
                "LOCKBOX_PREVIEW_CERTIFICATE_FILE": self.path(f"{PREVIEW}.crt"),
                "LOCKBOX_PREVIEW_KEY_FILE": self.path(f"{PREVIEW}.key"),
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
