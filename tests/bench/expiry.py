"""Ending due requests: the expirer beside one set-based UPDATE with outbox insert, in the same run.

All fall due within a tenth of a second, with the expirers asleep until then. Rate: from that moment until none is
left. Lateness: from a request's deadline to the entry of its event. CPU: of the database's sessions and the expirers,
for each request. The UPDATE and the expirers take turns, some rounds long: medians. Small: 50,000 due out of 200,000
outstanding; with --whole 100,000 due out of 1 M and out of 10 M.
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support.processor import cpu_seconds  # noqa: E402
from tests.support.stack import BINARIES, Stack  # noqa: E402

STANDING = ('"request_id":"%1","state":"customer_notified","version":1,"decide_by":"%3"')
CONSENT = """
"tenant_id":"contoso","subscription_id":"0e0c4d5a","ticket_id":"T-%2",
"engineer":{"id":"eng-7","email":"erin@vendor.example","name":"Erin Example","organization":"redhat"},
"resource_id":"/subscriptions/0e0c4d5a/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro1",
"actions":[{"number":1,"action":"get_pod_logs","namespace":"openshift-ingress","kept":true}],
"justification":"The router restarts every ten minutes; its logs should say why.","duration":"PT8H",
"created_at":"2026-11-19T16:08:38.123456Z","approvals_needed":1,
"approvers":[{"principal":{"id":"ann","email":"ann@contoso.example","name":"Ann Ng"},"role":"owner"}],
"alternate_emails":["oncall@contoso.example"],
"digest":"0000000000000000000000000000000000000000000000000000000000000000"
""".replace("\n", "")

# UUIDv7-like: the time first, so that what was created together lies together.
FILL = """
INSERT INTO lockbox.request (request_id, state, version, tenant_id, subscription_id, ticket_id, engineer_id,
                             resource_id, created_at, decide_by, due_at, standing, consent, particulars)
SELECT id, 'customer_notified', 1, 'contoso', '0e0c4d5a', 'T-' || n, 'eng-7', '/subscriptions/0e0c4d5a/x',
       due - interval '4 days', due, due,
       replace(replace(%(standing)s, '%%1', id::text), '%%3', to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
       replace(%(consent)s, '%%2', n::text), '"decisions":[]'
  FROM (SELECT n, %(from)s::timestamptz + n * %(apart)s::interval AS due,
               (lpad(to_hex((extract(epoch FROM %(from)s::timestamptz) * 1000)::bigint + n), 12, '0') || '7'
                || substr(md5(n::text || %(salt)s), 1, 19))::uuid AS id
          FROM generate_series(1, %(count)s) AS n) AS made
"""

# The same rows and the same event, by nobody who asks a rule, shares with others or minds a failure.
BASELINE = """
WITH ended AS (
    UPDATE lockbox.request
       SET state = 'expired', version = version + 1, version_before = version, ended_at = due_at, due_at = NULL,
           standing = replace(standing, 'customer_notified","version":1', 'expired","version":2')
                      || ',"ended_at":"' || to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
     WHERE due_at <= now() RETURNING request_id, standing, consent, particulars)
INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload)
SELECT request_id, 'request', request_id::text, 'lockbox.request.expired.v1',
       '{"specversion":"1.0","id":"' || request_id || '","source":"/lockbox/expirer","type":"lockbox.request.expired.v1","subject":"'
       || request_id || '","time":"2026-11-24T08:31:07.022556Z","datacontenttype":"application/json","sequence":"00000000000000000002",'
       || '"data":{"previous_state":"customer_notified","request":{' || standing || ',' || consent || ',' || particulars || '}}}'
  FROM ended
"""


def fill(db, count, since, salt, apart):
    db.execute(FILL, {"standing": STANDING, "consent": CONSENT, "from": since, "count": count, "salt": salt, "apart": apart})


def due(db, count, salt):
    """count requests that fall due a microsecond apart, some time from now; returns the first's moment."""
    first = db.execute("SELECT clock_timestamp() + make_interval(secs => %s)", [10 + count / 10000]).fetchone()[0]
    fill(db, count, first, salt, "1 microsecond")
    db.execute("VACUUM ANALYZE lockbox.request")
    db.execute("CHECKPOINT")
    db.execute("NOTIFY lockbox_due")
    assert not is_due(db), "it took too long to prepare"
    return first


