"""The state directory: everything a stack has lies in it, and nothing of it lies elsewhere.

    .lockbox-dev       marks the directory as ours (./dev puts it there); without it, nothing is removed
    stack.json         what must be remembered between runs: ports, settings, Kafka's cluster id
    run/               one start script per process, supervisord's configuration, socket and pid, the PostgreSQL socket
    log/               one log per process, install.log, build.log
    kafka/ postgres/ mail/     their data
    checkpoint.key    signs this stack's checkpoints
"""
import base64
import fcntl
import json
import os
import random
import shutil
import socket
from pathlib import Path

MARK = ".lockbox-dev"
PORTS = range(12000, 32000)  # below the ports that the kernel hands out to clients
SOCKET_PATH_MAX = 107        # sun_path, see unix(7)


class Refused(Exception):
    """The user asked for something that we will not do; the message says why, and what to do."""


class StateDir:
    def __init__(self, path: Path):
        self.path = path
        self.run = path / "run"
        self.log = path / "log"

    @property
    def is_ours(self) -> bool:
        return (self.path / MARK).exists()

    def check(self) -> None:
        if len(str(self.run / "supervisor.sock.12345")) > SOCKET_PATH_MAX:
            raise Refused(f"{self.path} is too long a path for unix sockets: name a shorter one in LOCKBOX_DEV_DIR")

    def wipe(self) -> None:
        if not self.path.exists():
            return
        if not self.is_ours:
            raise Refused(f"{self.path} does not look like a stack's state ({MARK} is missing): remove it by hand")
        shutil.rmtree(self.path)

    def lock(self):
        """One up or down at a time. The lock is held until the returned file is closed."""
        file = open(self.run / "lock", "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def load(self) -> dict:
        try:
            return json.loads((self.path / "stack.json").read_text())
        except FileNotFoundError:
            return {}

    def checkpoint_key(self) -> Path:
        """An Ed25519 key in PEM (RFC 8410: a fixed beginning, then 32 random bytes), made before its first use."""
        path = self.path / "checkpoint.key"
        if not path.exists():
            der = bytes.fromhex("302e020100300506032b657004220420") + os.urandom(32)
            body = base64.b64encode(der).decode()
            replace(path, f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n", 0o600)
        return path

    def save(self, state: dict) -> None:
        replace(self.path / "stack.json", json.dumps(state, indent=2) + "\n")


def replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes a file whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode)
    draft.write_text(text)
    os.replace(draft, path)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def pick_ports(names: list[str], remembered: dict[str, int], in_use_by_us: set[str]) -> dict[str, int]:
    """The remembered port of each name, or another one where somebody else has taken it."""
    ports = {}
    for name in names:
        port = remembered.get(name)
        if port is None or (name not in in_use_by_us and not is_free(port)):
            taken = set(remembered.values()) | set(ports.values())
            port = next(p for p in random.sample(PORTS, 1000) if p not in taken and is_free(p))
        ports[name] = port
    return ports
