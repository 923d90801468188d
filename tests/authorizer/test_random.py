"""Random reviews over random grants, each held against tests/model's reference; and reviews around deadlines and revokes."""
import http.client
import json
import random
import secrets
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from reference import covers
from support.content import content_of
from support.mutations import mutated, random_object

NAMESPACES = ["openshift-ingress", "openshift-dns", "default"]
NAMES = ["a", "b", "router-1"]
# API group and resource, kind as items name it, whether it is in a namespace.
KINDS = [("", "pods", "Pod", True), ("", "configmaps", "ConfigMap", True), ("apps", "deployments", "Deployment.apps", True),
         ("", "events", "Event", True), ("events.k8s.io", "events", "Event.events.k8s.io", True), ("", "nodes", "Node", False),
         ("", "namespaces", "Namespace", False)]
VERBS = {"create": "create_object", "get": "list_or_get_objects", "list": "list_or_get_objects", "update": "update_object",
         "patch": "update_object", "delete": "delete_object"}
NEVER = ["watch", "deletecollection", "impersonate", "escalate", "bind", "approve", "sign", "use", "*", "GET", ""]
OPERATIONS = {"CREATE": "create_object", "UPDATE": "update_object", "DELETE": "delete_object"}
THREADS = 6
BEFORE = "INSERT INTO access_item (request_id, number, engineer_id, resource_id, action, namespace, kind, name, starts_at, expires_at, basis, content_digest)"


@dataclass(frozen=True)
class Item:
    action: str
    namespace: str | None
    kind: str | None
    name: str | None

    def covers(self, action, namespace, kind, name) -> bool:
        return covers(self.__dict__, action, namespace, kind, name)


def random_item(chooser: random.Random) -> Item:
    action = chooser.choice([*set(VERBS.values()), "get_pod_logs"])
    if action == "get_pod_logs":
        return Item(action, chooser.choice(NAMESPACES), None, chooser.choice([None, *NAMES]))
    _, _, kind, namespaced = chooser.choice(KINDS)
    everywhere = action == "list_or_get_objects" and chooser.random() < 0.3
    may_have_none = action in ("create_object", "list_or_get_objects")
    return Item(action, chooser.choice(NAMESPACES) if namespaced and not everywhere else None, kind,
                chooser.choice([None, *NAMES] if may_have_none else NAMES))


REQUEST = ("INSERT INTO request (request_id, state, version, ticket_id, engineer_id, resource_id, created_at, standing, particulars, consent)"
           " VALUES (%s, 'approved', 2, 't', %s, %s, clock_timestamp(), '', '', %s)")


class Grants:
    """As an approval opens them, by who owns the database."""

    def __init__(self, system, authorizer):
        self.system, self.authorizer, self.prefix = system, authorizer, secrets.token_hex(4)

    def write(self, statement: str, *rows: tuple) -> None:
        options = "-c search_path=lockbox -c session_replication_role=replica"
        with psycopg.connect(self.system.lockbox.url, options=options) as session, session.cursor() as cursor:
            cursor.executemany(statement, rows)

    def consent(self, engineer: str, items: list[Item], contents: list[dict | None]) -> str:
        actions = [{"number": number, **{name: it for name, it in (one.__dict__ | {"content": content}).items() if it is not None}, "kept": True}
                   for number, (one, content) in enumerate(zip(items, contents), 1)]
        return json.dumps({"ticket_id": "t", "engineer": {"id": engineer}, "resource_id": self.authorizer.resource_id, "actions": actions,
                           "created_at": "2026-01-01T00:00:00Z", "approvers": [], "alternate_emails": []})[1:-1]

    def open(self, engineer: str, items: list[Item], seconds: float = 86400, contents: list[dict] | None = None) -> None:
        """contents: of each item, or of none."""
        request_id, contents = uuid.uuid4(), contents or [None] * len(items)
        self.write(REQUEST, (request_id, engineer, self.authorizer.resource_id, self.consent(engineer, items, contents)))
        self.write(f"{BEFORE} VALUES (%s, %s, %s, lower(%s), %s, %s, %s, %s, clock_timestamp(), to_timestamp(%s), 'approved', %s)",
                   *((request_id, number, engineer, self.authorizer.resource_id, it.action, it.namespace, it.kind, it.name,
                      time.time() + seconds, content and content["digest"])
                     for number, (it, content) in enumerate(zip(items, contents), 1)))


@pytest.fixture(scope="module")
def grants(system, authorizer):
    return Grants(system, authorizer)


# Asking

