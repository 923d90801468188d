"""lockboxctl cluster propose, as its users run it."""
import json
import os
import subprocess

from .stack import BINARIES


class Propose:
    def __init__(self, env: dict, cluster: str):
        self.env, self.cluster = {name: it for name, it in env.items() if name.startswith("LOCKBOX_")}, cluster

    def __call__(self, engineer: str, *arguments: str, text: str | None = None, **settings) -> subprocess.CompletedProcess:
        return subprocess.run([BINARIES / "lockboxctl", "cluster", "propose", self.cluster, "--engineer", engineer, *arguments],
                              input=text, capture_output=True, text=True, timeout=120, env={**os.environ, **self.env, **settings})

    def item(self, engineer: str, *arguments: str, text: str | None = None) -> dict:
        done = self(engineer, *arguments, text=text)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    def of_object(self, engineer: str, object: dict) -> dict:
        return self.item(engineer, "-f", "-", text=json.dumps(object))

    def of_patch(self, engineer: str, type: str, patch, kind: str, namespace: str, name: str) -> dict:
        return self.item(engineer, "--type", type, "--patch", json.dumps(patch), "--kind", kind, "--namespace", namespace, "--name", name)

    def refused(self, engineer: str, *arguments: str, text: str | None = None) -> str:
        """The code."""
        done = self(engineer, *arguments, text=text)
        assert (done.returncode, done.stdout) == (1, ""), (done.stdout, done.stderr)
        return done.stderr.removeprefix("lockboxctl: ").partition(":")[0]
