"""lockboxctl cluster check and report beside real API servers: one that is as it should be, and one for each mistake."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from support.cluster import NAMESPACE
from support.stack import BINARIES, free_port
from support.waiting import wait_until


class Ctl:
    def __init__(self, cluster):
        self.cluster = cluster
        self.config = Path(cluster.env["LOCKBOX_CLUSTERS_FILE"]).parent / "config"

    def __call__(self, *arguments, **settings) -> subprocess.CompletedProcess:
        environment = {name: it for name, it in self.cluster.env.items() if name.startswith("LOCKBOX_")}
        return subprocess.run([BINARIES / "lockboxctl", "cluster", *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              env={**os.environ, **environment, **settings})

    def check(self, flags: Path, **settings) -> tuple[int, dict]:
        done = self("check", self.cluster.id, "--manifest", flags, "-o", "json", **settings)
        return done.returncode, {it["what"]: (it["state"], it["problem"]) for it in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def ctl(cluster):
    ctl = Ctl(cluster)
    cluster.admin.must("apply", "-f", ctl.config / "rbac.yaml")
    return ctl


def test_a_cluster_as_it_should_be(ctl):
    code, found = wait_until(lambda: (it := ctl.check(ctl.config / "flags"))[0] == 0 and it, "RBAC has taken the identity in")
    assert {it[0] for it in found.values()} == {"ok"} and len(found) > 12


def test_an_identity_that_may_not_ask(ctl, cluster):
    cluster.admin.must("delete", "clusterrolebinding", "lockbox-customer")
    try:
        code, found = wait_until(lambda: (it := ctl.check(ctl.config / "flags"))[1]["before RBAC"][0] == "unknown" and it, "it may not")
        assert code == 1 and "may not create SubjectAccessReviews" in found["before RBAC"][1]
    finally:
        cluster.admin.must("apply", "-f", ctl.config / "rbac.yaml")


class Mistaken:
    """Another API server over the same etcd, apart from the first one's objects, with one thing different: edits of the file `name`, or the
    authorizer's address."""

    def __init__(self, ctl: Ctl, tmp_path: Path, name: str, *edits: tuple[str, str], authorizer: str | None = None):
        self.ctl, self.port, self.config = ctl, free_port(), tmp_path / "config"
        cluster = ctl.cluster
        shutil.copytree(ctl.config, self.config, symlinks=True)
        for file in self.config.rglob("*"):
            if file.is_file() and not file.is_symlink():
                text = file.read_text().replace(str(ctl.config), str(self.config))
                url = cluster.env["LOCKBOX_AUTHORIZER_URL"]
                file.write_text(text.replace(url, authorizer or url).replace(url.removeprefix("https://"), (authorizer or url).removeprefix("https://")))
        kubeconfig = (self.config / "authorize.kubeconfig").read_text()
        (self.config / "nobody.kubeconfig").write_text(kubeconfig.replace(cluster.env["LOCKBOX_AUTHORIZER_URL"], "https://127.0.0.1:1"))
        for before, behind in edits:
            text = (self.config / name).read_text()
            assert before in text
            (self.config / name).write_text(text.replace(before, behind))
        pid = cluster.system.stack.status()["apiserver"]["pid"]
        arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
        ours = [it for it in arguments if not it.startswith(("--authorization-config", "--admission-control", "--audit-", "--feature-gates",
                                                            "--secure-port", "--cert-dir"))]
        self.log = (tmp_path / "log").open("w")
        self.process = subprocess.Popen([*ours, f"--secure-port={self.port}", f"--cert-dir={tmp_path}", f"--etcd-prefix=/{self.port}",
                                         *(self.config / "flags").read_text().split()], stdout=self.log, stderr=self.log)
        self.clusters = tmp_path / "clusters.json"
        file = json.loads(Path(cluster.env["LOCKBOX_CLUSTERS_FILE"]).read_text())
        file["clusters"][0]["server"] = f"https://127.0.0.1:{self.port}"
        self.clusters.write_text(json.dumps(file))
        admin = yaml.safe_load(Path(cluster.env["LOCKBOX_KUBECONFIG_ADMIN"]).read_text())
        admin["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self.port}"
        (tmp_path / "admin").write_text(json.dumps(admin))
        self.kubectl = [cluster.binary, "--kubeconfig", tmp_path / "admin"]

    def ready(self) -> bool:
        assert self.process.poll() is None, Path(self.log.name).read_text()[-3000:]
        return subprocess.run([*self.kubectl, "apply", "-f", self.config / "rbac.yaml"], capture_output=True).returncode == 0

    def has(self, object: dict) -> bool:
        """Makes it, where it is not there."""
        return subprocess.run([*self.kubectl, "apply", "-f", "-"], input=json.dumps(object), text=True, capture_output=True).returncode == 0

    def check(self) -> dict:
        return self.ctl.check(self.config / "flags", LOCKBOX_CLUSTERS_FILE=str(self.clusters))[1]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()


AUTHORIZATION = "authorization.yaml"
PREFIX, MEMBER = "request.user.startsWith('lockbox:')", "(has(request.groups) && 'lockbox:engineers' in request.groups)"
RBAC = "- {type: RBAC, name: rbac}\n"
ALLOWED = "allowed, by another"
# What the API server itself says; what its files say is in tests/lockboxctl.
MISTAKES = {
    "behind RBAC": ([(RBAC, ""), ("authorizers:\n", f"authorizers:\n{RBAC}")], "before RBAC", ALLOWED),
    "no prefix": ([(f"{PREFIX} || ", "")], "the prefix without the group", ALLOWED),
    "no group": ([(f" || {MEMBER}", "")], "the group without the prefix", ALLOWED),
    "no webhook": ([(f"{PREFIX} || {MEMBER}", "false")], "an engineer is refused", "no authorizer denies it"),
    "nobody asked, no opinion": ([("failurePolicy: Deny", "failurePolicy: NoOpinion"), ("authorize.kubeconfig", "nobody.kubeconfig")],
                                 "before RBAC", ALLOWED),
    "nobody asked": ([("authorize.kubeconfig", "nobody.kubeconfig")], "an engineer is refused", "denied, and not by Lockbox"),
}


@pytest.mark.parametrize("edits, what, problem", MISTAKES.values(), ids=MISTAKES.keys())
def test_each_mistake_is_seen_by_asking(ctl, tmp_path, edits, what, problem):
    server = Mistaken(ctl, tmp_path, AUTHORIZATION, *edits)
    try:
        wait_until(server.ready, "the other API server answers", 120)
        wait_until(lambda: problem in (server.check()[what][1] or ""), f"what it says of {what}", 60)
    finally:
        server.close()


def test_a_report_of_what_was_used(ctl, cluster, customer):
    engineer = cluster.engineer()
    items = [{"action": "list_or_get_objects", "namespace": NAMESPACE, "kind": kind} for kind in ("Pod", "ConfigMap")]
    request = engineer.granted(customer, *items)
    engineer.kubectl.must("get", "pods", "-n", NAMESPACE)

    def reported() -> dict:
        rows = json.loads(ctl("report", cluster.id, "-o", "json", "--limit", "10000").stdout)
        found = {it["item"]: (it["what"], it["kind"], it["times"]) for it in rows if it["request_id"] == request.id}
        return found if found.get(1, ("",))[0] == "used" and 2 in found else {}

    assert wait_until(reported, "the audit store has it") == {1: ("used", "Pod", 1), 2: ("unused", "ConfigMap", 0)}
