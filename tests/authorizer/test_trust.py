"""A cluster whose customer pinned keys: whatever the database says, nothing opens that those keys did not sign."""
import copy
import json
import signal
import time
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api import admit, authorize, item, uid_of
from support.passkey import Passkey
from support.scenario import Tenant, new_engineer
from support.signing import digest_of, jwk, jws
from support.stack import free_port
from support.waiting import wait_until
from test_content import consented

LOGS = item("get_pod_logs")
SETTINGS = item("update_object", "ConfigMap", "settings")
OTHER = item("update_object", "ConfigMap", "others")
FOREVER = "9000-01-01"


class World:
    """One customer's cluster, under four names: by its own keys (one, both), by the database alone, and with all exceptions."""

    def __init__(self, system, authorizer):
        self.system, self.authorizer = system, authorizer
        self.tenant = Tenant(system, owners=2)
        self.ann, self.bob = self.tenant.all_owners
        self.keys = {person.id: Ed25519PrivateKey.generate() for person in self.tenant.all_owners}
        for person in self.tenant.all_owners:
            assert self.tenant.set_key(person, self.keys[person.id]).kind == "tenant.changed"
        self.clusters = {"pinned": self.trust(1), "both": self.trust(2), "database": None,
                         "lenient": {**self.trust(1), "emergency": True, "not_required": True, "auto_approve": True}}
        self.write()

    def trust(self, needed: int) -> dict:
        return {"approvals_needed": needed, "approvers": [{"id": it.id, "keys": [jwk(self.keys[it.id])]} for it in (self.ann, self.bob)]}

    def file(self) -> dict:
        file = json.loads(self.authorizer.file.read_text())
        one = next(it for it in file["clusters"] if it["id"] == "one")
        ours = [{**one, "id": name, "resource_id": self.tenant.resource, **({"trust": trust} if trust else {})}
                for name, trust in self.clusters.items()]
        return {"clusters": [one, *ours]}

    def write(self) -> None:
        read = self.count_read()
        self.authorizer.file.write_text(json.dumps(self.file()))
        self.authorizer.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.count_read() > read, "the clusters file is read")

    def count_read(self) -> int:
        return self.system.stack.log("authorizer-1").count('"clusters read"')

    def request(self, *items: dict, **wish):
        return self.tenant.ticket(engineer=new_engineer()).request(actions=list(items) or [LOGS], **wish)

    def signature(self, request, person=None, key=None, **said) -> str:
        person = person or self.ann
        said = {"request_id": request.id, "digest": request.first.request["digest"], "decision": "approve", "by": person.id,
                "iat": int(time.time()), **said}
        return jws(key or self.keys[person.id], **said)

    def approve(self, request, person=None, **said) -> None:
        told = {name: it for name, it in said.items() if name in ("actions", "duration")}
        assert request.decide("approve", person or self.ann, signature=self.signature(request, person, **said), **told) == "applied"
        assert request.event("approved")

    def signed(self, *items: dict, **wish):
        request = self.request(*items, **wish)
        self.approve(request)
        return request

    def asked(self, cluster: str, request, command: str = "logs", engineer: str | None = None) -> str:
        """Empty where it is allowed; else the reason."""
        said = authorize(self.authorizer, command, engineer or request.ticket.engineer.id, cluster=cluster)
        return "" if said["allowed"] else said["reason"]

    def lie(self, *statements: str, **parameters) -> None:
        """As who owns the server: no trigger, constraint or foreign key is in the way."""
        with psycopg.connect(self.system.lockbox.url, options="-c search_path=lockbox -c session_replication_role=replica") as session:
            for statement in statements:
                session.execute(statement, parameters)


@pytest.fixture(scope="module")
def world(system, authorizer):
    return World(system, authorizer)


def held(world, request, command="logs", engineer=None, cluster="pinned") -> None:
    """The database alone would open it, and the customer's keys do not."""
    assert world.asked("database", request, command, engineer) == ""
    assert world.asked(cluster, request, command, engineer).startswith("lockbox: unproved: request ")


