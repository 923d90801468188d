"""Mails that a notifier claimed whose database session has ended are due again, whatever the database refuses of one of them."""
from support.refusing import refusing
from support.scenario import Tenant
from support.waiting import wait_until

STATES = "SELECT notification_id::text AS id, state FROM lockbox.notification WHERE notice_id = %s ORDER BY 1"
# As a notifier leaves them that is killed between a claim and its mails' ends.
CLAIM = """WITH session AS (INSERT INTO lockbox.notification_sender (pid, since) VALUES (1, clock_timestamp()) RETURNING pid, since)
           UPDATE lockbox.notification n SET state = 'sending', attempts = n.attempts + 1, attempted_at = clock_timestamp(), attempt_ended_at = NULL,
                  outcome = NULL, relay = NULL, smtp_code = NULL, enhanced_status = NULL, smtp_reply = NULL,
                  sender_pid = session.pid, sender_since = session.since
             FROM session WHERE n.notice_id = %s AND n.state IN ('queued', 'deferred')
           RETURNING n.notification_id::text AS id"""


def test_one_that_is_refused_holds_up_no_other(system, stack):
    stack.down("smtp")
    try:
        request = Tenant(system, alternates=tuple(f"desk{i}@contoso.example" for i in range(5))).request()
        refused = wait_until(lambda: (rows := system.lockbox.rows(STATES, request.id)) and len(rows) >= 7 and rows[0].id, "its mails are queued")
        with refusing(system, "notification", f"new.notification_id = '{refused}' AND old.sender_pid = 1", "23514", "UPDATE"):
            wait_until(lambda: refused in {row.id for row in system.lockbox.rows(CLAIM, request.id)}, "a session has some, and ends")

            def others() -> set[str]:
                return {row.state for row in system.lockbox.rows(STATES, request.id) if row.id != refused}
            wait_until(lambda: "sending" not in others(), "the others are released")
            stack.up("smtp")
            wait_until(lambda: others() == {"sent"}, "the others are sent")
            wait_until(lambda: f"notification, and it is left out: {refused}" in stack.status()["notifier"]["reason"], "the notifier names the one")
    finally:
        stack.up("smtp")
    stack.kill("notifier")
    stack.up()
    wait_until(lambda: {row.state for row in system.lockbox.rows(STATES, request.id)} == {"sent"}, "it is sent, too")
