"""A bare Debian under systemd-nspawn: its own systemd, processes and files, and the network of whoever starts it. One shell of root
goes from block to block."""
import os
import signal
import subprocess
from pathlib import Path

from support.waiting import wait_until

SECONDS = 240
STATE = "/root/.shell"


class Server:
    def __init__(self, root: Path, console: Path):
        self.root, self.console = root, console
        self.init = 0

    def boot(self) -> None:
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost kafka.example mail.example\n")
        with self.console.open("w") as console:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", f"--directory={self.root}", "--boot", "--register=no", "--keep-unit", "--resolv-conf=off",
                 "--console=pipe", "--machine=lockbox"], stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self.init = wait_until(self.find_init, f"a process of the server: {self.console}", 60)
        wait_until(lambda: self.run("systemctl is-system-running").stdout.strip() in ("running", "degraded"), "the server is up", 120, every=0.5)
        self.run("cd /root", fresh=True)

    def find_init(self) -> int:
        assert self.process.poll() is None, self.console.read_text()
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        of_systemd = [int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd"]
        return of_systemd[0] if of_systemd else 0

    def stop(self) -> None:
        if self.process.poll() is None:
            if self.init:
                os.kill(self.init, signal.SIGKILL)  # the first of its namespace takes all others along
            else:
                self.process.terminate()
            self.process.wait(60)

    def run(self, text: str, seconds: int = SECONDS, fresh: bool = False, **environment: str) -> subprocess.CompletedProcess:
        """In bash, which stops at the first command that fails, with what environment is given and nothing else."""
        assert self.init, "the server is down"
        keep = f'{{ export -p; echo "cd $(printf %q "$PWD")"; }} > {STATE}' if fresh else ":"
        return self.enter(f"set -euo pipefail\n{text}\n{keep}\n", seconds, environment)

    def type(self, text: str) -> subprocess.CompletedProcess:
        """In the one shell: variables stay for the next block."""
        return self.enter(f'set -euo pipefail -a\nsource {STATE}\n{text}\nset +a; {{ export -p; echo "cd $(printf %q "$PWD")"; }} > {STATE}\n',
                          SECONDS, {})

    def enter(self, script: str, seconds: int, environment: dict[str, str]) -> subprocess.CompletedProcess:
        given = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive", **environment}
        return subprocess.run(["nsenter", f"--target={self.init}", "--mount", "--uts", "--ipc", "--pid", "--root", "--wd", "/bin/bash", "-c", script],
                              env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)

    def put(self, path: str, text: str, mode: int) -> None:
        """A file of root's, as an editor makes it."""
        file = Path(f"{self.root}{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text)
        file.chmod(mode)