# What was signed opens

def test_what_was_signed_opens(world):
    request = world.signed(LOGS, SETTINGS)
    for command in ("logs", "update", "logs"):
        assert world.asked("pinned", request, command) == ""
    assert admit(world.authorizer, "update", request.ticket.engineer.id, cluster="pinned")["allowed"] is True
    assert world.asked("pinned", request, "delete").startswith("lockbox: no_grant: ")
    assert request.decide("revoke") == "applied"
    assert world.asked("pinned", request).startswith("lockbox: no_grant: ")


def test_an_approval_without_a_signature_opens_nothing(world):
    request = world.request()
    request.approve()
    held(world, request)
    assert admit(world.authorizer, "update", request.ticket.engineer.id, cluster="pinned")["allowed"] is False


def test_as_many_signers_as_the_customer_says(world):
    request = world.signed()
    held(world, request, cluster="both")
    two = world.request()
    world.lie("INSERT INTO vote (request_id, principal_id, decision, signature) VALUES (%(id)s, %(bob)s, 'approve', %(sig)s)",
              id=two.id, bob=world.bob.id, sig=world.signature(two, world.bob))
    world.approve(two)
    assert world.asked("both", two) == ""


def test_as_many_signers_as_the_request_says(world):
    """What Ann signed says that two are needed."""
    request = world.request()
    world.lie("UPDATE request SET consent = replace(consent, '\"approvals_needed\":1', '\"approvals_needed\":2') WHERE request_id = %(id)s",
              id=request.id)
    open_access(world, request)
    sign(world, request, digest=digest_of({**request.first.request, "approvals_needed": 2}))
    held(world, request)


def test_the_signed_duration_ends_it(world):
    request = world.request(duration="PT1H")
    world.approve(request, duration="PT12S")
    assert world.asked("pinned", request) == ""
    lengthen(world, request)
    wait_until(lambda: world.asked("pinned", request), "the signed time is over")
    held(world, request)


def test_an_item_that_a_signer_left_out(world):
    request = world.request(LOGS, SETTINGS)
    world.approve(request, actions=[1])
    assert world.asked("pinned", request) == ""
    world.lie("UPDATE request SET kept = NULL WHERE request_id = %(id)s",
              "INSERT INTO access_item SELECT request_id, 2, engineer_id, resource_id, 'update_object', namespace, 'ConfigMap', 'settings',"
              " starts_at, expires_at, basis FROM access_item WHERE request_id = %(id)s", id=request.id)
    held(world, request, "update")


def test_every_signer_has_to_keep_it(world):
    request = world.request(LOGS, SETTINGS)
    world.lie("INSERT INTO vote (request_id, principal_id, decision, signature) VALUES (%(id)s, %(bob)s, 'approve', %(sig)s)",
              id=request.id, bob=world.bob.id, sig=world.signature(request, world.bob, actions=[1]))
    world.approve(request)
    assert world.asked("both", request) == ""
    held(world, request, "update", cluster="both")


# A database that lies

def sign(world, request, person=None, **said) -> None:
    person = person or world.ann
    world.lie("INSERT INTO vote (request_id, principal_id, decision) VALUES (%(id)s, %(by)s, 'approve') ON CONFLICT DO NOTHING",
              "UPDATE vote SET signature = %(signature)s WHERE request_id = %(id)s AND principal_id = %(by)s",
              id=request.id, by=person.id, signature=world.signature(request, person, **said))


def open_access(world, request, **other) -> None:
    """What an approval writes, without one."""
    row = {"engineer": request.ticket.engineer.id, "resource": world.tenant.resource.lower(), "action": "get_pod_logs",
           "namespace": "openshift-ingress", "kind": None, "name": None, "ends": FOREVER, "basis": "approved", **other}
    world.lie("UPDATE request SET state = %(basis)s, version = version + 1 WHERE request_id = %(id)s",
              "INSERT INTO access_item (request_id, number, engineer_id, resource_id, action, namespace, kind, name, starts_at, expires_at,"
              " basis) VALUES (%(id)s, 9, %(engineer)s, %(resource)s, %(action)s, %(namespace)s, %(kind)s, %(name)s,"
              " clock_timestamp(), %(ends)s, %(basis)s)", id=request.id, **row)


