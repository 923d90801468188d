"""The Kubernetes cluster of a stack that was started with --cluster, as its users reach it: by kubectl."""
import json
import secrets
import subprocess
from pathlib import Path

import yaml

from .scenario import Request, Tenant, new_engineer, Person
from .system import System

PREFIX, GROUP, NAMESPACE = "lockbox:", "lockbox:engineers", "openshift-ingress"


class Kubectl:
    """As one identity."""

    def __init__(self, binary: Path, kubeconfig: Path):
        self.binary, self.kubeconfig = binary, kubeconfig

    def __call__(self, *arguments: str, text: str | None = None, seconds: float = 90) -> subprocess.CompletedProcess:
        """Discovery is asked for each time: what it caches is another test's."""
        return subprocess.run([self.binary, "--kubeconfig", self.kubeconfig, "--cache-dir", self.kubeconfig.with_suffix(".cache"),
                               *arguments], input=text, capture_output=True, text=True, timeout=seconds)

    def must(self, *arguments: str, text: str | None = None) -> str:
        done = self(*arguments, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout


class Cluster:
    def __init__(self, system: System, scratch: Path):
        self.system, self.scratch, self.env = system, scratch, system.stack.env
        self.binary = system.stack.kubernetes / "kubectl"
        self.resource_id, self.id = system.stack.cluster["resource_id"], system.stack.cluster["id"]
        self.admin = Kubectl(self.binary, self.copy("admin", self.env["LOCKBOX_KUBECONFIG_ADMIN"]))

    def copy(self, name: str, kubeconfig: str) -> Path:
        path = self.scratch / f"{name}.kubeconfig"
        path.write_text(Path(kubeconfig).read_text())
        return path

    @property
    def subscription(self) -> str:
        return self.resource_id.split("/")[2]

    def identity(self, user: str, *groups: str) -> Kubectl:
        """Somebody new, by a certificate of the cluster's authority for clients."""
        name = secrets.token_hex(4)
        key, certificate = self.scratch / f"{name}.key", self.scratch / f"{name}.crt"
        subject = "".join([f"/CN={user}", *(f"/O={group}" for group in groups)])
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                        "-days", "1", "-keyout", key, "-out", certificate, "-subj", subject, "-addext",
                        "extendedKeyUsage=clientAuth", "-CA", self.env["LOCKBOX_CLUSTER_CLIENT_CA_FILE"],
                        "-CAkey", self.env["LOCKBOX_CLUSTER_CLIENT_CA_KEY_FILE"]], check=True, capture_output=True)
        config = yaml.safe_load(Path(self.env["LOCKBOX_KUBECONFIG_ADMIN"]).read_text())
        config["users"][0]["user"] = {"client-certificate": str(certificate), "client-key": str(key)}
        path = self.scratch / f"{name}.kubeconfig"
        path.write_text(json.dumps(config))
        return Kubectl(self.binary, path)

    def engineer(self, person: Person | None = None) -> "Engineer":
        return Engineer(self, person or new_engineer())


class Engineer:
    """Whom the cluster knows as an engineer, and Lockbox by the same id."""

    def __init__(self, cluster: Cluster, person: Person):
        self.cluster, self.person = cluster, person
        self.kubectl = cluster.identity(f"{PREFIX}{person.id}", GROUP)

    def ask(self, tenant: Tenant, *items: dict, **wish) -> Request:
        ticket = tenant.ticket(engineer=self.person)
        return ticket.request(resource_id=self.cluster.resource_id, actions=list(items), **wish)

    def granted(self, tenant: Tenant, *items: dict, **wish) -> Request:
        request = self.ask(tenant, *items, **wish)
        request.approve()
        return request
