"""Somebody who has the login of one part, and its privileges."""
import psycopg

from support.sql import as_role

REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError)

# A request's row at its next version: what a step begins with, whoever writes it.
STEP = "version = version + 1, version_before = version"
# The standing of version 2.
SECOND = "replace(standing, '\"version\":1', '\"version\":2')"
VOTED = "INSERT INTO vote (request_id, principal_id, decision) VALUES (%(id)s, %(who)s, 'approve')"
UNDONE = "ROLLBACK"


def approved(until: str = "now() + interval '1 hour'", kept: str = "{1}") -> str:
    """An approval as the decider writes it: of these items, until then."""
    return (f"UPDATE request SET state = 'approved', {STEP}, kept = '{kept}', starts_at = now(), expires_at = {until}, due_at = {until},"
            " particulars = '\"starts_at\":' || to_json(now()) || ',' || particulars,"
            f" standing = replace({SECOND}, 'customer_notified', 'approved') || ',\"expires_at\":\"' || ({until})::timestamptz || '\"'"
            " WHERE request_id = %(id)s")


class Attacker:
    def __init__(self, system):
        self.env = system.stack.env

    def session(self, login: str, database: str = "lockbox") -> psycopg.Connection:
        url = self.env["LOCKBOX_DATABASE_URL" if database == "lockbox" else "LOCKBOX_AUDIT_DATABASE_URL"]
        return psycopg.connect(as_role(url, login), options=f"-c search_path={database}")

    def tries(self, login: str, *statements: str, database: str = "lockbox", **parameters) -> str:
        """Runs the statements as one transaction and commits; the SQLSTATE that refused it, empty where nothing did."""
        try:
            with self.session(login, database) as connection:
                for statement in statements:
                    connection.execute(statement, parameters)
        except REFUSED as error:
            return error.sqlstate
        return ""
