"""access_check at many grants: calls per second, p99 and the server's CPU, beside a bare primary-key lookup, in the same run.

Small: 10,000 grants, then 200,000; with --whole 10 M. One connection a statement, prepared, in turns; engineers at random, of whom one
in ten holds anything. The ratio is told of the calls that allow and of those that do not.
"""
import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support.stack import Stack  # noqa: E402

CLUSTER = "/subscriptions/0e0c4d5a/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro"
ENGINEERS = 1000

# Nine in ten are over: what an engineer did in the past must cost nothing.
FILL = """
WITH made AS (
    SELECT (lpad(to_hex(n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid AS request_id, n
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n),
request AS (
    INSERT INTO lockbox.request (request_id, state, version, ticket_id, engineer_id, resource_id, created_at, standing, consent, particulars)
    SELECT request_id, CASE WHEN n %% 10 = 0 THEN 'approved' ELSE 'completed' END, 2, '', '', '', now(), '', '', '' FROM made)
INSERT INTO lockbox.access_item (request_id, number, engineer_id, resource_id, action, namespace, starts_at, expires_at, basis)
SELECT request_id, 1, 'eng-' || n %% %(engineers)s,
       lower(%(cluster)s) || n %% 7, 'get_pod_logs', 'openshift-ingress',
       now() - CASE WHEN n %% 10 = 0 THEN interval '1 hour' ELSE interval '30 days' END,
       now() + CASE WHEN n %% 10 = 0 THEN interval '7 hours' ELSE interval '-29 days' END, 'approved'
  FROM made
"""
CHECK = "SELECT * FROM lockbox.access_check(%s, %s, 'get_pod_logs', 'openshift-ingress', NULL, 'router-1')"
LOOKUP = "SELECT expires_at FROM lockbox.access_item WHERE request_id = %s AND number = 1"
SMALL, TURNS, CALLS = 10_000, 20, 500


class Asker:
    """A statement on a connection of its own, and how long its calls took."""

    def __init__(self, url, query, arguments):
        self.db, self.query, self.arguments = psycopg.connect(url, autocommit=True), query, arguments
        self.took, self.cpu_ns = [], 0
        self.ask(200)
        self.took, self.cpu_ns = [], 0

    def server_ns(self):
        return int(Path(f"/proc/{self.db.info.backend_pid}/schedstat").read_text().split()[0])

    def ask(self, count):
        before = self.server_ns()
        with self.db.cursor() as cursor:
            for parameters in [self.arguments() for _ in range(count)]:
                began = time.perf_counter()
                cursor.execute(self.query, parameters, prepare=True).fetchall()
                self.took.append(time.perf_counter() - began)
        self.cpu_ns += self.server_ns() - before

    def result(self):
        self.db.close()
        took = sorted(self.took)
        return {"per_second": len(took) / sum(took), "p50": took[len(took) // 2] * 1e6, "p99": took[len(took) * 99 // 100] * 1e6,
                "cpu": self.cpu_ns / len(took) / 1000}


def fill(db, first, last):
    for begin in range(first, last, 1_000_000):
        end = min(begin + 999_999, last)
        db.execute(FILL, {"engineers": ENGINEERS, "cluster": CLUSTER, "first": begin, "last": end})
        print(f"\r{end:,} grants", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    db.execute("VACUUM ANALYZE lockbox.access_item, lockbox.request")
    db.execute("CHECKPOINT")


def measure(url, ids):
    def of_engineers(which):
        return lambda: (f"eng-{random.randrange(ENGINEERS // 10) * 10 + which}", f"{CLUSTER}{random.randrange(7)}")

    askers = {"allowed": Asker(url, CHECK, of_engineers(0)), "denied": Asker(url, CHECK, of_engineers(1)),
              "primary-key lookup": Asker(url, LOOKUP, lambda: (random.choice(ids),))}
    for _ in range(TURNS):
        for asker in askers.values():
            asker.ask(CALLS)
    return {name: asker.result() for name, asker in askers.items()}


def tell(grants, found):
    print(f"{grants:,} grants")
    for name, row in found.items():
        ratio = row["per_second"] / found["primary-key lookup"]["per_second"]
        print(f"{name:<20} {row['per_second']:>9,.0f}/s   p50 {row['p50']:>7,.0f} µs   p99 {row['p99']:>7,.0f} µs   "
              f"server's CPU {row['cpu']:>5.0f} µs   ratio {ratio:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="10 M grants")
    large = 10_000_000 if parser.parse_args().whole else 200_000
    found = {}
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.up("postgres", "kafka", "schema")
            url = stack.env["LOCKBOX_SUPERUSER_URL"]
            with psycopg.connect(url, autocommit=True) as db:
                db.execute("SET session_replication_role = replica")  # no request is made of the rows
                for first, last in ((1, SMALL), (SMALL + 1, large)):
                    fill(db, first, last)
                    ids = [row[0] for row in db.execute("SELECT request_id FROM lockbox.access_item ORDER BY random() LIMIT 5000")]
                    found[last] = measure(url, ids)
        finally:
            stack.wipe()
    for grants, rows in found.items():
        tell(grants, rows)
    for name in ("allowed", "denied"):
        print(f"{name} at {large:,} grants: {found[large][name]['p50'] / found[SMALL][name]['p50']:.2f} of the time at {SMALL:,}")


if __name__ == "__main__":
    main()
