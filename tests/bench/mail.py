"""8 KB mails per second, ledgered: beside a bare libesmtp loop, smtp-source and nodemailer, and with slow recipients.

One after the other in one run, against a PostgreSQL of its own, into Postfix's smtp-sink; with slow recipients, and without in
the same pair, into tarpit.c. Goals in brackets, behind the geometric mean of all pairs' ratios and its standard error. Where the
processors are busy the CPU time of a mail says more than mails per second: it is told for each program.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from math import log, sqrt
from pathlib import Path
from statistics import geometric_mean, mean, stdev

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support.ledger import Ledger  # noqa: E402
from tests.support.processor import cpu_seconds  # noqa: E402
from tests.support.stack import REPOSITORY, free_port  # noqa: E402
from tests.support.waiting import wait_until  # noqa: E402

BARE = REPOSITORY / "build/release/tests/bare_smtp"
NODEMAILER = "nodemailer@7.0.6"
SIZE = 8192
SLOW_MAILS = 3  # times as many: sessions are added for slow recipients during the first few thousand
TARPIT = REPOSITORY / "build/release/tests/tarpit"


def tool(name):
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    return found or sys.exit(f"bench mail: {name} is missing: it is in Debian's postfix")


def microseconds(seconds, count):
    return f"{seconds / count * 1e6:.0f} µs"


class Receiver:
    """On a port of its own."""

    def __init__(self, command):
        self.port = free_port()
        self.process = subprocess.Popen(command(self.port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        cwd=tempfile.gettempdir())
        time.sleep(0.3)
        self.url = f"smtp://127.0.0.1:{self.port}?tls=off"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def sink(*options):
    """Postfix's smtp-sink; options as it takes them."""
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    return Receiver(lambda port: [tool("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "1000"])


def tarpit(seconds):
    return Receiver(lambda port: [TARPIT, str(port), str(seconds)])


def bare(count, sessions, message):
    before = os.times()
    with sink() as receiver:
        done = subprocess.run([BARE, f"127.0.0.1:{receiver.port}", str(sessions), str(count), message], capture_output=True,
                              text=True, check=True)
        after = os.times()
        client = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"    a mail's CPU: bare libesmtp {microseconds(client, count)}, receiver {microseconds(cpu_seconds(receiver.process.pid), count)}",
              flush=True)
    return float(done.stdout)


def smtp_source(count, sessions):
    with sink() as receiver:
        began = time.monotonic()
        subprocess.run([tool("smtp-source"), "-d", "-s", str(sessions), "-l", str(SIZE), "-m", str(count),
                        "-f", "lockbox@lockbox.example", "-t", "ann@contoso.example", f"127.0.0.1:{receiver.port}"], check=True)
        return count / (time.monotonic() - began)


def nodemailer(count, folder, message):
    """Mails per second of its pool of 20 connections, or None where there is no npm."""
    if not shutil.which("npm"):
        return None
    subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", folder, NODEMAILER], check=True,
                   stdout=subprocess.DEVNULL)
    with sink() as receiver:
        done = subprocess.run(["node", REPOSITORY / "tests/bench/nodemailer/pool.js", str(receiver.port), str(count), message],
                              capture_output=True, text=True, check=True, env={**os.environ, "NODE_PATH": f"{folder}/node_modules"})
    return float(done.stdout)


# Whoever is made to wait longer than this need not be waited for.
WAITED = "interval '4 s'"

# Of first attempts: those that gave way to others are tried again a minute later, when all the others are long done.
RATE = f"""
SELECT count(*) / extract(epoch FROM max(ended_at) - min(begun_at)) AS rate, count(*) AS mails
  FROM lockbox.notification_attempt WHERE number = 1 AND outcome = 'sent' AND ended_at - begun_at < {WAITED}
"""

# Asked of two small indexes: counting the table would be work that the notifier's mails pay for.
ALL_DONE = f"""
SELECT NOT EXISTS (SELECT FROM lockbox.notification WHERE state IN ('queued', 'deferred') AND attempts = 0)
   AND NOT EXISTS (SELECT FROM lockbox.notification WHERE state = 'sending' AND attempts = 1
                                                      AND attempted_at > clock_timestamp() - {WAITED})
"""


def backends(ledger):
    """PostgreSQL's processes that work for the notifier, or for all."""
    postmaster = Path(ledger.db.value("SHOW data_directory"), "postmaster.pid").read_text().split()[0]
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [child for child in children if int(child) != ledger.db.value("SELECT pg_backend_pid()")]


def ledgered(ledger, count, sessions, start=sink):
    """Mails per second by the ledger's own times, of those that nobody made wait; and how many others there were."""
    ledger.empty()
    ledger.queue([f"r{number}@contoso.example" for number in range(count)], justification=JUSTIFICATION)
    ledger.db.rows("VACUUM ANALYZE lockbox.notification, lockbox.notice")
    ledger.db.rows("CHECKPOINT")
    before = cpu_seconds(*backends(ledger))
    with start() as receiver:
        notifier = ledger.notifier(receiver.url, LOCKBOX_MAIL_SESSIONS=str(sessions), LOCKBOX_LOG_LEVEL="error")
        wait_until(lambda: ledger.db.value(ALL_DONE), "mails sent", 300, every=0.5)
        row = ledger.db.row(RATE)
        print(f"    a mail's CPU: notifier {microseconds(cpu_seconds(notifier.pid), count)}, PostgreSQL "
              f"{microseconds(cpu_seconds(*backends(ledger)) - before, count)}, receiver {microseconds(cpu_seconds(receiver.process.pid), count)}",
              flush=True)
        ledger.stop(notifier)
    return float(row.rate), row.mails


def slowed(ledger, count, sessions):
    rate, mails = ledgered(ledger, count, sessions, lambda: tarpit(30))
    print(f"    {count - mails} were made to wait", flush=True)
    return rate


def in_pairs(rounds, base, ours):
    """Ours and the base, one behind the other: the means of both, and the geometric mean of their ratios with its standard error."""
    pairs = []
    for number in range(rounds):
        first, second = (base, ours) if number % 2 == 0 else (ours, base)
        pair = first(), second()
        pairs.append(pair if first is base else pair[::-1])
        print(f"    {pairs[-1][1]:.0f}/s beside {pairs[-1][0]:.0f}/s", flush=True)
    ratios = [our / one for one, our in pairs]
    ratio = geometric_mean(ratios)
    error = f" ± {ratio * stdev(map(log, ratios)) / sqrt(rounds):.2f}" if rounds > 1 else ""
    return mean(our for _, our in pairs), mean(one for one, _ in pairs), f"{ratio:.2f}{error}"


def sample(ledger, folder):
    """One mail as it goes over the wire."""
    ledger.empty()
    ledger.queue(["r1@contoso.example"], justification=JUSTIFICATION)
    with sink("-d", f"{folder}/%s.") as receiver:
        ledger.stop((notifier := ledger.notifier(receiver.url), ledger.await_finished(30))[0])
    [dump] = Path(folder).glob("[0-9]*.*")
    return dump


JUSTIFICATION = "Half of the routes answer 503; the router logs show which backends are dropped. " * 12


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mails", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=8, help="how often a pair is measured, whose ratio varies by a tenth (%(default)s)")
    parser.add_argument("--sessions", type=int, nargs="*", default=[1, 4])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        os.chmod(directory, 0o755)
        ledger = Ledger(Path(directory, "stack"))
        try:
            message = Path(directory, "message")
            dumps = Path(directory, "dumps")
            dumps.mkdir(mode=0o777)
            os.chmod(dumps, 0o777)
            content = sample(ledger, dumps).read_bytes().partition(b"\nFrom: ")
            text = (b"From: " + content[2]).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            message.write_bytes(text)
            print(f"a mail is {len(text)} bytes", file=sys.stderr)
            for sessions in given.sessions:
                ours, theirs, ratio = in_pairs(given.rounds, lambda: bare(given.mails, sessions, message),
                                               lambda: ledgered(ledger, given.mails, sessions)[0])
                print(f"{sessions} sessions: notifier {ours:.0f}/s, bare libesmtp {theirs:.0f}/s, ratio {ratio} [≥ 0.9]", flush=True)
            slow, without, ratio = in_pairs(given.rounds,
                                            lambda: ledgered(ledger, given.mails * SLOW_MAILS, 4, lambda: tarpit(0))[0],
                                            lambda: slowed(ledger, given.mails * SLOW_MAILS, 4))
            print(f"1 % made to wait 30 s, 4 sessions: {slow:.0f}/s, without {without:.0f}/s, ratio {ratio} [≥ 0.97]", flush=True)
            print(f"smtp-source, 4 sessions: {smtp_source(given.mails, 4):.0f}/s")
            node = nodemailer(given.mails, directory, message)
            print("nodemailer: not measured, there is no npm" if node is None else
                  f"nodemailer, pool of 20: {node:.0f}/s; notifier at 4 sessions {without / node:.1f} × [≥ 3]")
        finally:
            ledger.close()


if __name__ == "__main__":
    main()