class Session:
    """One connection that stays."""

    def __init__(self, authorizer):
        self.connection = http.client.HTTPSConnection("127.0.0.1", authorizer.port, context=authorizer.apiserver, timeout=30)

    def ask(self, page: str, review: dict) -> dict:
        self.connection.request("POST", f"/clusters/one/{page}", json.dumps(review), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, (answer.status, review)
        return json.loads(text)

    def authorize(self, engineer: str, **attributes) -> dict:
        return self.ask("authorize", {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": f"lockbox:{engineer}", "groups": ["lockbox:engineers"], "resourceAttributes": attributes}})["status"]

    def admit(self, engineer: str, operation: str, group: str, kind: str, namespace: str, name: str, subresource: str) -> dict:
        return self.ask("admit", {
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": "u", "operation": operation, "subResource": subresource, "namespace": namespace, "name": name,
                        "kind": {"group": group, "version": "v1", "kind": kind},
                        "userInfo": {"username": f"lockbox:{engineer}", "groups": ["lockbox:engineers"]}, "object": None}})["response"]


def in_parallel(authorizer, work, shares: list) -> list:
    def run(share):
        session = Session(authorizer)
        return [it for one in share for it in work(session, one)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [it for found in pool.map(run, [shares[number::THREADS] for number in range(THREADS)]) for it in found]


# What the contract says

def expected_authorize(items: list[Item], verb, group, resource, subresource, namespace, name) -> bool:
    is_logs = (group, resource, subresource) == ("", "pods", "log")
    if subresource and not is_logs or verb not in VERBS or is_logs and verb != "get":
        return False
    namespace, name = namespace or None, name or None
    if is_logs:
        return any(it.covers("get_pod_logs", namespace, None, name) for it in items)
    known = next((it for it in KINDS if it[:2] == (group, resource)), None)
    if known is None:
        return False
    _, _, kind, namespaced = known
    namespace = namespace if namespaced else None

    def may(action: str) -> bool:
        return any(it.covers(action, namespace, kind, name) for it in items)

    if verb == "create" and name is None:
        return any(it.action == "create_object" and (it.namespace, it.kind) == (namespace, kind) for it in items)
    if verb == "patch" and name is not None:  # a server-side apply of what is not there
        return may("update_object") or any(it == Item("create_object", namespace, kind, name) for it in items)
    return may(VERBS[verb])


def expected_admit(items: list[Item], operation, group, kind, namespace, name, subresource) -> bool:
    whole = f"{kind}.{group}" if group else kind
    namespace = None if whole == "Namespace" else namespace or None
    return operation in OPERATIONS and not subresource and any(
        it.covers(OPERATIONS[operation], namespace, whole, name or None) for it in items)


def authorize_one(chooser: random.Random, near: Item) -> dict:
    group, resource, _, namespaced = chooser.choice([it for it in KINDS if it[2] == near.kind] or KINDS[:1])
    verb = chooser.choice([it for it, action in VERBS.items() if action == near.action] or ["get"])
    review = {"verb": verb, "group": group, "resource": resource, "subresource": "log" if near.action == "get_pod_logs" else "",
              "namespace": near.namespace or (chooser.choice(NAMESPACES) if namespaced else ""), "name": near.name or ""}
    if resource == "namespaces" and review["name"]:
        review["namespace"] = review["name"]
    for _ in range(chooser.choice([0, 1, 1, 2])):
        field = chooser.choice(list(review))
        review[field] = chooser.choice({
            "verb": [*VERBS, *NEVER[:-1]], "group": ["", "apps", "events.k8s.io", "batch"],
            "resource": [it[1] for it in KINDS] + ["secrets", "pod", "PODS"], "subresource": ["", "", "log", "status", "scale", "exec"],
            "namespace": ["", *NAMESPACES, "openshift", "OPENSHIFT-DNS"], "name": ["", *NAMES, "A", "a ", "%", "*"]}[field])
    return review


def admit_one(chooser: random.Random, near: Item) -> dict:
    kind, _, group = (near.kind or "Pod").partition(".")
    operation = chooser.choice([it for it, action in OPERATIONS.items() if action == near.action] or ["UPDATE"])
    review = {"operation": operation, "group": group, "kind": kind, "namespace": near.namespace or "", "name": near.name or "a", "subresource": ""}
    if near.kind == "Namespace":
        review["namespace"] = review["name"]
    if chooser.random() < 0.6:
        field = chooser.choice(list(review))
        review[field] = chooser.choice({
            "operation": [*OPERATIONS, "CONNECT", "create"], "group": ["", "apps", "events.k8s.io"], "kind": ["Pod", "Event", "Deployment", "pod"],
            "namespace": ["", *NAMESPACES], "name": [*NAMES, "A"], "subresource": ["status", "scale", "log"]}[field])
    return review


def test_every_answer_is_the_references(authorizer, grants, sizes, seed):
    chooser = random.Random(seed)
    items = {f"{grants.prefix}-{number}": [random_item(chooser) for _ in range(chooser.randint(1, 4))] for number in range(200)}
    for engineer, granted in items.items():
        grants.open(engineer, granted)
    engineers = list(items)

    def one(session: Session, number: int) -> list[str]:
        mine = random.Random(seed << 32 | number)
        engineer = mine.choice(engineers)
        near = mine.choice(items[engineer])
        asks_admission = near.action in OPERATIONS.values() and mine.random() < 0.4
        if mine.random() < 0.1:
            engineer = mine.choice(engineers)  # somebody else
        review = (admit_one if asks_admission else authorize_one)(mine, near)
        said = (session.admit if asks_admission else session.authorize)(engineer, **review)
        expected = (expected_admit if asks_admission else expected_authorize)(items[engineer], **review)
        seen[asks_admission, said["allowed"]] = seen.get((asks_admission, said["allowed"]), 0) + 1
        fits = said["allowed"] == expected and (asks_admission or said.get("denied", False) != expected)
        return [] if fits else [f"{engineer} {items[engineer]} {review}: {said}, expected {expected}"]

    seen: dict = {}
    wrong = in_parallel(authorizer, one, list(range(sizes["reviews"])))
    print(f"\nseed {seed}: {seen}")
    assert wrong == []
    assert min(seen.values()) > sizes["reviews"] // 50 and len(seen) == 4


def test_many_questions_are_answered_as_each_alone(system, authorizer, grants, seed):
    """access_check_many beside access_check, by the authorizer and by another session, to whom '*' is nothing. It leaves one reason open, and
    tells the trace of what allows."""
    chooser = random.Random(seed)
    engineers = [f"{grants.prefix}-many-{number}" for number in range(30)]
    for engineer in engineers:
        items = [random_item(chooser) for _ in range(chooser.randint(1, 4))]
        grants.open(engineer, items, contents=[chooser.choice([None, {"digest": "a" * 64}, {"digest": "b" * 64}]) if it.action in (
            "create_object", "update_object") else None for it in items])
    grants.write("UPDATE request SET traceparent = concat('00-', md5(engineer_id), '-00f067aa0ba902b7-01'), tracestate = concat('a=', engineer_id)"
                 " WHERE engineer_id = ANY (%s) AND md5(engineer_id) < 'c'", (engineers,))
    traces = {it[0]: it[1:] for it in system.lockbox.rows("SELECT request_id, traceparent, tracestate FROM lockbox.request WHERE engineer_id = ANY (%s)", engineers)}
    assert len(set(traces.values())) > 2 and (None, None) in traces.values()
    kinds = [None, "", *(it[2] for it in KINDS)]
    questions = [(chooser.choice([None, *engineers]), chooser.choice([authorizer.resource_id] * 5 + [authorizer.resource_id.upper(), "/other", None]),
                  chooser.choice([*set(VERBS.values()), "get_pod_logs", "none", None]), chooser.choice([None, "", *NAMESPACES]), chooser.choice(kinds),
                  chooser.choice([None, "", *NAMES]), chooser.choice([None, None, "*", "a" * 64, "c" * 64])) for _ in range(6000)]
    alone = "SELECT allowed, request_id, expires_at, reason, version FROM access_check(%s, %s, %s, %s, %s, %s, %s)"
    many = ("SELECT allowed, request_id, expires_at, reason, version, traceparent, tracestate FROM access_check_many(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[],"
            " %s::text[], %s::text[]) ORDER BY number")
    seen = set()
    for role in ("lockbox_authorizer", "postgres"):
        with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], user=role, options="-c search_path=lockbox", autocommit=True) as session:
            for begin in range(0, len(questions), 16):
                some = questions[begin:begin + chooser.randint(1, 16)]
                expected = [session.execute(alone, it).fetchone() for it in some]
                said = session.execute(many, [list(them) for them in zip(*some)]).fetchall()
                for question, one, (*other, traceparent, tracestate) in zip(some, expected, said, strict=True):
                    assert (traceparent, tracestate) == traces.get(one[1], (None, None)), (role, question)
                    is_open = not one[0] and other[3] is None and question[2] in ("create_object", "update_object")
                    assert tuple(other) == (one[:3] + (None, None) if is_open else one), (role, question)
                seen |= {it[3] for it in expected}
    assert seen == {"approved", "no_grant", "content_required"}


def config_map(name: str, data: dict) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACES[0]}, "data": data}


