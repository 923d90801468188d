"""A request in the words of the mails: asked of `lockboxctl request words`, so that a page and a mail never say two things."""
import json
import shlex
import subprocess
import threading


def changes_of(lines: list[str]) -> list[dict]:
    """Lines of a diff (docs/mail.md) as changes: path, before and after, each a list of (kind, text). Kind is first, on or mark: a
    remark of Lockbox's, which is no part of the text."""
    changes: list[dict] = []
    for line in lines:
        sign, kind, text = line[0], "on" if line[1] == "…" else "first", line[2:]
        if sign == "@" and kind == "first":
            changes.append({"path": [], "before": [], "after": []})
        if not changes:
            changes.append({"path": [], "before": [], "after": []})
        if sign != "!":
            side = {"@": "path", "-": "before", "+": "after"}[sign]
        elif not changes[-1]["path"]:
            side = "path"
        changes[-1][side].append(("mark" if sign == "!" else kind, text))
    return changes


class Words:
    """One process for all requests: a line of JSON in, a line out."""

    def __init__(self, command: str):
        self.command = shlex.split(command)
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None

    def of(self, request: dict) -> dict:
        """items: the words of each item; changes: the lines of each item's changes; duration; cluster."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.command[0]} cannot say request {request['request_id']} in words")
        return json.loads(line)

    def close(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()
