"""Ending due requests: the expirer beside one set-based UPDATE with outbox insert, in the same run.

Rows are real requests' snapshots, copied with new ids. Small: 50,000 due out of 200,000 outstanding;
with --whole 100,000 due out of 1 M and out of 10 M.
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support.stack import BINARIES, Stack  # noqa: E402

SNAPSHOT = """
{"request_id":"%s","state":"customer_notified","version":1,"tenant_id":"contoso","subscription_id":"0e0c4d5a",
"ticket_id":"T-%s","engineer":{"id":"eng-7","email":"erin@vendor.example","name":"Erin Example","organization":"redhat"},
"resource_id":"/subscriptions/0e0c4d5a/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro1",
"actions":[{"number":1,"action":"get_pod_logs","namespace":"openshift-ingress","kept":true}],
"justification":"The router restarts every ten minutes; its logs should say why.","duration":"PT8H",
"created_at":"2026-11-19T16:08:38.123456Z","decide_by":"%s","approvals_needed":1,
"approvers":[{"principal":{"id":"ann","email":"ann@contoso.example","name":"Ann Ng"},"role":"owner"}],
"alternate_emails":["oncall@contoso.example"],"decisions":[],
"digest":"0000000000000000000000000000000000000000000000000000000000000000"}
""".replace("\n", "").replace("'", "''")

# UUIDv7-like: the time first, so that what was created together lies together.
FILL = """
INSERT INTO lockbox.request (request_id, state, version, tenant_id, subscription_id, ticket_id, engineer_id,
                             resource_id, created_at, decide_by, due_at, snapshot)
SELECT id, 'customer_notified', 1, 'contoso', '0e0c4d5a', 'T-' || n, 'eng-7', '/subscriptions/0e0c4d5a/x',
       due - interval '4 days', due, due,
       replace(replace(replace(%(snapshot)s, '%%1', id::text), '%%2', n::text), '%%3',
               to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::json
  FROM (SELECT n, %(from)s::timestamptz + n * interval '1 millisecond' AS due,
               (lpad(to_hex((extract(epoch FROM %(from)s::timestamptz) * 1000)::bigint + n), 12, '0') || '7'
                || substr(md5(n::text || %(salt)s), 1, 19))::uuid AS id
          FROM generate_series(1, %(count)s) AS n) AS made
"""

BASELINE = """
WITH ended AS (
    UPDATE lockbox.request SET state = 'expired', version = version + 1, ended_at = due_at, due_at = NULL
     WHERE due_at <= now() RETURNING request_id, snapshot)
INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload)
SELECT request_id, 'request', request_id::text, 'lockbox.request.expired.v1', snapshot::text FROM ended
"""


def fill(db, count, since, salt):
    snapshot = SNAPSHOT % ("%1", "%2", "%3")
    db.execute(FILL, {"snapshot": snapshot, "from": since, "count": count, "salt": salt})


def due(db, count, salt):
    """count requests that are due: since an hour, a few each millisecond."""
    fill(db, count, db.execute("SELECT now() - interval '1 hour'").fetchone()[0], salt)
    db.execute("VACUUM ANALYZE lockbox.request")
    db.execute("CHECKPOINT")


def left(db):
    return db.execute("SELECT count(*) FROM lockbox.request WHERE due_at <= now()").fetchone()[0]


def baseline(db, count):
    due(db, count, "baseline")
    began = time.monotonic()
    db.execute(BASELINE)
    return count / (time.monotonic() - began)


def expirer(db, env, count, instances):
    due(db, count, f"expirer{instances}")
    began = time.monotonic()
    # Their standard error goes nowhere: it says only that they started.
    running = [subprocess.Popen([BINARIES / "expirer"], env={**os.environ, **env}, stderr=subprocess.DEVNULL)
               for _ in range(instances)]
    try:
        while left(db):
            time.sleep(0.02)
        return count / (time.monotonic() - began)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def clear(db):
    db.execute("TRUNCATE lockbox.outbox")
    db.execute("DELETE FROM lockbox.request WHERE due_at IS NULL")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="1 M and 10 M outstanding")
    whole = parser.parse_args().whole
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
                        fill(db, step, "2030-01-01T00:00:00Z", f"later{outstanding}")
                        outstanding += step
                        print(f"\r{outstanding:,} outstanding", end="", file=sys.stderr, flush=True)
                    print(file=sys.stderr)
                    row = rates[total] = {}
                    row["one UPDATE"] = baseline(db, count)
                    clear(db)
                    for instances in (1, 2):
                        row[f"{instances} expirer"] = expirer(db, stack.env, count, instances)
                        clear(db)
        finally:
            stack.wipe()
    print(f"{'outstanding':>12} {'one UPDATE/s':>13} {'1 expirer/s':>12} {'ratio':>6} {'2 expirers/s':>13} {'ratio':>6}")
    for total, row in rates.items():
        base, one, two = row["one UPDATE"], row["1 expirer"], row["2 expirer"]
        print(f"{total:>12,} {base:>13,.0f} {one:>12,.0f} {one / base:>6.2f} {two:>13,.0f} {two / base:>6.2f}")


if __name__ == "__main__":
    main()