def as_stored(chooser: random.Random, it: dict) -> dict:
    """With what a server keeps of its own."""
    return {**it, "metadata": {**it["metadata"], "uid": str(chooser.random()), "resourceVersion": str(chooser.randrange(99)),
                               "managedFields": [{"manager": chooser.choice("ab")}]}}


def test_a_change_is_admitted_where_its_normal_form_is_the_agreed_one(authorizer, grants, sizes, seed):
    """By an implementation of its own (tests/support/content.py): the object before and after, each as it was agreed to or a little different."""
    chooser = random.Random(seed)
    engineer, agreed = f"{grants.prefix}-mutations", {}
    while len(agreed) < 100:  # objects
        before = random_object(chooser)
        wanted = mutated(chooser, before)
        name = f"it-{len(agreed)}"
        content = content_of(config_map(name, wanted), config_map(name, before))
        if isinstance(wanted, dict) and content["changes"]:
            agreed[name] = (before, wanted, content)
    for some in range(0, 100, 20):  # items of a request are few
        names = list(agreed)[some:some + 20]
        grants.open(engineer, [Item("update_object", NAMESPACES[0], "ConfigMap", name) for name in names], contents=[agreed[name][2] for name in names])

    def one(session: Session, number: int) -> list[str]:
        mine = random.Random(seed << 32 | number)
        name = mine.choice(list(agreed))
        before, wanted, content = agreed[name]
        old, new = (mutated(mine, it) if mine.random() < 0.3 else it for it in (before, wanted))
        old, new = config_map(name, old), config_map(name, new)
        expected = content_of(new, old) == content
        said = session.ask("admit", {
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": "u", "operation": "UPDATE", "namespace": NAMESPACES[0], "name": name, "kind": {"group": "", "version": "v1", "kind": "ConfigMap"},
                        "userInfo": {"username": f"lockbox:{engineer}", "groups": ["lockbox:engineers"]},
                        "object": as_stored(mine, new), "oldObject": as_stored(mine, old)}})["response"]
        seen[expected] = seen.get(expected, 0) + 1
        fits = said["allowed"] is expected and (expected or "lockbox: content_changed: " in said["status"]["message"])
        return [] if fits else [f"{old} {new} {content}: {said}"]

    seen: dict = {}
    wrong = in_parallel(authorizer, one, list(range(sizes["mutations"])))
    print(f"\nseed {seed}: {seen}")
    assert wrong == [] and min(seen.values()) > sizes["mutations"] // 10 and len(seen) == 2


