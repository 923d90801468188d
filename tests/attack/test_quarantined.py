"""The quarantine: an operator publishes what is in it again, so that a worker's login puts nothing of another topic there."""
import pytest

TOPICS = {"lockbox_requester": {"tickets", "tenants"}, "lockbox_decider": {"decisions"}, "lockbox_notifier": {"events"},
          "lockbox_expirer": set(), "lockbox_relay": set(), "lockbox_authorizer": set()}
KEEP = ("INSERT INTO quarantine (consumer, topic, \"partition\", \"offset\", headers, value, reason)"
        " VALUES (%(consumer)s, %(topic)s, 0, 0, '\\x00000000', 'an approval', 'for a test')")


@pytest.mark.parametrize("topic", ["tickets", "tenants", "decisions", "accesses", "events", "checkpoints"])
@pytest.mark.parametrize("login", TOPICS)
def test_a_record_of_another_topic(attacker, system, login, topic):
    refused = "" if topic in TOPICS[login] else "42501"
    with attacker.session(login) as session:
        try:
            session.execute(KEEP, {"consumer": login.replace("_", "."), "topic": f"lockbox.{topic}.v1"})
            code = ""
        except Exception as error:
            code = error.sqlstate
        session.rollback()
    assert code == refused


@pytest.mark.parametrize("login", [login for login in TOPICS if TOPICS[login]])
def test_a_record_that_another_worker_is_said_to_have_rejected(attacker, login):
    own = sorted(TOPICS[login])[0]
    assert attacker.tries(login, KEEP, consumer="lockbox.authorizer", topic=f"lockbox.{own}.v1") == "42501"


def test_a_report_that_is_a_decision(attacker):
    report = "SELECT quarantine_report('lockbox.decisions.v1', 'a cluster', 'an approval', 'for a test')"
    assert attacker.tries("lockbox_authorizer", report) == "23514"


def test_a_record_that_is_kept_stays_as_it_is(attacker):
    for login in TOPICS:
        for change in ("UPDATE quarantine SET value = 'another'", "DELETE FROM quarantine", "UPDATE quarantine SET topic = 'another'"):
            assert attacker.tries(login, change) == "42501"
