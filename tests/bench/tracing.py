"""Tracing: lifecycles per second with spans, beside those without, and the workers' processor time for each. Both from one run.

Two stacks take turns, so that whatever else the machine does falls on both: ROUNDS rounds of LOCKBOX_BENCH_LIFECYCLES lifecycles each, fewer
where LOCKBOX_BENCH_SECONDS are over. A ratio is the mean of the rounds' ratios, with its standard error. The collector is a process of its own that reads
and counts.
"""
import http.server
import math
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]
from road import lifecycles  # noqa: E402
from tests.support.processor import cpu_seconds  # noqa: E402
from tests.support.stack import WORKERS, Stack  # noqa: E402

COUNT = int(os.environ.get("LOCKBOX_BENCH_LIFECYCLES", "200"))
SECONDS = int(os.environ.get("LOCKBOX_BENCH_SECONDS", "300"))
ROUNDS, LEAST = 6, 2


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        spans = self.rfile.read(int(self.headers["Content-Length"])).count(b'"spanId"')
        with self.server.spans.get_lock():
            self.server.spans.value += spans
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def collect(server, spans):
    server.spans = spans
    server.serve_forever()


class Side:
    """One of the two stacks, and what each of its rounds came to."""

    def __init__(self, directory, **settings):
        self.stack = Stack(Path(directory), LOCKBOX_PENDING_PER_SUBSCRIPTION=str(2 * COUNT), **settings)
        self.rates, self.costs = [], []

    def up(self):
        self.stack.up()
        self.pids = [self.stack.status()[worker]["pid"] for worker in WORKERS]

    def measure(self):
        """Lifecycles a second, and milliseconds of the workers' processors for each."""
        before = cpu_seconds(*self.pids)
        self.rates.append(lifecycles(self.stack, COUNT)[1])
        self.costs.append((cpu_seconds(*self.pids) - before) / COUNT * 1000)


def ratio(above, below):
    ratios = [a / b for a, b in zip(above, below)]
    return statistics.mean(ratios), statistics.stdev(ratios) / math.sqrt(len(ratios))


def measure(without, spanned):
    without.up()
    spanned.up()
    end = time.monotonic() + SECONDS
    for number in range(ROUNDS):
        if number >= LEAST and time.monotonic() > end:
            break
        for side in (without, spanned) if number % 2 == 0 else (spanned, without):
            side.measure()


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    spans = multiprocessing.Value("L", 0)
    collector = multiprocessing.get_context("fork").Process(target=collect, args=(server, spans), daemon=True)
    collector.start()
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as one, tempfile.TemporaryDirectory(prefix="lockbox-bench-") as other:
        without, spanned = Side(one), Side(other, LOCKBOX_OTLP_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
        try:
            measure(without, spanned)
        finally:
            without.stack.wipe()
            spanned.stack.wipe()
    collector.terminate()
    collector.join()
    rounds = len(without.rates)
    for name, side in (("without spans", without), ("with spans", spanned)):
        print(f"{name:<15}{statistics.mean(side.rates):8.1f} lifecycles/s   {statistics.mean(side.costs):.2f} ms of processor each   "
              f"{rounds} rounds of {COUNT}")
    (rate, rate_error), (cost, cost_error) = ratio(spanned.rates, without.rates), ratio(spanned.costs, without.costs)
    print(f"ratio          {rate:8.2f} ± {rate_error:.2f} [0.9]        {cost:.2f} ± {cost_error:.2f}   "
          f"{spans.value / COUNT / rounds:.0f} spans each")


if __name__ == "__main__":
    main()
