"""Killing and restarting by a seed, until told to stop."""
import random
import signal
import threading
import time
from collections import Counter

from .stack import SERVERS, WORKERS, Stack


class Saboteur(threading.Thread):
    """Kills a worker (-9) every now and then; restarts PostgreSQL and Kafka once each, in a gentle or in a rough way."""

    def __init__(self, stack: Stack, seed: int, pause: tuple[float, float] = (0.5, 2.0), servers_after: int = 4):
        super().__init__(name="saboteur", daemon=True)
        self.stack, self.random, self.pause = stack, random.Random(seed), pause
        self.deeds: Counter[str] = Counter()
        self.error: Exception | None = None
        self.stopping = threading.Event()
        # Every worker once before any a second time, so that a short run leaves none out.
        self.victims = self.random.sample(WORKERS, len(WORKERS))
        self.servers = {servers_after: "postgres", 2 * servers_after: "kafka"}

    def run(self) -> None:
        try:
            for number in range(1, 1_000_000):
                if self.stopping.wait(self.random.uniform(*self.pause)):
                    return
                self.kill(self.victims.pop() if self.victims else self.random.choice(WORKERS))
                if number in self.servers:
                    self.restart(self.servers[number])
        except Exception as error:  # told by finish()
            self.error = error

    def kill(self, worker: str) -> None:
        deadline = time.monotonic() + 60
        while not self.stopping.is_set() and time.monotonic() < deadline:
            self.stack.note_pids()
            if worker in self.stack.pids:
                self.stack.kill(worker)
                self.deeds[worker] += 1
                return

    def restart(self, server: str) -> None:
        if self.random.random() < 0.5:
            self.stack.down(server)
        else:
            self.stack.signal(server, signal.SIGKILL)
        self.stack.up(*SERVERS)
        self.deeds[server] += 1

    def finish(self) -> Counter[str]:
        """Stops, and returns how often whom."""
        self.stopping.set()
        self.join(180)
        if self.error:
            raise self.error
        return self.deeds
