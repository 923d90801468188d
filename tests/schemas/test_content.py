"""Normal form 1, digests and changes, against RFC 8785's examples and a second implementation of all of it."""
import copy
import json
import os
import random
import struct
import sys
from pathlib import Path

import pytest
import rfc8785

from conftest import run

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.content import second  # noqa: E402
from support.mutations import mutated, random_object  # noqa: E402

SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "21"))


def lines(*arguments: str, given: list[str]) -> list[str]:
    return run("make_content", *arguments, text="".join(f"{it}\n" for it in given)).split("\n")[:-1]


def content(after: dict, before: dict | None = None, consented: dict | None = None) -> dict | str:
    given = {name: it for name, it in (("after", after), ("before", before), ("consented", consented)) if it is not None}
    [said] = lines(given=[json.dumps(given)])
    return said if said.startswith("!") else json.loads(said)


# ---- RFC 8785 ----

def test_the_rfcs_own_examples():
    given = [r'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
             r'"string":"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}',
             r'{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",'
             r'"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}']
    first, second = lines("--canonical", given=given)
    assert first.encode().hex() == (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c"
        "31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d")
    assert list(json.loads(second)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


# Appendix B: the bits of a double, and its text.
NUMBERS = {
    "0000000000000000": "0", "8000000000000000": "0", "0000000000000001": "5e-324", "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308", "ffefffffffffffff": "-1.7976931348623157e+308", "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992", "4430000000000000": "295147905179352830000", "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23", "44b52d02c7e14af7": "1.0000000000000001e+23", "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000", "444b1ae4d6e2ef50": "1e+21", "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001", "41b3de4355555553": "333333333.3333332", "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333", "41b3de4355555556": "333333333.3333334", "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333", "43143ff3c1cb0959": "1424953923781206.2",
}


def test_the_rfcs_numbers():
    given = [repr(struct.unpack(">d", bytes.fromhex(bits))[0]) for bits in NUMBERS]
    assert lines("--canonical", given=given) == list(NUMBERS.values())


def test_random_doubles_are_as_the_second_implementation_prints_them():
    chooser = random.Random(SEED)
    numbers = [it for it in (struct.unpack(">d", chooser.randbytes(8))[0] for _ in range(5000)) if it - it == 0]
    numbers += [chooser.randint(-10 ** 6, 10 ** 6) / 10 ** chooser.randint(0, 9) for _ in range(2000)]
    assert lines("--canonical", given=list(map(repr, numbers))) == [rfc8785.dumps(it).decode() for it in numbers]


@pytest.mark.parametrize("text, why", [
    ("9007199254740992", "beyond 2^53"), ("-9007199254740992", "beyond 2^53"), ("99999999999999999999", "too large"), ("1e999", "too large"),
    ('{"a":1,"a":1}', "twice"), ('"\\ud800"', "not JSON"), ('"\\u0000"', "NUL"), ("NaN", "not JSON"), ("[1,]", "not JSON"), ("", "not JSON")])
def test_what_has_no_canonical_form(text, why):
    [said] = lines("--canonical", given=[text])
    assert said.startswith("! ") and why in said


# ---- the kinds ----

def of(api_version: str, kind: str, **members) -> dict:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "7",
            "generation": 3, "creationTimestamp": "2026-11-29T19:58:12Z", "managedFields": [{"manager": "kubectl"}], "selfLink": "/x",
            "labels": {"app": "a"}}, "status": {"phase": "Pending"}, **members}


POD = of("v1", "Pod", spec={
    "volumes": [{"name": "kube-api-access-x7k2p", "projected": {}}, {"name": "data"}],
    "containers": [{"name": "c", "volumeMounts": [{"name": "kube-api-access-x7k2p", "mountPath": "/var/run"}, {"name": "data"}]}],
    "initContainers": [{"name": "i", "volumeMounts": [{"name": "kube-api-access-x7k2p"}]}]})
SERVICE = of("v1", "Service", spec={"clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"], "healthCheckNodePort": 30999, "type": "LoadBalancer",
                                    "ports": [{"port": 80, "nodePort": 31000}, {"port": 81, "nodePort": 31001}]})
JOB = of("batch/v1", "Job", spec={
    "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}},
    "template": {"metadata": {"labels": {"batch.kubernetes.io/controller-uid": "u", "batch.kubernetes.io/job-name": "a", "controller-uid": "u",
                                         "job-name": "a"}}, "spec": {}}})
