"""The mail ledger by itself: PostgreSQL, mails queued as the notifier's consuming side would, and notifiers that send them.

There is no Kafka behind it: the senders do not ask for one.
"""
import json
import os
import random
import signal
import subprocess
import time
import uuid
from pathlib import Path

from .sql import Database
from .stack import BINARIES, REPOSITORY, Stack
from .waiting import wait_until

EXAMPLE = REPOSITORY / "schemas/examples/lockbox.request.created.v1/valid-three-actions.json"
DOMAIN = "lockbox.example"

QUEUE = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) AS given (notification_id, recipient, request_id)
), told AS (
    INSERT INTO lockbox.notice (notice_id, version, event_id, snapshot, ticket_title)
    SELECT DISTINCT ON (given.request_id) given.request_id, 1, given.request_id::text,
           jsonb_set(%s::jsonb, '{request_id}', to_jsonb(given.request_id))::json, 'Ingress routers restart'
      FROM given
)
INSERT INTO lockbox.notification (notification_id, notice_id, request_id, version, kind, recipient, audience, tenant_id,
                                  give_up_at, message_id)
SELECT notification_id, request_id, request_id, 1, 'approval_needed', recipient, 'approver', 't-1',
       clock_timestamp() + %s::interval, '<' || notification_id || '@' || %s::text || '>'
  FROM given
"""


DIGEST = """
WITH digest AS (
    INSERT INTO lockbox.notification (notification_id, notice_id, version, kind, recipient, audience, tenant_id, give_up_at,
                                      message_id, gathering)
    SELECT id, id, 1, 'digest', %s, 'approver', 't-1', clock_timestamp() + interval '1 day', '<' || %s::text || '@' || %s::text || '>', true
      FROM (VALUES (%s::uuid)) AS it (id)
    RETURNING notification_id
)
UPDATE lockbox.notification n SET digest_id = digest.notification_id, next_attempt_at = NULL
  FROM digest WHERE n.notification_id = ANY (%s::uuid[])
"""


UNFINISHED = """
SELECT format('%%s %%s, due in %%s s: %%s', n.recipient, n.state, round(extract(epoch FROM n.next_attempt_at - clock_timestamp()), 1),
              string_agg(format('+%%s s, %%s s: %%s', round(extract(epoch FROM a.begun_at - n.queued_at), 1),
                                round(extract(epoch FROM a.ended_at - a.begun_at), 2), coalesce(a.smtp_reply, a.outcome, 'under way')),
                         '; ' ORDER BY a.number)) AS story
  FROM lockbox.notification n LEFT JOIN lockbox.notification_attempt a USING (notification_id)
 WHERE n.state NOT IN ('sent', 'failed')
 GROUP BY n.notification_id ORDER BY n.recipient LIMIT 20
"""


def uuid7() -> str:
    """As the workers' own: version 7, of which one is above all before it (RFC 9562, 6.2 method 3)."""
    microseconds = time.time_ns() // 1000
    return str(uuid.UUID(int=microseconds // 1000 << 80 | 7 << 76 | microseconds % 1000 * 4 << 64 | 2 << 62 | random.getrandbits(62)))


class Ledger:
    """recipients_per_request: mails of one request stand side by side, as approvers' do."""

    def __init__(self, directory: Path):
        self.stack = Stack(directory)
        self.stack.up("postgres")
        environment = {**os.environ, **self.stack.env, "LOCKBOX_DATABASE_URL": self.stack.env["LOCKBOX_SUPERUSER_URL"],
                       "LOCKBOX_AUDIT_DATABASE_URL": self.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]}
        subprocess.run([BINARIES / "lockboxctl", "db", "migrate"], env=environment, check=True, capture_output=True)
        self.db = Database(self.stack.env["LOCKBOX_SUPERUSER_URL"])
        self.notifiers: list[subprocess.Popen] = []

    def close(self) -> None:
        for notifier in self.notifiers:
            notifier.kill()
            notifier.wait()
        self.db.close()
        self.stack.wipe()

    def sessions(self) -> int:
        """Of notifiers; PostgreSQL ends a killed one's only after the statement that it is running."""
        return self.db.value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockbox-notifier%%'")

    def empty(self) -> None:
        """For the next test, once no notifier of the last one holds a lock."""
        wait_until(lambda: self.sessions() == 0, "killed notifiers' sessions to end")
        self.db.rows("TRUNCATE lockbox.notice, lockbox.notification, lockbox.notification_earlier_attempt, lockbox.outbox")

    def queue(self, recipients: list[str], *, justification: str = "", patience: str = "1 day",
              recipients_per_request: int = 3) -> list[str]:
        """One mail to each; their ids."""
        snapshot = json.loads(EXAMPLE.read_text())["data"]["request"]
        if justification:
            snapshot["justification"] = justification
        requests = [uuid7() for _ in range(0, len(recipients), recipients_per_request)]
        ids = [uuid7() for _ in recipients]
        self.db.rows(QUEUE, ids, recipients, [requests[i // recipients_per_request] for i in range(len(recipients))],
                     json.dumps(snapshot), patience, DOMAIN)
        return ids

    def queue_digest(self, recipient: str, count: int) -> tuple[str, list[str]]:
        """One digest that carries so many mails; its id, and theirs."""
        ids = self.queue([recipient] * count, recipients_per_request=1)
        digest = uuid7()
        self.db.rows(DIGEST, recipient, digest, DOMAIN, digest, ids)
        return digest, ids

    def notifier(self, smtp_url: str, instance: str = "1", **settings: str) -> subprocess.Popen:
        process = self.stack.spawn("notifier", instance, LOCKBOX_SMTP_URL=smtp_url,
                                   LOCKBOX_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", **settings)
        self.notifiers.append(process)
        return process

    def stop(self, notifier: subprocess.Popen, seconds: float = 15) -> int:
        notifier.send_signal(signal.SIGTERM)
        return notifier.wait(seconds)

    def unfinished(self) -> int:
        return self.db.value("SELECT count(*) FROM lockbox.notification WHERE state NOT IN ('sent', 'failed')")

    def await_finished(self, seconds: float) -> None:
        try:
            wait_until(lambda: self.unfinished() == 0, "every mail sent or failed", seconds, every=0.1)
        except TimeoutError as late:
            raise TimeoutError(f"{late}\n{self.stories_of_the_unfinished()}") from None

    def stories_of_the_unfinished(self) -> str:
        """Who they are, when they are due, and what each attempt came to after how long."""
        return "\n".join(row.story for row in self.db.rows(UNFINISHED))

    def mails(self) -> dict:
        """By recipient, each with its attempts in order."""
        rows = self.db.rows("SELECT * FROM lockbox.notification")
        attempts: dict = {}
        for attempt in self.db.rows("SELECT * FROM lockbox.notification_attempt ORDER BY number"):
            attempts.setdefault(attempt.notification_id, []).append(attempt)
        return {row.recipient: (row, attempts.get(row.notification_id, [])) for row in rows}

    def events(self) -> list:
        """notification.sent and .failed as they will be published."""
        return [json.loads(row.payload) for row in self.db.rows("SELECT payload FROM lockbox.outbox ORDER BY seq")]