def lengthen(world, request) -> None:
    world.lie("UPDATE access_item SET expires_at = %(ends)s, starts_at = '2020-01-01' WHERE request_id = %(id)s",
              "UPDATE request SET expires_at = %(ends)s, version = version + 1, consent = replace(consent, 'PT1H', 'PT9H')"
              " WHERE request_id = %(id)s", ends=FOREVER, id=request.id)


def rewrite(world, request, before: str, behind: str) -> None:
    world.lie("UPDATE request SET consent = replace(consent, %(before)s, %(behind)s), version = version + 1 WHERE request_id = %(id)s",
              id=request.id, before=before, behind=behind)


def test_access_that_nobody_agreed_to(world):
    request = world.request()
    open_access(world, request)
    held(world, request)


@pytest.mark.parametrize("basis", ["emergency", "not_required"])
def test_access_that_needs_nobody(world, basis):
    request = world.request()
    open_access(world, request, basis=basis)
    held(world, request)
    assert world.asked("lenient", request) == ""


def test_access_that_a_policy_gave(world):
    request = world.request()
    open_access(world, request)
    held(world, request)
    assert world.asked("lenient", request) == ""
    sign(world, request, key=Ed25519PrivateKey.generate())  # then somebody was asked, and did not sign
    world.lie("UPDATE request SET version = version + 1 WHERE request_id = %(id)s", id=request.id)
    held(world, request, cluster="lenient")


def test_another_engineers_grant(world):
    request, other = world.signed(), new_engineer().id
    assert world.asked("pinned", request) == ""
    world.lie("UPDATE access_item SET engineer_id = %(other)s WHERE request_id = %(id)s", id=request.id, other=other)
    held(world, request, engineer=other)
    rewrite(world, request, request.ticket.engineer.id, other)
    held(world, request, engineer=other)


def test_another_item(world):
    request = world.signed(OTHER)
    assert world.asked("pinned", request, "update").startswith("lockbox: no_grant: ")
    world.lie("UPDATE access_item SET name = 'settings' WHERE request_id = %(id)s", id=request.id)
    held(world, request, "update")
    rewrite(world, request, '"others"', '"settings"')
    held(world, request, "update")


def test_another_clusters_grant(world):
    elsewhere = world.tenant.resource + "-2"
    request = world.request(resource_id=elsewhere)
    world.approve(request)
    world.lie("UPDATE access_item SET resource_id = lower(%(here)s) WHERE request_id = %(id)s", id=request.id, here=world.tenant.resource)
    held(world, request)
    rewrite(world, request, elsewhere, world.tenant.resource)
    held(world, request)


def test_another_requests_signature(world):
    donor, request = world.signed(), world.request()
    open_access(world, request)
    world.lie("INSERT INTO vote SELECT %(id)s, principal_id, decision, counted_at, signature FROM vote WHERE request_id = %(donor)s",
              id=request.id, donor=donor.id)
    held(world, request)
    open_access(world, donor, engineer=request.ticket.engineer.id)  # the donor's own, for the other engineer
    held(world, request)


def test_one_signature_under_two_names(world):
    request = world.signed()
    world.lie("INSERT INTO vote SELECT request_id, %(bob)s, decision, counted_at, signature FROM vote WHERE request_id = %(id)s",
              "UPDATE request SET version = version + 1 WHERE request_id = %(id)s", id=request.id, bob=world.bob.id)
    held(world, request, cluster="both")


