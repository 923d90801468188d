"""Workers replaced one at a time under load, as an upgrade does it, and what must be true afterwards."""
import signal
import subprocess
from collections import Counter
from pathlib import Path

from .system import System
from .stack import Stack, free_port
from .traffic import Life, Traffic, complaints_about
from .waiting import wait_until

ORDER = ["auditor", "notifier", "relay", "expirer", "decider", "requester"]  # docs/operate.md
SECONDS = 120


def replace(stack: Stack, worker: str) -> None:
    """The stack's own instance; the supervisor starts another one in its place."""
    stack.note_pids()
    old = stack.signal(worker, signal.SIGTERM)
    wait_until(lambda: stack.status()[worker]["pid"] not in (old, None), f"{worker} is replaced", SECONDS)
    stack.await_ready(worker, seconds=SECONDS)


class Second:
    """A second instance of a worker, by its own principal and role."""

    def __init__(self, stack: Stack, worker: str):
        self.stack, self.worker = stack, worker
        secret = Path(stack.env["LOCKBOX_KAFKA_SASL_PASSWORD_FILE"]).with_name(f"{worker}_password")
        self.settings = {} if worker == "expirer" else {
            "LOCKBOX_KAFKA_SASL_USERNAME": worker, "LOCKBOX_KAFKA_SASL_PASSWORD_FILE": str(secret)}
        self.start()

    def start(self) -> None:
        port = free_port()
        self.process: subprocess.Popen = self.stack.spawn(self.worker, "2", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}", **self.settings)
        wait_until(lambda: self.stack.ready(port) == "ready", f"the second {self.worker} is ready", SECONDS)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.worker

    def replace(self) -> None:
        self.stop()
        self.start()


class Load:
    """Lifecycles without an end, by a seed."""

    def __init__(self, system: System, at_once: int, seed: int):
        self.system, self.at_once, self.seed = system, at_once, seed
        self.traffics = [Traffic(system, at_once, seed)]

    def go_on(self) -> None:
        if self.traffics[-1].is_over:
            self.traffics.append(Traffic(self.system, self.at_once, self.seed + len(self.traffics)))

    def finish(self) -> list[Life]:
        return [life for traffic in self.traffics for life in traffic.finish()]


def assert_whole(system: System, lives: list[Life]) -> None:
    """Nothing lost, nothing done twice, nothing left to read."""
    assert complaints_about(system, lives) == []
    for worker in ("requester", "decider", "notifier", "auditor"):
        wait_until(lambda: system.stack.metrics(worker)["lockbox_lag_records"] == 0, f"{worker} has read everything", SECONDS)
    assert system.lockbox.value("SELECT count(*) FROM (SELECT 1 FROM lockbox.access_item GROUP BY request_id, number"
                              " HAVING count(*) > 1) AS twice") == 0


def sent_twice(system: System) -> dict[str, int]:
    """Events and mails that came more than once, under one id: no more than a repetition, and a graceful stop makes none."""
    events = Counter(record.event["id"] for record in system.events.records)
    mails = Counter((mail.id, mail.recipient) for mail in system.mailbox.all())
    return {"events": sum(count - 1 for count in events.values()), "mails": sum(count - 1 for count in mails.values())}
