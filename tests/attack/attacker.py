"""Somebody who has the login of one part, and its privileges."""
import psycopg

from support.sql import as_role

REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError)


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