WRONG = {
    "another key": {"key": Ed25519PrivateKey.generate()},
    "another's name": {"by": "somebody"},
    "another pinned person's name": {"by": "BOB"},
    "a denial": {"decision": "deny"},
    "a revocation": {"decision": "revoke"},
    "another digest": {"digest": "0" * 64},
    "another request": {"request_id": "0190a0a0-0000-7000-8000-000000000000"},
    "a time to come": {"iat": int(time.time()) + 3600},
    "a time after the deadline": {"iat": int(time.time()) + 5 * 86400},
    "no item": {"actions": []},
    "another item": {"actions": [2]},
    "no signer": {"by": None},
}


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG.keys())
def test_a_signature_that_is_not_one(world, said):
    request = world.request()
    open_access(world, request)
    sign(world, request, **{**said, **({"by": world.bob.id} if said.get("by") == "BOB" else {})})
    held(world, request)
    sign(world, request)
    world.lie("UPDATE request SET version = version + 1 WHERE request_id = %(id)s", id=request.id)
    assert world.asked("pinned", request) == ""


def test_signed_after_the_deadline(world):
    """The deadline is signed, too: an approver who signs late opens nothing."""
    request = world.request()
    open_access(world, request)
    past = "2026-01-01T00:00:00.000000Z"
    world.lie("UPDATE request SET decide_by = %(past)s WHERE request_id = %(id)s", id=request.id, past=past)
    sign(world, request, digest=digest_of({**request.first.request, "decide_by": past}))
    held(world, request)


def test_signed_for_a_later_start(world):
    begins = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    request = world.request(starts_at=begins)
    world.approve(request)
    world.lie("UPDATE access_item SET starts_at = '2020-01-01' WHERE request_id = %(id)s", id=request.id)
    held(world, request)
    world.lie("UPDATE request SET starts_asked = NULL, version = version + 1 WHERE request_id = %(id)s", id=request.id)
    held(world, request)


def test_a_digest_of_version_1(world):
    request = world.request()
    open_access(world, request)
    rewrite(world, request, ',"digest_version":2', ',"digest_version":1')
    sign(world, request, digest=digest_of({**request.first.request, "digest_version": 1}))
    held(world, request)


def test_a_signed_uid_is_held_to(world):
    request = world.signed({**item("delete_object", "ConfigMap", "settings"), "uid": "0" * 36})
    rewrite(world, request, "0" * 36, uid_of("delete"))
    said = admit(world.authorizer, "delete", request.ticket.engineer.id, cluster="pinned")
    assert said["allowed"] is False and "lockbox: unproved: " in said["status"]["message"]
    assert admit(world.authorizer, "delete", request.ticket.engineer.id, cluster="database")["allowed"] is True


def test_signed_content_is_held_to(world):
    """The database says that another object was agreed to, and the digest of that."""
    one = consented("patch")
    request = world.signed(one)
    assert admit(world.authorizer, "patch", request.ticket.engineer.id, cluster="pinned")["allowed"] is True
    other = world.signed({**one, "content": {**one["content"], "digest": "1" * 64}})
    rewrite(world, other, "1" * 64, one["content"]["digest"])
    world.lie("UPDATE access_item SET content_digest = %(digest)s WHERE request_id = %(id)s", id=other.id, digest=one["content"]["digest"])
    said = admit(world.authorizer, "patch", other.ticket.engineer.id, cluster="pinned")
    assert said["allowed"] is False and "lockbox: unproved: " in said["status"]["message"]
    assert admit(world.authorizer, "patch", other.ticket.engineer.id, cluster="database")["allowed"] is True


def test_two_items_of_one_number(world):
    """Who keeps number 1 alone, and reads logs there, does not keep the change that has that number, too."""
    request = world.request(LOGS, SETTINGS)
    asked = copy.deepcopy(request.first.request)
    asked["actions"][1]["number"] = 1
    rewrite(world, request, '"number":2', '"number":1')
    open_access(world, request, action="update_object", kind="ConfigMap", name="settings")
    sign(world, request, digest=digest_of(asked), actions=[1])
    held(world, request, "update")


