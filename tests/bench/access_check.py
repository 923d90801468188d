"""access_check at many grants: calls per second and p99, beside a bare primary-key lookup, in the same run.

Small: 200,000 grants; with --whole 10 M. One connection, prepared statements, engineers at random.
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
INSERT INTO lockbox.access_item (request_id, number, engineer_id, resource_id, action, namespace, starts_at, expires_at, basis)
SELECT (lpad(to_hex(n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid, 1, 'eng-' || n %% %(engineers)s,
       lower(%(cluster)s) || n %% 7, 'get_pod_logs', 'openshift-ingress',
       now() - CASE WHEN n %% 10 = 0 THEN interval '1 hour' ELSE interval '30 days' END,
       now() + CASE WHEN n %% 10 = 0 THEN interval '7 hours' ELSE interval '-29 days' END, 'approved'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
CHECK = "SELECT * FROM lockbox.access_check(%s, %s, 'get_pod_logs', 'openshift-ingress', NULL, 'router-1')"
LOOKUP = "SELECT expires_at FROM lockbox.access_item WHERE request_id = %s AND number = 1"


def measure(db, query, arguments, count):
    with db.cursor() as cursor:
        for _ in range(200):
            cursor.execute(query, arguments(), prepare=True).fetchall()
        took = []
        for _ in range(count):
            parameters = arguments()
            began = time.perf_counter()
            cursor.execute(query, parameters, prepare=True).fetchall()
            took.append(time.perf_counter() - began)
    took.sort()
    return {"per_second": count / sum(took), "p50": took[count // 2] * 1e6, "p99": took[count * 99 // 100] * 1e6}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="10 M grants")
    grants, calls = (10_000_000, 20_000) if parser.parse_args().whole else (200_000, 5_000)
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.up("postgres", "kafka", "schema")
            with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as db:
                for first in range(1, grants, 1_000_000):
                    last = min(first + 999_999, grants)
                    db.execute(FILL, {"engineers": ENGINEERS, "cluster": CLUSTER, "first": first, "last": last})
                    print(f"\r{last:,} grants", end="", file=sys.stderr, flush=True)
                print(file=sys.stderr)
                db.execute("VACUUM ANALYZE lockbox.access_item")
                ids = [row[0] for row in db.execute("SELECT request_id FROM lockbox.access_item TABLESAMPLE SYSTEM (1) LIMIT 5000")]
                one = {
                    "access_check": measure(db, CHECK, lambda: (f"eng-{random.randrange(ENGINEERS)}", f"{CLUSTER}{random.randrange(7)}"), calls),
                    "primary-key lookup": measure(db, LOOKUP, lambda: (random.choice(ids),), calls),
                }
        finally:
            stack.wipe()
    for name, row in one.items():
        print(f"{name:<20} {row['per_second']:>9,.0f}/s   p50 {row['p50']:>7,.0f} µs   p99 {row['p99']:>7,.0f} µs")
    print(f"{'ratio':<20} {one['access_check']['per_second'] / one['primary-key lookup']['per_second']:>9.2f}")


if __name__ == "__main__":
    main()