def is_due(db):
    return db.execute("SELECT min(due_at) <= clock_timestamp() FROM lockbox.request WHERE due_at IS NOT NULL").fetchone()[0]


def baseline(db, count):
    first = due(db, count, "baseline")
    cpu = Cpu(db)
    db.execute("SELECT pg_sleep_until(%s)", [first])
    db.execute("SELECT pg_sleep(0.1)")
    began = time.monotonic()
    db.execute(BASELINE)
    return measured(db, count, time.monotonic() - began, cpu)


def expirers(db, env, count, instances):
    # Their standard error goes nowhere: it says only that they started.
    running = [subprocess.Popen([BINARIES / "expirer"], env={**os.environ, **env}, stderr=subprocess.DEVNULL)
               for _ in range(instances)]
    try:
        first = due(db, count, f"expirers{instances}")
        cpu = Cpu(db, [process.pid for process in running])
        db.execute("SELECT pg_sleep_until(%s)", [first])
        began = time.monotonic()
        while is_due(db):
            time.sleep(0.05)  # the question passes over all that has been done: asked often, it would take part
        return measured(db, count, time.monotonic() - began, cpu)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


class Cpu:
    """Seconds of processor time since it was made, of the lockbox database's sessions and of processes of ours.

    A session that came and went meanwhile is not seen."""

    def __init__(self, db, pids=()):
        self.db, self.pids = db, list(pids)
        self.before = self.read()

    def read(self):
        sessions = [row[0] for row in self.db.execute("SELECT pid FROM pg_stat_activity WHERE datname = 'lockbox'")]
        return {pid: cpu_seconds(pid) for pid in (*sessions, *self.pids)}

    def used(self):
        return sum(now - self.before.get(pid, 0) for pid, now in self.read().items())


def measured(db, count, took, cpu):
    """The figures of a run; afterwards nothing of it is left."""
    used = cpu.used()
    late, told = db.execute("""
        SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM o.created_at - r.decide_by)), count(*)
          FROM lockbox.outbox o JOIN lockbox.request r ON r.request_id = o.aggregateid::uuid""").fetchone()
    assert told == count, f"{told} events about {count} requests"
    db.execute("TRUNCATE lockbox.outbox")
    db.execute("DELETE FROM lockbox.request WHERE due_at IS NULL")
    return {"rate": count / took, "cpu": used / count * 1e6, "late": float(late)}


def turns(db, env, count):
    """Each once, and the expirers' ratio to the UPDATE of the same round."""
    rows = {"one UPDATE": baseline(db, count)}
    for instances in (1, 2):
        rows[f"{instances} expirer{'s' * (instances > 1)}"] = expirers(db, env, count, instances)
    for row in rows.values():
        row["ratio"] = row["rate"] / rows["one UPDATE"]["rate"]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="1 M and 10 M outstanding")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    given = parser.parse_args()
    whole = given.whole
    count = 100_000 if whole else 50_000
    rates = {}
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.up("postgres", "kafka", "schema")
            with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as db:
                outstanding = 0
                for total in (1_000_000, 10_000_000) if whole else (200_000,):
                    while outstanding < total:
                        step = min(500_000, total - outstanding)
                        fill(db, step, f"2030-01-{1 + outstanding // 500_000:02}T00:00:00Z", f"later{outstanding}", "1 millisecond")
                        outstanding += step
                        print(f"\r{outstanding:,} outstanding", end="", file=sys.stderr, flush=True)
                    print(file=sys.stderr)
                    db.execute("VACUUM ANALYZE lockbox.request")
                    rounds = [turns(db, stack.env, count) for _ in range(given.rounds)]
                    rates[total] = {name: {figure: median(one[name][figure] for one in rounds) for figure in rounds[0][name]}
                                    for name in rounds[0]}
        finally:
            stack.wipe()
    print(f"{'outstanding':>12}  {'':<11} {'requests/s':>10} {'ratio':>6} {'late p99':>9} {'CPU each':>9}")
    for total, rows in rates.items():
        for name, row in rows.items():
            print(f"{total:>12,}  {name:<11} {row['rate']:>10,.0f} {row['ratio']:>6.2f}"
                  f" {row['late']:>7.2f} s {row['cpu']:>6.1f} µs")
    if whole:
        small, large = rates.values()
        print("10 M beside 1 M: " + ", ".join(f"{name} {large[name]['rate'] / small[name]['rate']:.2f}" for name in small))


if __name__ == "__main__":
    main()