def test_changes_without_a_digest(world):
    """They read as exactly what will change, and are not held to."""
    request = world.request(consented("patch"))
    asked = copy.deepcopy(request.first.request)
    digest = asked["actions"][0]["content"].pop("digest")
    rewrite(world, request, f'"digest":"{digest}",', "")
    open_access(world, request, action="update_object", kind="ConfigMap", name="settings")
    sign(world, request, digest=digest_of(asked))
    held(world, request, "patch")
    for cluster in ("pinned", "database"):
        assert admit(world.authorizer, "update", request.ticket.engineer.id, cluster=cluster)["allowed"] is False


def test_what_is_kept_is_what_was_signed(world):
    """The same version with other evidence."""
    request = world.signed()
    assert world.asked("pinned", request) == ""
    world.lie("UPDATE access_item SET action = 'update_object', kind = 'ConfigMap', name = 'settings' WHERE request_id = %(id)s",
              "UPDATE request SET consent = replace(consent, '\"get_pod_logs\"', '\"update_object\"') WHERE request_id = %(id)s", id=request.id)
    held(world, request, "update")


EVIDENCE = {
    "none": "SELECT NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::text WHERE false",
    "nothing": "SELECT NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::text",
    "no JSON": "SELECT '{', NULL::timestamptz, NULL::timestamptz, '{'",
    "no consent": "SELECT '{}', NULL::timestamptz, now(), '{\"decisions\":[]}'",
    "infinity": "SELECT '{' || r.consent || '}', 'infinity'::timestamptz, 'infinity'::timestamptz, '{\"decisions\":[{\"signature\":\"a.b.c\"}]}'"
                " FROM lockbox.request r WHERE r.request_id = $1",
    "no decisions": "SELECT '{' || r.consent || '}', r.starts_asked, r.decide_by, '[]' FROM lockbox.request r WHERE r.request_id = $1",
    "much": "SELECT repeat(' ', 1000000), NULL::timestamptz, NULL::timestamptz, repeat('[', 1000000)",
}


@pytest.fixture
def evidence(world):
    [told] = [it[0] for it in world.system.lockbox.rows("SELECT pg_get_functiondef('lockbox.signed_evidence(uuid)'::regprocedure)")]
    yield lambda body: world.lie("CREATE OR REPLACE FUNCTION signed_evidence(request_id uuid) RETURNS TABLE (consent text, starts_asked"
                                 f" timestamptz, decide_by timestamptz, decisions text) LANGUAGE sql STABLE AS $f$ {body} $f$")
    world.lie(told)


@pytest.mark.parametrize("body", EVIDENCE.values(), ids=EVIDENCE.keys())
def test_evidence_that_is_none(world, evidence, body):
    request = world.signed()
    evidence(body)
    held(world, request)


def test_the_file_revokes_what_the_database_does_not(world):
    request = world.signed()
    assert world.asked("pinned", request) == ""
    world.clusters["pinned"]["revoked"] = [request.id.upper()]
    world.write()
    held(world, request)


def test_a_passkey_that_the_customer_pinned(world):
    """What it signed opens, on the pages that are pinned with it; what the database has in its place does not."""
    passkey, person = Passkey(origins=("https://lockbox.contoso.example", "https://other.contoso.example")), world.tenant.approver
    assert world.tenant.change("approver_key_set", subscription_id=None, principal_id=person.id, public_key=passkey.jwk,
                               proof=passkey.proof(world.tenant.id, person.id), by=person.principal).kind == "tenant.changed"
    pinned = passkey.jwk | {"origins": list(passkey.origins[:1])}
    world.clusters["passkey"] = {"approvals_needed": 1, "approvers": [{"id": person.id, "keys": [pinned]}]}
    world.write()
    said = {"decision": "approve", "by": person.id, "iat": int(time.time())}
    opened, elsewhere, other = world.request(), world.request(), world.signed()
    for request, touch in ((opened, {}), (elsewhere, {"origin": passkey.origins[1]})):
        payload = json.dumps({"request_id": request.id, "digest": request.first.request["digest"], **said}).encode()
        assert request.decide("approve", person, assertion=passkey.touch(payload, **touch)) == "applied"
        assert request.event("approved")
    assert world.asked("passkey", opened) == ""
    held(world, elsewhere, cluster="passkey")
    held(world, other, cluster="passkey")
    world.lie("UPDATE vote SET signature = (SELECT signature FROM vote WHERE request_id = %(from)s) WHERE request_id = %(to)s",
              **{"from": opened.id, "to": other.id})
    held(world, other, cluster="passkey")