JOB["metadata"]["labels"] |= {"job-name": "a"}
OTHERS = [of("v1", "ConfigMap", data={"a": "b"}), of("apps/v1", "Deployment", spec={"replicas": 1, "template": {"metadata": {"labels": {"a": "b"}}}}),
          of("apps/v1", "StatefulSet", spec={}), of("batch/v1", "CronJob", spec={}), of("v1", "PersistentVolumeClaim", spec={}),
          of("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={}), of("v1", "Namespace")]


@pytest.mark.parametrize("it", [POD, SERVICE, JOB, *OTHERS], ids=lambda it: it["kind"])
def test_what_the_server_keeps_or_allocates_is_left_out(it):
    made = content(it)
    assert made == second(it)
    shown = json.dumps(made["changes"])
    for chance in ("x7k2p", "10.0.0.7", "30999", "31001", "resourceVersion", "managedFields", "generation", "Pending", "controller-uid", "job-name"):
        assert chance not in shown
    again = copy.deepcopy(it)
    again["metadata"] |= {"uid": "other", "resourceVersion": "8"}
    assert content(json.loads(json.dumps(again).replace("x7k2p", "zzzzz").replace("31001", "31999")))["digest"] == made["digest"]


def test_what_is_asked_for_is_not_left_out():
    asked = copy.deepcopy(SERVICE)
    asked["spec"] |= {"clusterIP": "None", "clusterIPs": ["None"]}
    assert content(asked)["changes"][0]["after"]["spec"] == {"clusterIP": "None", "clusterIPs": ["None"], "type": "LoadBalancer",
                                                             "ports": [{"port": 80}, {"port": 81}]}
    consented = {"spec": {"ports": [{"port": 80}, {"port": 81, "nodePort": 31001}]}}
    assert content(SERVICE, consented=consented)["changes"][0]["after"]["spec"]["ports"] == [{"port": 80}, {"port": 81, "nodePort": 31001}]
    assert content(SERVICE, consented=consented) == second(SERVICE, consented=consented)


def test_an_update_leaves_an_address_as_it_is():
    after = copy.deepcopy(SERVICE)
    after["spec"]["clusterIP"] = "10.0.0.8"
    made = content(after, SERVICE)
    assert made["changes"] == [{"path": "/spec/clusterIP", "before": "10.0.0.7", "after": "10.0.0.8"}]
    assert made == second(after, SERVICE)


def test_changes_are_by_member_and_by_element():
    before = of("v1", "ConfigMap", data={"a/b": "1", "c~d": [1, {"x": 1}], "same": [1, 2], "e": [1], "gone": None, "\u00e9": 1})
    after = of("v1", "ConfigMap", data={"a/b": "2", "c~d": [1, {"x": 2}], "same": [1.0, 2], "e": [1, 2], "new": {"deep": []}, "\u00e9": 2})
    made = content(after, before)
    assert made == second(after, before)
    assert [it["path"] for it in made["changes"]] == ["/data/a~1b", "/data/c~0d/1/x", "/data/e", "/data/gone", "/data/new", "/data/\u00e9"]
    assert made["changes"][3] == {"path": "/data/gone", "before": None}


@pytest.mark.parametrize("after, before, why", [
    ({**OTHERS[0], "metadata": {"generateName": "a-"}}, None, "name"), ({"kind": "X", "metadata": {"name": "a"}}, None, "apiVersion"),
    (of("v1", "ConfigMap", data=2 ** 53), None, "2^53"), (OTHERS[0], {**OTHERS[0], "apiVersion": "v2"}, "another kind"),
    (of("v1", "ConfigMap", data="x" * (33 << 10)), None, "limit")])
def test_what_cannot_be_consented_to(after, before, why):
    said = content(after, before)
    assert isinstance(said, str) and why in said


# ---- random objects ----

def test_random_mutations_are_as_the_second_implementation_sees_them():
    chooser = random.Random(SEED)
    given, expected, equal = [], [], 0
    for _ in range(10_000):
        template = chooser.choice([POD, SERVICE, JOB, *OTHERS])
        before = {**copy.deepcopy(template), "data": random_object(chooser)}
        after = {**copy.deepcopy(template), "data": mutated(chooser, before["data"])}
        if chooser.random() < 0.3:
            after["metadata"] = {**after["metadata"], **chooser.choice([{"uid": "v"}, {"labels": {"app": "b"}}, {"finalizers": ["x"]}])}
        created = chooser.random() < 0.3
        given.append(json.dumps({"after": after} if created else {"after": after, "before": before}))
        expected.append(second(after, None if created else before))
        equal += not created and expected[-1]["digest"] == expected[-1]["previous_digest"]
    said = [json.loads(it) for it in lines(given=given)]
    assert [it for it in zip(given, said, expected) if it[1] != it[2]] == []
    assert 500 < equal < 9000
    assert all((it["changes"] == []) == (it["digest"] == it["previous_digest"]) for it in said)
