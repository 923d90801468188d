"""E-mail addresses: the schema and the decoder take the same ones, whatever form they have."""

import random

import pytest

from contract import EXAMPLES, loose_validator, read_json, structured

TYPE = "lockbox.tenant.role_assigned.v1"
EVENT = read_json(EXAMPLES / TYPE / "valid-owner.json")

TAKEN = ["ann@contoso.example", "a@b", "Ann.Ng+lockbox@CONTOSO.example", "!#$%&'*+-/=?^_`{|}~@b.example",
         "ann@xn--mnchen-3ya.example", "1@1.2", "a" * 64 + "@b", "a@" + "b" * 63,
         "a" * 64 + "@" + ".".join(["b" * 63, "c" * 63, "d" * 61])]
REFUSED = ["", "a@", "@b", "ann", "ann@b ", " ann@b", "a b@c", "ann@b\n", "ann@b\r\nBcc: x@y", "ann@b\x7f", "ann\t@b",
           "a@b@c", "<ann@b>", "ann@b>", "ann,bo@b", "ann@b,bo@c", "\"ann\"@b", "\"a b\"@c", "ann(x)@b", "ann\\@b",
           ".ann@b", "ann.@b", "a..b@c", "ann@.b", "ann@b.", "ann@b..c", "ann@-b", "ann@b-", "ann@b_c", "ann@[192.0.2.7]",
           "änn@b", "ann@münchen.example", "ann@b\u3002c", "ann\u202e@b", "\uff20ann@b", "a" * 65 + "@b", "a@" + "b" * 64,
           "a" * 64 + "@" + ".".join(["b" * 63, "c" * 63, "d" * 62])]


def event_of(address):
    return EVENT | {"data": EVENT["data"] | {"principal": EVENT["data"]["principal"] | {"email": address}}}


def made_up(count=400):
    """Short addresses of the characters on which the two could differ."""
    dice = random.Random(5321)
    part = lambda: "".join(dice.choices("ab.-@_ \"[1+é", weights=[9, 9, 3, 3] + [1] * 8, k=dice.randint(1, 5)))
    return [f"{part()}@{part()}" for _ in range(count)]


@pytest.fixture(scope="module")
def answers(decode):
    addresses = TAKEN + REFUSED + made_up()
    return dict(zip(addresses, decode([structured(TYPE, event_of(address)) for address in addresses])))


def test_taken(answers):
    for address in TAKEN:
        assert answers[address]["ok"], (address, answers[address])


def test_refused_by_the_address(answers):
    for address in REFUSED:
        assert not answers[address]["ok"], address
        assert answers[address]["reason"].startswith("/data/principal/email: "), address
        assert not address or address not in answers[address]["reason"]


def test_the_schema_says_the_same(answers):
    validator = loose_validator(TYPE)
    differing = [address for address, answer in answers.items() if validator.is_valid(event_of(address)) != answer["ok"]]
    assert differing == []
    taken = [address for address, answer in answers.items() if answer["ok"]]
    assert len(TAKEN) < len(taken) < len(answers) - len(REFUSED)  # the made up are of both kinds
