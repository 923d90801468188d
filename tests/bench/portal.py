"""The portal's first page, 200 approvers and 5,000 requests, beside a page of the same framework and size in one run.

Bare is the same template over values that are there already. No Kafka is needed; nothing is read from it.
"""
import argparse
import base64
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import uvicorn
from itsdangerous import TimestampSigner
from starlette.applications import Starlette
from starlette.routing import Route

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "portal")]
from lockbox_portal import queries, store  # noqa: E402
from lockbox_portal.app import Headers, make, portal_of, required  # noqa: E402
from lockbox_portal.settings import Settings  # noqa: E402

APPROVERS, REQUESTS, ROUNDS = 200, 5000, 200
KEY = "a key of a bench, and of nothing else"


def request_of(number: int) -> dict:
    items = [{"number": 1, "action": "get_pod_logs", "namespace": "openshift-ingress", "name": f"router-{number % 100}", "kept": True}]
    state = "customer_notified" if number % 50 == 0 else "completed"
    at = f"2026-11-{1 + number % 28:02}T{number % 24:02}:00:00.{number:06}Z"
    return {"request_id": f"r-{number}", "tenant_id": "t", "subscription_id": "s", "ticket_id": f"{number:016}", "state": state, "version": 1,
            "engineer": {"id": f"eng-{number % 40}", "email": "e@microsoft.example", "name": f"Erin {number % 40}", "organization": "microsoft"},
            "resource_id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro-prod",
            "actions": items, "justification": f"Routers restart since the upgrade, {number}.", "duration": "PT8H", "created_at": at,
            "decide_by": "2026-12-24T12:00:00Z", "ended_at": at, "decisions": [], "approvers": []}


def fill(engine) -> None:
    requests = [request_of(number) for number in range(REQUESTS)]
    with engine.begin() as connection:
        connection.execute(store.request.insert(), [
            {"request_id": it["request_id"], "version": 1, "state": it["state"], "created_at": it["created_at"], "engineer_id": it["engineer"]["id"],
             "kind": it["request_id"], "first": it, "now": it,
             "words": {"items": [f"Get logs from pod router-{number % 100} in openshift-ingress"], "changes": [[]], "duration": "8 hours",
                       "cluster": "aro-prod"}} for number, it in enumerate(requests)])
        for approver in range(APPROVERS):
            connection.execute(store.asked.insert(), [{"principal_id": f"approver-{approver}", "request_id": it["request_id"], "created_at": it["created_at"],
                                                         "standing": store.standing_of(it["state"])} for it in requests])


def cookie(person: str) -> str:
    told = {"person": {"id": person, "email": "ann@contoso.example", "name": "Ann"}, "csrf": "x", "begun": int(time.time())}
    return "portal=" + TimestampSigner(KEY).sign(base64.b64encode(json.dumps(told).encode())).decode()


def bare(settings: Settings):
    """The same page of values that were read once: what the framework costs, and nothing of the portal's."""
    app = make(settings)
    portal, kept = app.state.portal, {}
    with portal.engine.connect() as connection:
        person = "approver-0"
        kept.update(waiting=queries.grouped(queries.requests_of(connection, person, "waiting")), most=queries.PAGE,
                    running=queries.requests_of(connection, person, "open"), over=queries.requests_of(connection, person, "over"), mark=0)

    def page(request):
        required(request)
        return portal_of(request).page(request, "overview.html", **kept)

    app.router.routes[:] = [Route("/", page)]
    return app


def serve(app) -> tuple[uvicorn.Server, str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return server, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"


def ask(url: str, number: int) -> tuple[float, int]:
    asked = urllib.request.Request(url, headers={"Cookie": cookie(f"approver-{number % APPROVERS}")})
    begun = time.perf_counter()
    with urllib.request.urlopen(asked) as page:
        size = len(page.read())
    return (time.perf_counter() - begun) * 1000, size


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(url="http://localhost", session_key=KEY, oidc_issuer="http://localhost:1", oidc_client_id="x", oidc_client_secret="x",
                            oidc_id_claim="sub", database_url=f"sqlite:///{folder}/portal.db", topic_prefix="lockbox.", words_command="false",
                            kafka={"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
        app = make(settings)
        fill(app.state.portal.engine)
        servers = [serve(app), serve(bare(settings))]
        times: list[list[float]] = [[], []]
        sizes = [0, 0]
        for number in range(ROUNDS):  # in turn, so that the machine's other work meets both
            for which, (_, url) in enumerate(servers):
                took, sizes[which] = ask(url, number)
                times[which].append(took)
        for server, _ in servers:
            server.should_exit = True
    ours, theirs = [statistics.quantiles(it[10:], n=100) for it in times]
    print(f"first page, {APPROVERS} approvers, {REQUESTS} requests: {sizes[0] / 1024:.0f} KB, bare {sizes[1] / 1024:.0f} KB")
    print(f"p50, p95, ms       {ours[49]:7.1f} {ours[94]:7.1f};  bare {theirs[49]:7.1f} {theirs[94]:7.1f}")
    print(f"ratio of p50       {ours[49] / theirs[49]:7.2f} [≤ 3]")


if __name__ == "__main__":
    main()