# The file

def changed(**trust):
    def change(world) -> dict:
        return {name: it for name, it in {**world.trust(1), **trust}.items() if it is not None}
    return change


def with_key(**key):
    def change(world) -> dict:
        trust = world.trust(1)
        trust["approvers"][1]["keys"][0] |= key
        return trust
    return change


BAD = {
    "no approvers": changed(approvers=[]), "no approvers at all": changed(approvers=None), "no number": changed(approvals_needed=None),
    "none needed": changed(approvals_needed=0), "more than there are": changed(approvals_needed=3), "a word": changed(emergency="never"),
    "a member of another name": changed(revokd=[]), "no request": changed(revoked=["x" * 36]), "nothing": lambda world: {},
    "the neutral element": with_key(x="AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "a short key": with_key(x="AQ"),
    "another curve": with_key(crv="X25519"), "a private key": with_key(d="AQ"),
    "one key twice": lambda world: with_key(**jwk(world.keys[world.ann.id]))(world),
    "one person twice": lambda world: changed(approvers=[world.trust(1)["approvers"][0]] * 2)(world),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_a_file_that_is_wrong_is_refused_whole(world, tmp_path, change):
    clusters = world.file()
    clusters["clusters"][1]["trust"] = change(world)
    file = tmp_path / "clusters.json"
    file.write_text(json.dumps(clusters))
    assert world.authorizer.spawn("2", file, free_port(), free_port()).wait(30) == 2


def test_a_cluster_takes_little_memory(world, tmp_path):
    """What is kept of requests is nothing before there are any."""
    resident = {}
    for count in (1, 1000):
        clusters = world.file()["clusters"]
        file, http_port = tmp_path / f"{count}.json", free_port()
        file.write_text(json.dumps({"clusters": [{**clusters[1], "id": f"{number}"} for number in range(count)]}))
        process = world.authorizer.spawn("2", file, http_port, free_port())
        wait_until(lambda port=http_port: world.system.stack.ready(port) == "ready", "it is ready")
        [line] = [it for it in Path(f"/proc/{process.pid}/status").read_text().splitlines() if it.startswith("VmRSS:")]
        resident[count] = int(line.split()[1])
        process.terminate()
        assert process.wait(30) == 0
    assert resident[1000] - resident[1] < 100_000, resident  # kB


def test_a_bad_file_keeps_the_keys_that_were_read(world):
    request = world.request()
    request.approve()
    good, complaint = world.authorizer.file.read_text(), '"bad clusters file, the one before stays"'
    said = world.system.stack.log("authorizer-1").count(complaint)
    world.authorizer.file.write_text(good.replace('"trust"', '"trsut"'))
    world.authorizer.process.send_signal(signal.SIGHUP)
    wait_until(lambda: world.system.stack.log("authorizer-1").count(complaint) > said, "the file is refused")
    world.authorizer.file.write_text(good)
    held(world, request)


def test_evidence_is_the_authorizers_alone(world):
    may = world.system.lockbox.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'lockbox%%' AND rolname <> 'lockbox_owner' AND"
                                    " has_function_privilege(oid, 'lockbox.signed_evidence(uuid)', 'EXECUTE') AND NOT rolsuper")
    assert [it[0] for it in may] == ["lockbox_authorizer"]