def test_none_is_late(authorizer, grants, sizes, seed):
    """Grants that end by time and by a revoke while reviews come: none is allowed that was asked for behind the end."""
    rounds = max(1, sizes["late"] // 2000)
    for number in range(rounds):
        engineers = {f"{grants.prefix}-late-{number}-{at}": 1.0 + at * 0.25 for at in range(8)}
        ends: dict[str, float] = {}
        for engineer, seconds in engineers.items():
            ends[engineer] = time.time() + 60
            grants.open(engineer, [Item("get_pod_logs", NAMESPACES[0], None, None)], 60)
        begun, done = time.time(), threading.Event()

        def end_them():
            for at, (engineer, seconds) in enumerate(engineers.items()):
                until = begun + seconds
                if at % 2:  # by time: told before it comes
                    grants.write("UPDATE access_item SET expires_at = to_timestamp(%s) WHERE engineer_id = %s", (until, engineer))
                    ends[engineer] = until
            for at, (engineer, seconds) in enumerate(engineers.items()):
                if not at % 2:
                    done.wait(max(0.0, begun + seconds - time.time()))
                    grants.write("UPDATE access_item SET expires_at = clock_timestamp() WHERE engineer_id = %s", (engineer,))
                    ends[engineer] = time.time()  # committed by now

        def ask(session: Session, share: int) -> list[str]:
            late, mine = [], random.Random(seed + share)
            while time.time() < begun + 4:
                engineer = mine.choice(list(engineers))
                end, asked = ends[engineer], time.time()
                said = session.authorize(engineer, verb="get", group="", resource="pods", subresource="log", namespace=NAMESPACES[0])
                counts[said["allowed"]] += 1
                if said["allowed"] and asked >= end:
                    late.append(f"{engineer}: asked {asked - end:.6f} s behind its end")
            return late

        counts = {True: 0, False: 0}
        revoker = threading.Thread(target=end_them)
        revoker.start()
        late = in_parallel(authorizer, ask, list(range(THREADS)))
        revoker.join()
        assert late == [] and min(counts.values()) > 0, counts
