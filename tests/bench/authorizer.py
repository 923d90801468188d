"""Reviews per second and p99, beside a bare libmicrohttpd TLS server that does one key lookup, in the same run.

Then admission of an agreed change of a 100 KB object, beside a bare server that parses each body by jansson and hashes it: one at a time,
as an engineer's command waits for it, and over all connections at once.

10,000 grants, nine in ten over; with --whole the same again at 10 M. Eight connections that stay, engineers at random. Then the ends of
grants: the last review allowed before `expires_at` and the first refused behind it, and the same around a revoke's commit.

With --peers, beside Open Policy Agent, and nothing else: it answers the same reviews from as many grants, pushed to it as data.
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "authorizer")]
sys.path.append(str(TESTS / "model"))
from conftest import Authorizer  # noqa: E402
from support.content import content_of  # noqa: E402
from support.stack import BINARIES, Stack, free_port  # noqa: E402
from support.system import System  # noqa: E402
from test_random import Grants, Item, Session  # noqa: E402
from tests.bench.peers import opa  # noqa: E402

TOOLS = BINARIES.parent / "tests"
ENGINEERS, CONNECTIONS, ROUNDS, SMALL, ADMISSIONS = 1000, 8, 3, 10_000, 1000
ITEMS = """
INSERT INTO lockbox.access_item (request_id, number, engineer_id, resource_id, action, namespace, starts_at, expires_at, basis)
SELECT (lpad(to_hex(n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid, 1, 'eng-' || n %% %(engineers)s, lower(%(cluster)s),
       'get_pod_logs', 'openshift-ingress',
       now() - CASE WHEN n %% 10 = 0 THEN interval '1 hour' ELSE interval '30 days' END,
       now() + CASE WHEN n %% 10 = 0 THEN interval '7 hours' ELSE interval '-29 days' END, 'approved'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
REQUESTS = """
INSERT INTO lockbox.request (request_id, state, version, ticket_id, engineer_id, resource_id, created_at, standing, particulars, consent)
SELECT (lpad(to_hex(n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid, CASE WHEN n %% 10 = 0 THEN 'approved' ELSE 'completed' END, 2, 't',
       'eng-' || n %% %(engineers)s, %(cluster)s, now(), '', '', ''
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
WRITING = ("session_replication_role=replica", "synchronous_commit=off", "maintenance_work_mem=512MB")


def owner(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True, options=" ".join(f"-c {it}" for it in WRITING))


def fill(url: str, cluster: str, first: int, last: int) -> None:
    """Both tables at a time; the index of grants, whose order is not that of the rows, is made afterwards."""
    def write(statement: str) -> None:
        with owner(url) as db:
            for begin in range(first, last, 1_000_000):
                db.execute(statement, {"engineers": ENGINEERS, "cluster": cluster, "first": begin, "last": min(begin + 999_999, last)})

    began = time.monotonic()
    with owner(url) as db:
        db.execute("ALTER SYSTEM SET max_wal_size = '16GB'")
        db.execute("SELECT pg_reload_conf()")
        [index] = db.execute("SELECT pg_get_indexdef('lockbox.access_item_held'::regclass)").fetchone()
        db.execute("DROP INDEX lockbox.access_item_held")
        with ThreadPoolExecutor(2) as both:
            list(both.map(write, (ITEMS, REQUESTS)))
        db.execute(index)
        db.execute("VACUUM ANALYZE lockbox.access_item, lockbox.request")
        db.execute("CHECKPOINT")
    print(f"{last:,} grants after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def bodies() -> str:
    return "".join(json.dumps({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": f"lockbox:eng-{random.randrange(ENGINEERS)}", "groups": ["lockbox:engineers", "system:authenticated"],
                 "resourceAttributes": {"verb": "get", "version": "v1", "resource": "pods", "subresource": "log", "name": "router-1",
                                        "namespace": "openshift-ingress"}}}) + "\n" for _ in range(10_000))


def changed_object() -> tuple[dict, dict]:
    """A ConfigMap of 100 KB before and after a change of one value."""
    before = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "large", "namespace": "openshift-ingress"},
              "data": {f"key-{number:04}": "v" * 80 for number in range(1000)}}
    return before, before | {"data": before["data"] | {"key-0500": "w"}}


def agree_to_change(grants: Grants, engineer: str) -> None:
    before, after = changed_object()
    item = Item("update_object", "openshift-ingress", "ConfigMap", "large")
    content = content_of(after, before)
    grants.open(engineer, [item], contents=[content])


def admission(engineer: str) -> str:
    before, after = changed_object()
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "operation": "UPDATE", "namespace": "openshift-ingress", "name": "large", "kind": {"group": "", "version": "v1", "kind": "ConfigMap"},
        "userInfo": {"username": f"lockbox:{engineer}", "groups": ["lockbox:engineers"]}, "object": after, "oldObject": before}}) + "\n"


def ask(authorizer: Authorizer, port: int, count: int, given: str, page: str = "clusters/one/authorize", connections: int = CONNECTIONS) -> dict:
    path = authorizer.certificates.path
    done = subprocess.run([TOOLS / "ask_https", f"https://127.0.0.1:{port}/{page}", path("ca.crt"), path("apiserver.crt"),
                           path("apiserver.key"), str(connections), str(count)], input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def best(runs: list[dict]) -> dict:
    return max(runs, key=lambda it: it["per_second"])


def start(program: str, *arguments: str) -> subprocess.Popen:
    process = subprocess.Popen([TOOLS / program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


def admit(authorizer: Authorizer, grants: Grants, count: int) -> dict[int, dict[str, dict]]:
    """By the number of connections."""
    agree_to_change(grants, "changer")
    port, given, runs = free_port(), admission("changer"), {}
    bare = start("bare_admit", str(port), authorizer.certificates.path("server.crt"), authorizer.certificates.path("server.key"))
    for connections in (1, CONNECTIONS) * ROUNDS:
        for name, at in (("admission", authorizer.port), ("bare parse", port)):
            one = ask(authorizer, at, count, given, "clusters/one/admit", connections)
            assert one["allowed"] == count, (name, one)
            runs.setdefault(connections, {}).setdefault(name, []).append(one)
    bare.kill()
    return {connections: {name: best(them) for name, them in both.items()} for connections, both in runs.items()}


def end_of_a_grant(grants: Grants, session: Session, revoke: bool) -> tuple[float, float]:
    """Milliseconds from the last review allowed to the end, and from there to the first refused, by when each was sent."""
    engineer = f"{grants.prefix}-{'revoke' if revoke else 'time'}"
    grants.open(engineer, [Item("get_pod_logs", "openshift-ingress", None, None)], 2)
    [until] = grants.system.lockbox.row("SELECT extract(epoch FROM expires_at)::float8 FROM lockbox.access_item WHERE engineer_id = %s", engineer)
    allowed, begun, end = 0.0, time.time(), until
    while True:
        if revoke and end == until and time.time() > begun + 1:
            grants.write("UPDATE access_item SET expires_at = clock_timestamp() WHERE engineer_id = %s", (engineer,))
            end = time.time()
        sent = time.time()
        if not session.authorize(engineer, verb="get", resource="pods", subresource="log", namespace="openshift-ingress")["allowed"]:
            return (end - allowed) * 1000, (sent - end) * 1000
        allowed = sent


def authorize(authorizer: Authorizer, count: int, others: dict[str, tuple[int, str]]) -> dict[str, dict]:
    """The authorizer and others (a port and a page each) in turn, so that all see the same machine; the best round of each."""
    given, asked = bodies(), {"authorizer": (authorizer.port, "clusters/one/authorize")} | others
    runs: dict[str, list] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (port, page) in asked.items():
            runs[name].append(ask(authorizer, port, count, given, page))
    return {name: best(them) for name, them in runs.items()}


def beside_bare(stack: Stack, authorizer: Authorizer, count: int, sizes: list[int]) -> dict[int, dict]:
    """By how many grants there are."""
    url, port, found, first = stack.env["LOCKBOX_SUPERUSER_URL"], free_port(), {}, 1
    for last in sizes:
        fill(url, authorizer.resource_id, first, last)
        bare = start("bare_review", url, str(port), authorizer.certificates.path("server.crt"), authorizer.certificates.path("server.key"))
        found[last] = authorize(authorizer, count, {"bare server": (port, "")})
        bare.kill()
        first = last + 1
    return found


def beside_peers(stack: Stack, authorizer: Authorizer, directory: Path, count: int, grants: int) -> dict[str, dict]:
    fill(stack.env["LOCKBOX_SUPERUSER_URL"], authorizer.resource_id, 1, grants)
    agent = opa.Agent(authorizer.certificates, directory)
    agent.push(authorizer.apiserver, grants, ENGINEERS)
    try:
        found = authorize(authorizer, count, {"Open Policy Agent": (agent.port, "")})
    finally:
        agent.close()
    assert found["authorizer"]["allowed"] > 0, found
    return found


def tell(found: dict[str, dict]) -> None:
    for name, it in found.items():
        print(f"{name:<17} {it['per_second']:>8,.0f} reviews/s   p50 {it['p50_us']:>6,} µs   p99 {it['p99_us']:>6,} µs")
    ours = found["authorizer"]
    for name, theirs in list(found.items())[1:]:
        print(f"{'ratio':<17} {ours['per_second'] / theirs['per_second']:>8.2f} of {name}   p99 {ours['p99_us'] / theirs['p99_us']:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="10 M grants, too")
    parser.add_argument("--peers", action="store_true", help="beside Open Policy Agent, and nothing else")
    options = parser.parse_args()
    sizes, count = ([SMALL, 10_000_000], 100_000) if options.whole else ([SMALL], 20_000)
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory) / "stack")
        try:
            stack.up("postgres", "kafka", "schema")
            system = System(stack)
            (Path(directory) / "authorizer").mkdir()
            authorizer = Authorizer(system, Path(directory) / "authorizer")
            if options.peers:
                tell(beside_peers(stack, authorizer, Path(directory), count, SMALL))
                authorizer.close()
                return system.close()
            found = beside_bare(stack, authorizer, count, sizes)
            grants, session = Grants(system, authorizer), Session(authorizer)
            admitted = admit(authorizer, grants, ADMISSIONS)
            ends = {what: end_of_a_grant(grants, session, what == "a revoke") for what in ("expires_at", "a revoke")}
            authorizer.close()
            system.close()
        finally:
            stack.wipe()
    for size, them in found.items():
        print(f"{size:,} grants; asked for: 0.8, p99 1.5")
        tell(them)
    if options.whole:
        print(f"p50 at 10 M grants: {found[sizes[1]]['authorizer']['p50_us'] / found[SMALL]['authorizer']['p50_us']:.2f} of that at {SMALL:,}")
    for connections, both in admitted.items():
        print("admission of 100 KB, one at a time:" if connections == 1 else f"admission of 100 KB over {connections} connections at once:")
        for name, it in both.items():
            print(f"{name:<17} {it['per_second']:>8,.0f} reviews/s   p50 {it['p50_us']:>6,} µs   p99 {it['p99_us']:>6,} µs")
        ours, theirs = both["admission"]["p99_us"], both["bare parse"]["p99_us"]
        goal = " (5)" if connections == 1 else ""
        print(f"{'100 KB':<17} p99 {ours / 1000:.1f} ms{goal}, p99 {ours / theirs:.2f} of parse and hash (2)")
    for what, (before, behind) in ends.items():
        print(f"{what:<17} last allowed {before:.1f} ms before, first refused {behind:.1f} ms behind")


if __name__ == "__main__":
    main()
